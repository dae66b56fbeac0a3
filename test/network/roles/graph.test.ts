import { graphJudge } from "../../../kernel/network/roles/graph";
import { subjectOf } from "../../../kernel/network/roles/subject";

const node = (name: string, op: string, input: string[] = [], attr: object = {}) => ({ name, op, input, attr });
const judge = graphJudge({
  modelTopology: {
    node: [
      node("kernel", "Const"),
      node("conv", "_FusedConv2D", ["x", "kernel", "shift"]),
      node("back", "Conv2DBackpropInput", ["shape", "turned", "conv"]),
      node("read", "Identity", ["matrix"]),
      node("product", "MatMul", ["x", "read:0"], { transpose_b: { b: true } }),
      node("plain", "MatMul", ["x", "other"]),
      node("each", "DepthwiseConv2dNative", ["x", "deep"]),
      node("rows", "GatherV2", ["table", "ids", "axis"]),
      node("sum", "Einsum", ["x", "heads"], { equation: { s: Buffer.from("abc,cde->abde").toString("base64") } }),
      node("scaled", "Mul", ["x", "factor"]),
    ],
  },
});

test.each([
  ["kernel", [3, 3, 4, 16], "convolution", [[3], [2], []]],
  ["shift", [16], "bias", null],
  ["turned", [3, 3, 16, 4], "convolution", [[2], [3], []]],
  ["matrix", [8, 4], "linear", [[0], [1], []]],
  ["other", [4, 8], "linear", [[1], [0], []]],
  ["deep", [3, 3, 4, 1], "convolution", [[2, 3], [], []]],
  ["table", [61, 8], "embedding", [[0], [1], []]],
  ["heads", [8, 2, 4], "linear", [[1, 2], [0], []]],
  ["factor", [4, 4], "buffer", null],
  ["nobody", [4, 4], "buffer", null],
  ["scalar", [], "unknown", null],
])("%s %j is %s by the operation that takes it", (name, shape, role, axes) => {
  const found = judge?.(subjectOf({ name, shape }));
  expect(found?.role).toBe(role);
  expect(found?.axes ? [found.axes.output, found.axes.input, found.axes.stacked] : null).toEqual(axes);
});

test("a topology of layers is no graph", () => {
  expect(graphJudge({ modelTopology: { class_name: "Sequential" } })).toBeUndefined();
  expect(graphJudge(undefined)).toBeUndefined();
});
