/** One layer through its steps: what is kept gives back the weights that the report's measures tell of, and of the forms the smallest is kept. */
import { huffman, linear, lowRank, magnitude, nf4, planes, rans, sorted, ternary, trellis } from "../../kernel";
import { compressLayer } from "../../kernel/layer/compress-layer";
import type { LayerJob } from "../../kernel/layer/layer-job";
import type { RecipeStep } from "../../kernel/layer/step";
import { measureError } from "../../kernel/measure";
import { keepMap } from "../../kernel/prune/channels/axis-map";
import { quantizerOf } from "../../kernel/quantize";
import { restoreValues } from "../../kernel/stored/restored-weights";
import { storedBytes } from "../../kernel/stored/stored-size";
import { gaussianWeights } from "../blocks/weights";

const shape = [6, 32];
const weights = gaussianWeights(192, 5);

function job(steps: readonly RecipeStep[], own: Partial<LayerJob> = {}): LayerJob {
  const input = { values: weights.slice() };
  return { name: "w", savedName: "w", shape, dtype: "F32", steps, input, threshold: undefined, ...own };
}
const outcomeOf = (steps: readonly RecipeStep[], own: Partial<LayerJob> = {}) => compressLayer(job(steps, own));
function storedOf(steps: readonly RecipeStep[], own: Partial<LayerJob> = {}) {
  const { stored } = outcomeOf(steps, own);
  if (!stored) throw new Error("nothing was kept");
  return stored;
}
const zerosIn = (values: Float32Array) => values.reduce((count, value) => count + (value === 0 ? 1 : 0), 0);

const four = linear({ bits: 4, group: 16 });
const chains: Record<string, RecipeStep[]> = {
  "4 bits": [four],
  "4 bits, asymmetric": [linear({ bits: 4, group: 16, symmetric: false })],
  "4 bits, coded": [four, rans()],
  "coded without loss": [planes()],
  "half pruned": [magnitude({ sparsity: 0.5 })],
  "nine tenths pruned": [magnitude({ sparsity: 0.9 })],
  "pruned, coded": [magnitude({ sparsity: 0.9 }), huffman()],
  "pruned, quantized": [magnitude({ sparsity: 0.5 }), four],
  "pruned, quantized, coded": [magnitude({ sparsity: 0.9 }), sorted({ bits: 3 }), huffman()],
  "pruned, asymmetric": [magnitude({ sparsity: 0.25 }), linear({ bits: 3, group: 16, symmetric: false })],
  "pruned, a vector of codes": [magnitude({ sparsity: 0.75 }), trellis({ step: 0.5 })],
  "pruned twice": [magnitude({ sparsity: 0.75 }), magnitude({ sparsity: 0.25 })],
  "quantized, pruned": [four, magnitude({ sparsity: 0.5 })],
  "low rank": [lowRank({ rank: 2 })],
  "low rank, coded": [lowRank({ rank: 2 }), planes()],
  "low rank, quantized": [lowRank({ rank: 2 }), four],
  ternary: [ternary()],
};

describe.each(Object.entries(chains))("%s", (_, steps) => {
  test("what is kept gives the weights whose errors, zeros and bytes are told", () => {
    const { stored, variant, sums, zeros } = outcomeOf(steps);
    if (!stored) throw new Error("nothing was kept");
    const after = restoreValues(stored);
    const { meanSquaredError, rootMeanSquareError, sqnrDb, cosine, maxAbsError } = variant;
    expect({ meanSquaredError, rootMeanSquareError, sqnrDb, cosine, maxAbsError }).toEqual(
      measureError(weights, after),
    );
    expect([sums.count, zeros]).toEqual([192, zerosIn(after)]);
    expect(variant.sparsity).toBe(zeros / 192);
    expect(variant.bytes).toBe(storedBytes(stored));
    expect(variant.bitsPerWeight).toBe((8 * variant.bytes) / 192);
    expect(variant.steps.map(({ kind }) => kind)).toEqual(steps.map(({ kind }) => kind));
    expect(variant.scheme).toBe(variant.steps.map(({ label }) => label).join(" · "));
  });
});

test("each step's own error is between what it got and what it gave", () => {
  const [pruned, both] = [[magnitude({ sparsity: 0.5 })], [magnitude({ sparsity: 0.5 }), four, rans()]];
  const first = restoreValues(storedOf(pruned));
  const second = restoreValues(storedOf(both));
  const { steps } = outcomeOf(both).variant;
  expect(steps[0]).toMatchObject({ ...measureError(weights, first), kind: "magnitude" });
  expect(steps[1]).toMatchObject({ ...measureError(first, second), kind: "linear" });
  expect(steps[2]).toMatchObject({ ...measureError(first, first), kind: "rans" });
});

