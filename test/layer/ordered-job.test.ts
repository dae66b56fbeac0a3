/** A layer that lies otherwise than (out, in) goes through its steps as torch's weight with the same numbers does: the same codes, bytes and
 *  measures, and w′ in the tensor's own order. Matrices of a stack go as layers of their own do. */
import {
  edges,
  fp8,
  ggml,
  huffman,
  kMeans,
  linear,
  lowRank,
  magnitude,
  NonFiniteError,
  nf4,
  nodes,
  rans,
  sorted,
  trellis,
} from "../../kernel";
import { compressLayer, sizeOfLayer } from "../../kernel/layer/compress-layer";
import { decodeLayerFile, layerFileParts } from "../../kernel/layer/checkpoint-file";
import type { LayerJob } from "../../kernel/layer/layer-job";
import { orderedJob } from "../../kernel/layer/ordered-job";
import type { RecipeStep } from "../../kernel/layer/step";
import { pieceWalkOf } from "../../kernel/layer/walk-pieces";
import { labelOf } from "../../kernel/layer/operators";
import { measureError } from "../../kernel/measure";
import { keepMap } from "../../kernel/prune/channels/axis-map";
import { outlineOf } from "../../kernel/stored/outline";
import { restoreQuantized, restoreValues } from "../../kernel/stored/restored-weights";
import type { StoredTensor } from "../../kernel/stored/stored-tensor";
import { bytesOf, layouts, ownValues, torchValues, turnedByIndex, type Lying } from "../tensor/layouts";

const base = { name: "w", savedName: "w", dtype: "F32", threshold: undefined } as const;
const jobOf = (shape: readonly number[], values: Float32Array, more: Partial<LayerJob>): LayerJob => ({
  ...base,
  shape,
  steps: [],
  input: { values: values.slice() },
  ...more,
});
function outcomeOf(job: LayerJob) {
  const { stored, ...rest } = compressLayer(job);
  if (!stored) throw new Error("nothing was kept");
  return { ...rest, stored };
}
/** The header holds the shape, which has as many numbers in one order as in the other, but for axes that count as one. */
const bytesWithoutShape = ({ shape }: StoredTensor, bytes: number) => bytes - JSON.stringify(shape).length;

const chains: readonly (readonly RecipeStep[])[] = [
  [linear({ bits: 4, group: 16 })],
  [linear({ bits: 8, per: "channel", symmetric: false }), rans()],
  [kMeans({ bits: 2 }), huffman()],
  [fp8({ block: [5, 7] })],
  [nf4({ group: 32, doubleQuant: true })],
  [magnitude({ sparsity: 0.9 })],
  [magnitude({ sparsity: 0.9, scope: "row" }), linear({ bits: 3, per: "channel", symmetric: false })],
  [edges({ n: 2, m: 4 }), sorted({ bits: 3, per: "channel" })],
  [nodes({ sparsity: 0.25, remove: false })],
  [linear({ bits: 4, per: "tensor" }), edges({ fanIn: 4 })],
  [lowRank({ rank: 1 })],
  [lowRank({ rank: 1 }), linear({ bits: 8, per: "channel" })],
  [ggml({ type: "Q4_0" })],
  [linear({ step: 0.01 }), rans()],
];

