import { axesBehind, passes, roleByUses } from "../../../kernel/formats/onnx/uses";
import type { NodeMessage } from "../../../kernel/formats/onnx/messages";

const node = (op: string, attributes: NodeMessage["attributes"] = {}, domain = ""): NodeMessage => ({
  ...{ op, attributes, domain, name: "", inputs: [], outputs: [], constant: undefined, graphs: [] },
});

it("axes behind transpositions are those of the constant", () => {
  expect(axesBehind(node("Transpose"), undefined, 3)).toEqual([2, 1, 0]);
  const once = axesBehind(node("Transpose", { perm: [2, 0, 1] }), undefined, 3);
  expect(once).toEqual([2, 0, 1]);
  expect(axesBehind(node("Transpose", { perm: [1, 2, 0] }), once, 3)).toEqual([0, 1, 2]);
  expect(axesBehind(node("Transpose", { perm: [0] }), once, 3)).toBe(once);
  expect(axesBehind(node("Cast"), once, 3)).toBe(once);
  expect([passes(node("Cast")), passes(node("Mul")), passes(node("Cast", {}, "own"))]).toEqual([true, false, false]);
});

it("a weight counts before whatever else takes it, a table before a head", () => {
  const add = { node: node("Add"), input: 1, axes: undefined };
  const matmul = { node: node("MatMul"), input: 1, axes: [1, 0] };
  const gather = { node: node("Gather"), input: 0, axes: undefined };
  expect(roleByUses([add, matmul], [4, 3])).toMatchObject({
    role: "linear",
    axes: { output: [0], input: [1], stacked: [] },
  });
  expect(roleByUses([matmul, gather], [4, 3])?.role).toBe("embedding");
  expect(roleByUses([], [4, 3])).toBeUndefined();
  expect(roleByUses([matmul], [4])?.role).toBe("buffer");
});

it("outputs of a transposed convolution in groups share nothing with those of other groups", () => {
  const use = (group: number) => [{ node: node("ConvTranspose", { group }), input: 1, axes: undefined }];
  expect(roleByUses(use(1), [8, 2, 3])?.axes).toEqual({ output: [1], input: [0], stacked: [] });
  expect(roleByUses(use(2), [8, 2, 3])?.axes).toEqual({ output: [0, 1], input: [], stacked: [] });
  expect(roleByUses(use(8), [8, 1, 3])?.axes).toEqual({ output: [0], input: [], stacked: [] });
});

it("ONNX Runtime's fused attention and embeddings hold weights", () => {
  const use = (op: string, input: number, domain: string) => [{ node: node(op, {}, domain), input, axes: undefined }];
  expect(roleByUses(use("Attention", 1, "com.microsoft"), [8, 24])).toMatchObject({
    role: "linear",
    axes: { output: [1], input: [0], stacked: [] },
  });
  expect(roleByUses(use("Attention", 1, ""), [8, 24])?.role).toBe("buffer");
  for (const input of [2, 3, 4])
    expect(roleByUses(use("EmbedLayerNormalization", input, "com.microsoft"), [20, 8])?.role).toBe("embedding");
  expect(roleByUses(use("EmbedLayerNormalization", 5, "com.microsoft"), [8])?.role).toBe("norm");
});

it("entries of a table lie along the axis that is gathered from", () => {
  const use = (axis: number) => [{ node: node("Gather", { axis }), input: 0, axes: undefined }];
  expect(roleByUses(use(0), [20, 8])?.axes).toEqual({ output: [0], input: [1], stacked: [] });
  for (const axis of [1, -1])
    expect(roleByUses(use(axis), [8, 20])).toMatchObject({
      role: "embedding",
      axes: { output: [1], input: [0], stacked: [] },
    });
});