describe("what is kept", () => {
  test("are packed codes and their tables, or a coder's bytes", () => {
    const { tables } = quantizerOf(four).quantize(weights, shape, four, "w");
    const { content } = storedOf([four]);
    expect(content).toMatchObject({ kind: "codes", quantizer: four, tables });
    expect(storedOf([four, rans()]).content).toMatchObject({ kind: "codes", codes: { coder: rans() } });
  });

  test("are values at the width of their own type", () => {
    const widthOf = (dtype: string) => {
      const { content } = storedOf([magnitude({ sparsity: 0.1 })], { dtype });
      return content.kind === "values" ? content.bitsPerValue : content.kind;
    };
    expect(["F32", "F16", "BF16", "F8_E4M3", "F64", "Q4_0"].map(widthOf)).toEqual([32, 16, 16, 8, 32, 32]);
  });

  test("are float32 where a step made values that their own type does not hold", () => {
    const widthOf = (...steps: RecipeStep[]) => {
      const { content } = storedOf(steps, { dtype: "BF16" });
      return content.kind === "values" ? content.bitsPerValue : content.kind;
    };
    const nearlyAll = lowRank({ rank: 5, dtype: "F32" });
    expect(widthOf(nearlyAll, magnitude({ sparsity: 0.1 }))).toBe(32);
    expect(widthOf(lowRank({ rank: 99 }), magnitude({ sparsity: 0.1 }))).toBe(16);
  });

  test("is the smallest form: all values with few zeros, those that are left with many", () => {
    const few = storedOf([magnitude({ sparsity: 0.01 })]);
    const many = storedOf([magnitude({ sparsity: 0.9 })]);
    expect([few.sparse, few.mask, many.sparse]).toEqual([undefined, undefined, true]);
    expect(many.content).toMatchObject({ kind: "values", values: restoreValues(many).filter((value) => value !== 0) });
  });

  test("has a mask where a code does not tell a zero", () => {
    // The levels of ±1 and ±3 have no zero; those of symmetric codes have one.
    const asymmetric = linear({ bits: 2, group: 16, symmetric: false });
    const masked = storedOf([magnitude({ sparsity: 0.03 }), asymmetric]);
    expect(zerosIn(restoreValues(masked))).toBeGreaterThanOrEqual(6);
    const plain = storedOf([magnitude({ sparsity: 0.03 }), linear({ bits: 8, group: 16 })]);
    expect([plain.sparse, plain.mask]).toEqual([undefined, undefined]);
    const cut = storedOf([magnitude({ sparsity: 0.03 }), nf4({ group: 32 })]);
    expect(zerosIn(restoreValues(cut))).toBeGreaterThanOrEqual(6);
  });

  test("of a second pruning is what both leave, and the larger share is the aim", () => {
    const { stored, variant } = outcomeOf([magnitude({ sparsity: 0.75 }), magnitude({ sparsity: 0.25 })]);
    expect(variant.targetSparsity).toBe(0.75);
    expect(variant.sparsity).toBe(0.75);
    expect(stored?.index?.scheme).toBeDefined();
    expect(outcomeOf([four]).variant.targetSparsity).toBeUndefined();
  });

  test("are the bytes themselves where a coder is the only step", () => {
    const bytes = new Uint8Array(weights.slice().buffer);
    const stored = storedOf([planes()], { input: { bytes } });
    expect(stored.content).toMatchObject({ kind: "bytes", dtype: "F32" });
    expect(restoreValues(stored)).toEqual(weights);
    const { variant } = outcomeOf([planes()], { input: { bytes: new Uint8Array(weights.slice().buffer) } });
    expect([variant.sqnrDb, variant.maxAbsError, variant.sparsity]).toEqual([null, 0, 0]);
  });

  test("is named as the layer is in the result", () => {
    expect(storedOf([four], { name: "layers.3.w", savedName: "layers.1.w" }).name).toBe("layers.1.w");
  });
});

test("a layer without weights costs its entry and loses nothing", () => {
  const { variant, zeros } = outcomeOf([four], { shape: [0, 32], input: { values: new Float32Array(0) } });
  expect(variant).toMatchObject({ bitsPerWeight: 0, sparsity: 0, entropyBits: 0, meanSquaredError: 0, cosine: 1 });
  expect(zeros).toBe(0);
});

test("weights that are no numbers are refused with their layer and the first step", () => {
  const values = weights.slice();
  values[7] = NaN;
  expect(() => outcomeOf([four, rans()], { input: { values } })).toThrow(
    "w: weight 7 is NaN; linear 4-bit g16 needs finite weights",
  );
});

describe("with parts taken out", () => {
  const steps = [magnitude({ sparsity: 0.5 })];

  test("what stays is compressed, and compared with the whole layer", () => {
    const maps = [keepMap(0, 6, Int32Array.of(0, 1, 4))];
    const { stored, variant, zeros } = outcomeOf([four], { surgery: { maps, steps, isDropped: false } });
    const small = Float32Array.of(...weights.subarray(0, 64), ...weights.subarray(128, 160));
    expect(stored && restoreValues(stored)).toEqual(
      restoreValues(storedOf([four], { shape: [3, 32], input: { values: small } })),
    );
    expect([variant.shape, variant.targetSparsity, zeros >= 96]).toEqual([[3, 32], 0.5, true]);
    expect(variant.steps.map(({ kind }) => kind)).toEqual(["magnitude", "linear"]);
    const cut = weights.map((value, i) => (i < 64 || (i >= 128 && i < 160) ? value : 0));
    expect(variant.steps[0]).toMatchObject(measureError(weights, cut));
  });

  test("and no step behind it, nothing is kept here", () => {
    const maps = [keepMap(0, 6, Int32Array.of(0, 1, 4))];
    const { stored, variant } = outcomeOf([], { surgery: { maps, steps, isDropped: false } });
    expect([stored, variant.bytes]).toEqual([undefined, 0]);
  });

  test("a tensor that is gone as a whole keeps nothing, and loses all", () => {
    const { stored, variant, zeros } = outcomeOf([], { surgery: { maps: [], steps, isDropped: true } });
    expect([stored, zeros, variant.bytes, variant.sparsity, variant.targetSparsity]).toEqual([undefined, 192, 0, 1, 1]);
    expect(variant).toMatchObject(measureError(weights, new Float32Array(192)));
  });
});

test("what is kept names its content before its mask: files of checkpoints keep that order", () => {
  const kept = storedOf([magnitude({ sparsity: 0.9 })]);
  expect(Object.keys(kept)).toEqual(["name", "shape", "content", "mask", "index", "sparse"]);
});
