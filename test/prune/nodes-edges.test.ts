import * as fc from "fast-check";
import { edges, type EdgesOptions } from "../../kernel/prune/edges";
import { nodes, removeNodes } from "../../kernel/prune/nodes";
import { prune, prunerLabel } from "../../kernel/prune/prune";
import { generateWeights } from "../quantize/generator";

const f32 = (...values: number[]) => Float32Array.from(values);

describe("nodes", () => {
  const weights = [
    [1, 1],
    [0, 1.5],
    [-9, 9],
    [2, 0],
  ];

  test("rows of least norm go whole; L1 and L2 differ; ties by lowest index", () => {
    // L1: 2, 1.5, 18, 2.   L2²: 2, 2.25, 162, 4
    expect(prune(weights, nodes({ sparsity: 0.5 })).nodes).toEqual([0, 1]);
    expect(prune(weights, nodes({ sparsity: 0.25, norm: "l2" })).nodes).toEqual([0]);
    const { mask, sparsity, storage, targetSparsity } = prune(weights, nodes({ keep: 1 }));
    expect([...mask]).toEqual([0, 0, 0, 0, 1, 1, 0, 0]);
    expect([sparsity, targetSparsity]).toEqual([0.75, 0.75]);
    expect(storage).toEqual({ scheme: "nodes", indexBits: 4, storedWeights: 2 });
  });

  test("align raises what stays to a multiple", () => {
    const wide = generateWeights(20 * 3, 7);
    const run = (options: Parameters<typeof nodes>[0]) => prune(wide, nodes(options), { shape: [20, 3] }).kept / 3;
    expect(run({ sparsity: 0.5, align: 8 })).toBe(16);
    expect(run({ sparsity: 0.05, align: 8 })).toBe(20);
    expect(run({ keep: 100 })).toBe(20);
  });

  test("removed for real: the network computes what it did with the nodes at zero", () => {
    const first = generateWeights(6 * 4, 1);
    const bias = generateWeights(6, 2);
    const second = generateWeights(3 * 6, 3);
    const { nodes: gone = [], values } = prune(first, nodes({ sparsity: 0.5 }), { shape: [6, 4] });
    const zeroed = bias.map((b, i) => (gone.includes(i) ? 0 : b));
    const small = removeNodes({ weight: first, shape: [6, 4], bias }, gone, { weight: second, shape: [3, 6] });
    expect(small.layer.shape).toEqual([3, 4]);
    expect(small.next?.shape).toEqual([3, 3]);
    const x = [1, -2, 0.5, 3];
    const multiply = (w: Float32Array, input: number[], b?: Float32Array) =>
      Array.from({ length: w.length / input.length }, (_, row) =>
        input.reduce((sum, v, i) => sum + v * w[row * input.length + i], b ? b[row] : 0),
      );
    const relu = (v: number[]) => v.map((y) => Math.max(0, y));
    const large = multiply(second, relu(multiply(values, x, zeroed)));
    const { weight, bias: b } = small.layer;
    expect(multiply(small.next?.weight ?? f32(), relu(multiply(weight, x, b)))).toEqual(large);
  });

  test("a flattened feature map and a kernel lose the right inputs", () => {
    const layer = { weight: f32(1, 2, 3), shape: [3, 1] };
    const flattened = removeNodes(layer, [1], { weight: f32(1, 2, 3, 4, 5, 6), shape: [1, 6] });
    expect([...(flattened.next?.weight ?? [])]).toEqual([1, 2, 5, 6]);
    expect(flattened.next?.shape).toEqual([1, 4]);
    const kernel = removeNodes(layer, [0, 2], {
      weight: Float32Array.from({ length: 12 }, (_, i) => i),
      shape: [2, 3, 1, 2],
    });
    expect([...(kernel.next?.weight ?? [])]).toEqual([2, 3, 8, 9]);
    expect(kernel.next?.shape).toEqual([2, 1, 1, 2]);
  });

  test("refusals", () => {
    expect(() => nodes({})).toThrow("either sparsity");
    expect(() => nodes({ keep: 0 })).toThrow("keep is 0");
    expect(() => prune([1, 2], nodes({ keep: 1 }))).toThrow("rows of a matrix");
    const layer = { weight: f32(1, 2), shape: [2, 1] };
    expect(() => removeNodes(layer, [2])).toThrow("no node 2 among 2");
    expect(() => removeNodes(layer, [0, 0])).toThrow("twice");
    expect(() => removeNodes({ ...layer, bias: f32(1) }, [0])).toThrow("the bias has 1");
    expect(() => removeNodes(layer, [0], { weight: f32(1, 2, 3), shape: [1, 3] })).toThrow("does not take 2 inputs");
    expect(prunerLabel(nodes({ keep: 64, norm: "l2", align: 8 }))).toBe("nodes keep 64 l2 ×8");
  });
});