describe.each(Object.entries(layouts).filter(([, { matrices }]) => matrices === 1))("%s", (_, lying) => {
  const torch = torchValues(lying);
  const own = ownValues(lying, torch);
  const { shape, axes, matrix } = lying;

  test.each(chains.map((steps) => [steps.map(labelOf).join(" · "), steps] as const))("%s", (_, steps) => {
    // Blocks of 32 do not fit the rows of kernels: what stands for them is chosen by the last axis of what the method sees.
    const expected = outcomeOf(jobOf(matrix, torch, { steps }));
    const job = () => jobOf(shape, own, { steps, axes });
    const result = outcomeOf(job());
    const { bytes } = result.variant;
    expect({ ...result.variant, bytes: 0, bitsPerWeight: 0 }).toEqual({
      ...expected.variant,
      ...{ bytes: 0, bitsPerWeight: 0 },
    });
    expect(bytesWithoutShape(result.stored, bytes)).toBe(bytesWithoutShape(expected.stored, expected.variant.bytes));
    expect([result.histogram, result.sums, result.zeros]).toEqual([expected.histogram, expected.sums, expected.zeros]);
    expect(bytesOf(restoreValues(result.stored))).toBe(bytesOf(ownValues(lying, restoreValues(expected.stored))));
    expect(result.stored).toMatchObject({ shape, axes });
    expect(outlineOf(result.stored)).toMatchObject({ shape, axes });
    expect(sizeOfLayer(job())).toBe(bytes);
    expect(restoreQuantized(result.stored, () => 0)?.codes).toEqual(restoreQuantized(expected.stored, () => 0)?.codes);
  });
});

describe.each(Object.entries(layouts).filter(([, { matrices }]) => matrices > 1))("%s", (_, lying) => {
  const torch = torchValues(lying);
  const own = ownValues(lying, torch);
  const { shape, axes, matrix, matrices } = lying;
  const size = torch.length / matrices;
  const more: (typeof chains)[number][] = [[trellis({ step: 0.01 })], [sorted({ bits: 2 }), rans()]];

  test.each([...chains, ...more].map((steps) => [steps.map(labelOf).join(" · "), steps] as const))("%s", (_, steps) => {
    const expected = new Float32Array(torch.length);
    for (let at = 0; at < matrices; at++) {
      const one = outcomeOf(jobOf(matrix, torch.subarray(at * size, (at + 1) * size), { steps }));
      expected.set(restoreValues(one.stored), at * size);
    }
    const { stored, variant } = outcomeOf(jobOf(shape, own, { steps, axes }));
    const after = restoreValues(stored);
    expect(bytesOf(after)).toBe(bytesOf(ownValues(lying, expected)));
    const { meanSquaredError, maxAbsError } = measureError(torch, expected);
    expect(variant).toMatchObject({ maxAbsError });
    expect(variant.meanSquaredError).toBeCloseTo(meanSquaredError, 12);
    // A checkpoint's file gives the same.
    const file = new Uint8Array(
      Buffer.concat(layerFileParts("key", compressLayer(jobOf(shape, own, { steps, axes })))),
    );
    const { stored: kept } = decodeLayerFile("w.layer", file as Uint8Array<ArrayBuffer>, "key");
    expect(kept && bytesOf(restoreValues(kept))).toBe(bytesOf(after));
  });
});

test("factors of a stack are kept matrix by matrix, each of its own rank", () => {
  const lying: Lying = { ...layouts["experts (experts, in, out)"], shape: [2, 32, 12], matrices: 2 };
  const torch = torchValues(lying);
  // The first matrix has rank 1.
  for (let i = 0; i < 384; i++) torch[i] = (1 + (i % 32)) * (1 + Math.floor(i / 32));
  const steps = [lowRank({ energy: 0.3, dtype: "F32" }), rans()];
  const { stored, variant } = outcomeOf(jobOf(lying.shape, ownValues(lying, torch), { steps, axes: lying.axes }));
  expect(stored.content).toMatchObject({ kind: "factors", bitsPerValue: 32 });
  expect("ranks" in stored.content && stored.content.ranks).toHaveLength(2);
  const error = measureError(ownValues(lying, torch), restoreValues(stored));
  expect(error.maxAbsError).toBe(variant.maxAbsError);
});

