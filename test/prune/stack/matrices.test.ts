/** Every pruner of single tensors on weights that are stacked or lie otherwise: what torch's weight gives, in the tensor's own order. */
import { edges, lowRank, magnitude, NonFiniteError, nodes, prune } from "../../../kernel";
import { prunerOf } from "../../../kernel/prune";
import { pruners } from "../../../kernel/prune/pruners";
import { multiply } from "../../../kernel/prune/low-rank";
import { pruneMatrices } from "../../../kernel/prune/stack/matrices";
import type { Step } from "../../../kernel/tensor/step";
import { bytesOf, layouts, ownValues, torchValues } from "../../tensor/layouts";

const steps: readonly Step[] = [
  magnitude({ sparsity: 0.5 }),
  magnitude({ sparsity: 0.75, scope: "row" }),
  magnitude({ sparsity: 0.97 }),
  edges({ n: 2, m: 4 }),
  edges({ fanIn: 3 }),
  edges({ block: [5, 3], sparsity: 0.5 }),
  nodes({ sparsity: 0.25, remove: false }),
  nodes({ keep: 3, norm: "l2", remove: false }),
  lowRank({ rank: 1 }),
  lowRank({ energy: 0.5, dtype: "F32" }),
];

test("every pruner of single tensors is here", () => {
  expect(new Set(steps.map(({ kind }) => kind))).toEqual(new Set(pruners.keys()));
});

describe.each(Object.entries(layouts))("%s", (_, lying) => {
  const { shape, axes, matrix, matrices } = lying;
  const torch = torchValues(lying);
  const own = ownValues(lying, torch);
  const size = torch.length / matrices;

  test.each(steps.map((step) => [prunerOf(step).label(step), step] as const))("%s", (_, step) => {
    const parts = Array.from({ length: matrices }, (_, at) =>
      prune(torch.subarray(at * size, (at + 1) * size), step, { shape: matrix }),
    );
    const result = prune(own, step, { shape, axes });
    const joined = (of: "values" | "mask") => {
      const all = new Float32Array(torch.length);
      parts.forEach((part, at) => all.set(part[of], at * size));
      return bytesOf(ownValues(lying, all));
    };
    expect(bytesOf(result.values)).toBe(joined("values"));
    expect(bytesOf(Float32Array.from(result.mask))).toBe(joined("mask"));
    const sum = (of: "kept" | "pruned" | "bits") => parts.reduce((total, part) => total + part[of], 0);
    expect([result.kept, result.pruned]).toEqual([sum("kept"), sum("pruned")]);
    expect(result.targetSparsity).toBe(parts[0].targetSparsity);
    if (parts.every(({ storage }) => storage.scheme === parts[0].storage.scheme)) expect(result.bits).toBe(sum("bits"));
    expect(result.nodes).toEqual(
      parts[0].nodes && parts.flatMap(({ nodes = [] }, at) => nodes.map((node) => at * matrix[0] + node)),
    );
  });
});

describe("a stack", () => {
  const lying = layouts["experts (experts, in, out)"];
  const { shape, axes } = lying;
  const own = ownValues(lying, torchValues(lying));

  test("loses the same share of each matrix, however small its weights are", () => {
    const { values } = prune(own, magnitude({ sparsity: 0.5 }), { shape, axes });
    const zeros = [0, 1, 2].map((e) => values.subarray(e * 384, (e + 1) * 384).filter((value) => value === 0).length);
    expect(zeros).toEqual([192, 192, 192]);
  });

  test("is a product of thin matrices for each of its own", () => {
    const { stackedFactors = [], factors, values } = prune(own, lowRank({ rank: 2 }), { shape, axes });
    expect(factors).toBeUndefined();
    expect(stackedFactors.map(({ rows, columns, rank }) => [rows, columns, rank])).toEqual(
      new Array(3).fill([12, 32, 2]),
    );
    const products = new Float32Array(values.length);
    stackedFactors.forEach((one, at) => products.set(multiply(one), at * 384));
    expect([...values]).toEqual([...ownValues(lying, products)]);
  });

  test("has no factors where one of its matrices has none", () => {
    const simple = own.slice();
    const torch = torchValues(lying);
    // The first matrix has rank 1; the others need more for the same energy than is smaller than they are.
    for (let i = 0; i < 384; i++) torch[i] = ((i % 32) + 1) * (Math.floor(i / 32) + 1);
    simple.set(ownValues(lying, torch));
    const result = prune(simple, lowRank({ energy: 0.9999, dtype: "F32" }), { shape, axes });
    expect([result.stackedFactors, result.factors]).toEqual([undefined, undefined]);
    expect([...result.values.subarray(384)]).toEqual([...simple.subarray(384)]);
    expect(result.storage.scheme).not.toBe("factors");
  });

  test("names a weight that is no number", () => {
    const odd = own.slice();
    odd[500] = Infinity;
    expect(() => prune(odd, edges({ n: 2, m: 4 }), { shape, axes, name: "w" })).toThrow(NonFiniteError);
    expect(() => prune(odd, edges({ n: 2, m: 4 }), { shape, axes, name: "w" })).toThrow(/500/);
    const step = edges({ n: 2, m: 4 });
    const layout = { matrices: 3, matrix: [12, 32] };
    expect(() => pruneMatrices(prunerOf(step), odd, layout, step, "w")).toThrow(/500/);
  });

  test("of nothing is nothing", () => {
    const step = magnitude({ sparsity: 0.5 });
    const pruned = pruneMatrices(prunerOf(step), new Float32Array(0), { matrices: 3, matrix: [0, 4] }, step);
    expect([pruned.kept, pruned.shape]).toEqual([0, [0, 4]]);
  });
});
