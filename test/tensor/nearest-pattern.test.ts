import { nearestNames, nearestPattern } from "../../kernel/tensor/nearest-pattern";

const tensors = [
  "model.embed_tokens.weight",
  "model.layers.0.self_attn.q_proj.weight",
  "model.layers.1.mlp.up_proj.weight",
  "lm_head.weight",
  "dense_1/kernel",
].map((name) => ({ name, shape: [2, 2], dtype: "F32", parameters: 4 }));

test.each([
  ["lm_hed.**", "lm_head.**"],
  ["lm_head", "lm_head.**"],
  ["model.*.weight", "model.**.weight"],
  ["layers.0.**", "**.layers.0.**"],
  ["layers.*.self_atn.*.weight", "**.layers.*.self_attn.*.weight"],
  ["q_proj", "**.q_proj.**"],
  ["embed_tok", "**embed_tok**"],
  ["dense_1/kernal", "dense_1/kernel"],
])("for %s it is %s", (pattern, meant) => {
  expect(nearestPattern(pattern, tensors)).toBe(meant);
});

test("there is none for what is like no name, and for what is no glob", () => {
  for (const pattern of ["zzzzzzzz", "", "zzz.**", /lm_hed/, () => false])
    expect(nearestPattern(pattern, tensors)).toBeUndefined();
  expect(nearestPattern("lm_head.weight", [])).toBeUndefined();
});

test("names are near by the pairs of letters that they share", () => {
  expect(nearestNames("/self_attention.q_projection/", tensors, 1)).toEqual(["model.layers.0.self_attn.q_proj.weight"]);
  expect(nearestNames("head", tensors, 2)[0]).toBe("lm_head.weight");
  expect(nearestNames("", tensors)).toEqual(tensors.slice(0, 3).map(({ name }) => name));
});