describe("a large layer", () => {
  const shape = [256, 320];
  const lying: Lying = {
    ...{ shape, axes: { output: [1], input: [0], stacked: [] }, matrix: [320, 256], matrices: 1, order: [1, 0] },
  };
  const stack = { shape: [4, 160, 128], axes: { output: [1], input: [2], stacked: [0] } };

  test("goes piece by piece once it is turned", () => {
    const torch = torchValues(lying);
    const steps = [linear({ bits: 4, group: 64 })];
    const job = jobOf(lying.shape, ownValues(lying, torch), { steps, axes: lying.axes });
    const { job: ordered } = orderedJob({ ...job, input: { values: ownValues(lying, torch) } });
    expect([ordered.shape, ordered.axes]).toEqual([[320, 256], { output: [0], input: [1], stacked: [] }]);
    expect(pieceWalkOf(ordered)).toBeDefined();
    const result = outcomeOf(job);
    const expected = outcomeOf(jobOf(lying.matrix, torch, { steps }));
    expect(result.variant).toEqual(expected.variant);
    expect(bytesOf(restoreValues(result.stored))).toBe(bytesOf(ownValues(lying, restoreValues(expected.stored))));
  });

  test("of stacked matrices goes piece by piece, unless a piece would hold parts of two that belong apart", () => {
    const values = torchValues({ ...lying, matrix: [160, 128], matrices: 4 });
    const walk = (step: RecipeStep) => pieceWalkOf(jobOf(stack.shape, values, { steps: [step], axes: stack.axes }));
    expect(walk(linear({ bits: 4 }))).toBeDefined();
    expect(walk(fp8({ block: [32, 32] }))).toBeDefined();
    expect(walk(fp8({ block: [128, 128] }))).toBeUndefined();
    for (const step of [linear({ bits: 8, per: "channel" }), fp8({ block: [128, 128] })]) {
      const { stored } = outcomeOf(jobOf(stack.shape, values, { steps: [step], axes: stack.axes }));
      const after = restoreValues(stored);
      for (let e = 0; e < 4; e++) {
        const part = values.subarray(e * 20_480, (e + 1) * 20_480);
        const one = restoreValues(outcomeOf(jobOf([160, 128], part, { steps: [step] })).stored);
        expect(bytesOf(after.slice(e * 20_480, (e + 1) * 20_480))).toBe(bytesOf(one));
      }
    }
  });
});

test("outputs that surgery takes out of a matrix (in, out) go, and the rest is what torch's would be", () => {
  const lying = layouts["Conv1D of GPT-2 (in, out)"];
  const torch = torchValues(lying);
  const own = ownValues(lying, torch);
  const members = Int32Array.from({ length: 15 }, (_, i) => i + (i > 4 ? 5 : 0));
  const surgery = (axis: number) => ({
    maps: [keepMap(axis, 20, members)],
    steps: [nodes({ keep: 15 })],
    isDropped: false,
  });
  const steps = [linear({ bits: 4, per: "channel" })];
  const expected = outcomeOf(jobOf(lying.matrix, torch, { steps, surgery: surgery(0) }));
  const result = outcomeOf(jobOf(lying.shape, own, { steps, axes: lying.axes, surgery: surgery(1) }));
  expect(result.variant).toEqual({ ...expected.variant, shape: [48, 15] });
  expect(result.stored.shape).toEqual([48, 15]);
  expect(bytesOf(restoreValues(result.stored))).toBe(
    bytesOf(turnedByIndex(restoreValues(expected.stored), [15, 48], [1, 0])),
  );
});

test("a layer that lies as methods see it is left where it is; a weight that is no number is named by its own place", () => {
  const job = jobOf([4, 8], new Float32Array(32), { axes: { output: [0], input: [1], stacked: [] } });
  const { job: ordered, own } = orderedJob(job);
  expect(ordered).toBe(job);
  expect(own(job)).toBe(job);
  const { stored } = outcomeOf({ ...job, steps: [linear({ bits: 4 })] });
  expect(Object.keys(stored)).not.toContain("axes");
  const odd = new Float32Array(32);
  odd[9] = NaN;
  const steps = [linear({ bits: 4 })];
  const broken = () => compressLayer(jobOf([4, 8], odd, { steps, axes: { output: [1], input: [0], stacked: [] } }));
  expect(broken).toThrow(NonFiniteError);
  expect(broken).toThrow(/w.*9/);
});
