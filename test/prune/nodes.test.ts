import { OptionError } from "../../kernel/errors";
import { nodes, nodesPruner, removeNodes } from "../../kernel/prune/nodes";

const weights = Float32Array.of(3, 0, 1, 1, 2, -2); // rows of l1 3, 2, 4 and of l2² 9, 2, 8

test("a next layer without columns takes no inputs", () => {
  const layer = { weight: Float32Array.of(1, 2), shape: [1, 2] };
  expect(() => removeNodes(layer, [], { weight: Float32Array.of(1, 2, 3), shape: [3] })).toThrow(
    "the next layer's shape (3) does not take 1 inputs",
  );
});

describe("nodes on one tensor", () => {
  test("go by the sum of |w|, or of w²", () => {
    expect(nodesPruner.prune(weights, [3, 2], nodes({ keep: 1 })).nodes).toEqual([0, 1]);
    expect(nodesPruner.prune(weights, [3, 2], nodes({ keep: 1, norm: "l2" })).nodes).toEqual([1, 2]);
  });

  test("take whole rows of the mask and cost a bit a row", () => {
    const { mask, kept, storage } = nodesPruner.prune(weights, [3, 2], nodes({ keep: 2 }));
    expect(Array.from(mask)).toEqual([1, 1, 0, 0, 1, 1]);
    expect([kept, storage]).toEqual([4, { scheme: "nodes", indexBits: 3, storedWeights: 4 }]);
  });

  test("go lowest index first where norms are equal", () => {
    expect(nodesPruner.prune(new Float32Array(4), [4, 1], nodes({ sparsity: 0.5 })).nodes).toEqual([0, 1]);
  });

  test("aim at the share of rows that go after alignment", () => {
    expect(nodesPruner.target([8, 3], nodes({ sparsity: 0.5 }))).toBe(0.5);
    expect(nodesPruner.target([8, 3], nodes({ sparsity: 0.5, align: 3 }))).toBe(0.25);
    expect(nodesPruner.target([0, 3], nodes({ sparsity: 0.5 }))).toBe(0);
  });

  test("are the rows of a matrix: a vector has none", () => {
    expect(() => nodesPruner.prune(weights, [6], nodes({ keep: 1 }), "b")).toThrow(
      "b has shape (6); nodes are the rows of a matrix",
    );
  });
});

describe("removeNodes", () => {
  const layer = { weight: weights, shape: [3, 2], bias: Float32Array.of(7, 8, 9) };

  test("takes rows, entries of the bias, and columns of the next", () => {
    const next = { weight: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] };
    const small = removeNodes(layer, [1], next);
    expect(Array.from(small.layer.weight)).toEqual([3, 0, 2, -2]);
    expect(small.layer.shape).toEqual([2, 2]);
    expect(Array.from(small.layer.bias ?? [])).toEqual([7, 9]);
    expect([Array.from(small.next?.weight ?? []), small.next?.shape]).toEqual([
      [1, 3, 4, 6],
      [2, 2],
    ]);
  });

  test("takes several columns of the next for each node of a flattened map", () => {
    const next = { weight: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [1, 6] };
    const small = removeNodes(layer, [0, 2], next);
    expect([Array.from(small.next?.weight ?? []), small.next?.shape]).toEqual([
      [3, 4],
      [1, 2],
    ]);
  });

  test("takes columns of a kernel with all their places", () => {
    const next = { weight: Float32Array.from({ length: 12 }, (_, i) => i), shape: [2, 3, 2] };
    const small = removeNodes(layer, [1], next);
    expect([Array.from(small.next?.weight ?? []), small.next?.shape]).toEqual([
      [0, 1, 4, 5, 6, 7, 10, 11],
      [2, 2, 2],
    ]);
  });

  test.each([
    [[3], "there is no node 3 among 3"],
    [[-1], "there is no node -1"],
    [[0.5], "there is no node 0.5"],
    [[1, 1], "a node is named twice"],
  ])("refuses to remove %p", (removed, text) => {
    expect(() => removeNodes(layer, removed)).toThrow(OptionError);
    expect(() => removeNodes(layer, removed)).toThrow(text);
  });

  test("refuses shapes that do not fit", () => {
    expect(() => removeNodes({ weight: weights, shape: [2, 2] }, [0])).toThrow("does not hold 6 weights");
    expect(() => removeNodes({ weight: weights, shape: [6] }, [0])).toThrow(OptionError);
    expect(() => removeNodes({ ...layer, bias: new Float32Array(2) }, [0])).toThrow(
      "the bias has 2 entries for 3 nodes",
    );
    expect(() => removeNodes(layer, [0], { weight: new Float32Array(8), shape: [2, 4] })).toThrow(
      "does not take 3 inputs",
    );
  });
});

test("nodes() says what goes together and what does not", () => {
  expect(nodes({ sparsity: 0.5 })).toEqual({ kind: "nodes", sparsity: 0.5, norm: "l1", align: 1 });
  expect(nodes({ keep: 4, remove: false })).toEqual({ kind: "nodes", keep: 4, norm: "l1", align: 1, remove: false });
  expect(nodes({ keep: 4, remove: true })).toEqual({ kind: "nodes", keep: 4, norm: "l1", align: 1 });
  expect(() => nodes({ sparsity: 0.5, remove: false, scope: "global" })).toThrow(
    "scope goes with neurons that are taken out",
  );
  expect(() => nodes({ keep: 4, remove: false, chain: ["a", "b"] })).toThrow("chain goes with neurons");
  expect(nodesPruner.label(nodes({ sparsity: 0.5, align: 8, scope: "global" }))).toBe("nodes 50 % l1 ×8 global");
  expect(nodesPruner.label(nodes({ keep: 4, norm: "l2", remove: false }))).toBe("nodes keep 4 l2 as zeros");
});
