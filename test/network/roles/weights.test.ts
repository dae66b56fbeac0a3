import { subjectOf } from "../../../kernel/network/roles/subject";
import { isExpert, roleByRank, weightRule } from "../../../kernel/network/roles/weights";

test.each([
  ["attn.in_proj_weight", [96, 32], "linear"],
  ["lstm.weight_hh_l0_reverse", [128, 32], "linear"],
  ["conv.weight_v", [8, 4, 3], "convolution"],
  ["conv.parametrizations.weight.original1", [8, 4, 3], "convolution"],
  ["fc.weight_orig", [8, 4], "linear"],
  ["mlp.experts.gate_up_proj", [2, 16, 8], "expert"],
  ["mlp.experts.3.w1.weight", [16, 8], "expert"],
  ["q_proj.lora_A.default.weight", [4, 8], "linear"],
  ["visual.proj", [48, 32], "linear"],
  ["mystery", [4, 6], undefined],
  ["fc.scale", [4, 6], undefined],
])("%s %j is named as a weight: %s", (name, shape, role) => {
  expect(weightRule(subjectOf({ name, shape }))?.role).toBe(role);
});

test("a projection that multiplies from the right lies (in, out)", () => {
  expect(weightRule(subjectOf({ name: "text_projection", shape: [48, 32] }))?.axes).toEqual({
    output: [1],
    input: [0],
    stacked: [],
  });
});

test("rank tells a matrix from a convolution, and three dimensions under experts from both", () => {
  expect(
    [
      [4, 4],
      [4, 4, 3],
      [4, 4, 3, 3],
    ].map((shape) => roleByRank(subjectOf({ name: "w", shape }))),
  ).toEqual(["linear", "convolution", "convolution"]);
  expect(isExpert(subjectOf({ name: "blk.0.ffn_up_exps.weight", shape: [4, 8, 8] }))).toBe(true);
  expect(isExpert(subjectOf({ name: "expertise.weight", shape: [4, 8, 8] }))).toBe(false);
});
