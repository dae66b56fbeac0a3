import { subjectOf } from "../../../kernel/network/roles/subject";

test.each([
  ["encoder.layer.0.output.dense.weight", "weight", "encoder.layer.0.output.dense", "dense"],
  ["dense_1/kernel:0", "kernel", "dense_1", "dense_1"],
  ["features.0.weight", "weight", "features.0", "features"],
  ["cls_token", "cls_token", "", ""],
  ["conv.parametrizations.weight.original1", "weight.original1", "conv", "conv"],
  ["parametrizations.weight.0._u", "weight.0._u", "", ""],
])("%s is %s of %s", (name, parameter, layer, layerWord) => {
  expect(subjectOf({ name, shape: [2, 3] })).toMatchObject({ parameter, layer, layerWord });
});

test("dimensions of one count nothing", () => {
  expect(subjectOf({ name: "w", shape: [1, 64, 1, 1] }).extent).toBe(1);
});
