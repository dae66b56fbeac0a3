import { conv1dNetworks, neighboursOf } from "../../../kernel/network/roles/neighbours";
import { subjectOf } from "../../../kernel/network/roles/subject";

const subjects = [
  { name: "a.weight", shape: [4, 3, 3] },
  { name: "a.bias", shape: [4] },
  { name: "b.weight_v", shape: [5, 4, 3] },
  { name: "b.bias", shape: [5] },
  { name: "moe.experts.0.w1.weight", shape: [4, 6] },
  { name: "enc_w", shape: [4, 6] },
  { name: "enc_b", shape: [4] },
].map(subjectOf);
const neighbours = neighboursOf(subjects, ["gpt2"], 6);

test("a layer's bias is found under each name that a weight may have", () => {
  expect([0, 2, 4, 5].map((at) => neighbours.biasOf(subjects[at]))).toEqual([4, 5, undefined, 4]);
});

test("the convolution before one is that of the file", () => {
  expect([0, 2].map((at) => neighbours.before(subjects[at]))).toEqual([undefined, 4]);
});

test("experts are found under what stands before them", () => {
  expect(["moe.", "a.", ""].map((prefix) => neighbours.holdsExperts(prefix))).toEqual([true, false, false]);
});

test("networks of Conv1D turn the matrices of its names, and no others", () => {
  const matrix = (name: string) => subjectOf({ name, shape: [4, 4] });
  expect(["h.0.attn.c_proj.weight", "h.0.attn.q_proj.weight"].map((name) => neighbours.turned(matrix(name)))).toEqual([
    true,
    false,
  ]);
  expect(neighboursOf(subjects, ["gpt_bigcode"], 6).turned(matrix("h.0.attn.c_proj.weight"))).toBe(false);
  expect(conv1dNetworks.has("gpt2")).toBe(true);
});