describe("edges", () => {
  test("2:4 along the row, the rest of the row as if padded", () => {
    const weights = [
      [1, -4, 3, 2, 9, 1, 5],
      [1, 1, 1, 1, 0, 0, 7],
    ];
    const { mask, storage, targetSparsity, sparsity } = prune(weights, edges({ n: 2, m: 4 }));
    expect([...mask]).toEqual([0, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1]);
    expect(targetSparsity).toBeCloseTo(3 / 7, 12);
    expect(sparsity).toBe(7 / 14);
    expect(storage.storedWeights).toBe(8);
  });

  test("2:4 metadata is 2 bits for each kept weight", () => {
    const { storage, bits } = prune(generateWeights(64, 1), edges({ n: 2, m: 4 }), { shape: [4, 16] });
    // 32 kept: 64 bits either way, 2:4 comes first
    expect(storage).toEqual({ scheme: "n:m", indexBits: 64, storedWeights: 32 });
    expect(bits).toBe(64 + 32 * 32);
  });

  test("fan-in: the k strongest inputs of each node", () => {
    const weights = [
      [1, -3, 2],
      [5, 5, 5],
    ];
    expect([...prune(weights, edges({ fanIn: 2 })).mask]).toEqual([0, 1, 1, 0, 1, 1]);
    expect(prune(weights, edges({ fanIn: 9 })).sparsity).toBe(0);
  });

  test("blocks: whole tiles of least mean, smaller ones at the edge", () => {
    const weights = [
      [9, 9, 1],
      [9, 9, 1],
      [2, 2, 8],
    ];
    const { mask, storage } = prune(weights, edges({ block: [2, 2], sparsity: 0.5 }));
    expect([...mask]).toEqual([1, 1, 0, 1, 1, 0, 0, 0, 1]);
    expect(storage).toEqual({ scheme: "blocks", indexBits: 4, storedWeights: 5 });
  });

  test("properties: every full group keeps n, the largest ones", () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 7 }),
        (list, n, extra) => {
          const { mask } = prune(list, edges({ n, m: n + extra }));
          for (let start = 0; start < list.length; start += n + extra) {
            const group = [...mask.slice(start, start + n + extra)];
            expect(group.reduce((a, b) => a + b, 0)).toBe(Math.min(n, group.length));
            const sizes = (kept: number) =>
              group.flatMap((bit, i) => (bit === kept ? [Math.abs(Math.fround(list[start + i]))] : []));
            expect(Math.max(-1, ...sizes(0))).toBeLessThanOrEqual(Math.min(...sizes(1)));
          }
        },
      ),
    );
  });

  test.each([
    [{}, "one pattern"],
    [{ n: 2, m: 4, fanIn: 3 }, "one pattern"],
    [{ n: 5, m: 4 }, "n is 5"],
    [{ n: 2 }, "m is undefined"],
    [{ block: [2], sparsity: 0.5 }, "takes [rows, columns]"],
    [{ block: [2, 2] }, "sparsity is undefined"],
    [{ fanin: 2 }, 'did you mean "fanIn"?'],
  ])("%j is refused", (options, message) => {
    expect(() => edges(options as unknown as EdgesOptions)).toThrow(message);
  });

  test("labels and plain JSON", () => {
    expect(JSON.stringify(edges({ block: [4, 2], sparsity: 0.5 }))).toBe(
      '{"kind":"edges","block":[4,2],"sparsity":0.5}',
    );
    expect(prunerLabel(edges({ n: 2, m: 4 }))).toBe("edges 2:4");
    expect(prunerLabel(edges({ fanIn: 32 }))).toBe("edges fan-in 32");
    expect(prunerLabel(edges({ block: [4, 2], sparsity: 0.5 }))).toBe("edges blocks 4×2 50 %");
  });
});
