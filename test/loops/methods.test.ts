/** Whole quantizers over the fast loops and over the plain ones: equal codes, tables, values and errors. */
import { writtenBlocks } from "../../kernel/blocks";
import {
  fp4,
  fp8,
  ggml,
  hqq,
  int,
  kMeans,
  linear,
  meanConstrained,
  mxfp4,
  mxfp8,
  nf4,
  nvfp4,
  quantizerOf,
  sorted,
  ternary,
  trellis,
  type Quantized,
} from "../../kernel/quantize";
import { release, reserve, arenaFloats } from "../../kernel/simd/layer-memory";
import type { RecipeStep as Step } from "../../kernel/layer/step";
import { adversarialWeights, gaussianWeights } from "../blocks/weights";

/** The quantizers over the plain loops: a second copy of the modules, made under CODEBOOK_LOOPS=plain. */
const plainQuantizerOf = ((): typeof quantizerOf => {
  const before = process.env.CODEBOOK_LOOPS;
  let found = quantizerOf;
  process.env.CODEBOOK_LOOPS = "plain";
  jest.isolateModules(() => {
    found = jest.requireActual<{ quantizerOf: typeof quantizerOf }>("../../kernel/quantize").quantizerOf;
  });
  if (before === undefined) delete process.env.CODEBOOK_LOOPS;
  else process.env.CODEBOOK_LOOPS = before;
  return found;
})();

const steps: readonly Step[] = [
  ...writtenBlocks.map((type) => ggml({ type })),
  ggml({ type: "Q4_K", importance: Array.from({ length: 512 }, (_, i) => (i % 7) / 4) }),
  ...[2, 3, 4, 5, 6, 7, 8].flatMap((bits) => [linear({ bits }), linear({ bits, symmetric: false, group: 32 })]),
  linear({ bits: 1 }),
  linear({ bits: 1, symmetric: false }),
  linear({ bits: 16, per: "channel" }),
  linear({ bits: 4, per: "tensor" }),
  linear({ bits: 4, group: 1 }),
  linear({ bits: 4, group: 100, scaleDtype: "F32" }),
  linear({ bits: 4, range: "percentile", percentile: 99 }),
  linear({ bits: 3, range: "percentile", symmetric: false, per: "channel" }),
  linear({ bits: 4, range: "mse" }),
  linear({ bits: 3, range: "mse", symmetric: false, group: 40 }),
  linear({ bits: 4, range: "mse", per: "tensor" }),
  linear({ step: 0.001 }),
  linear({ step: 0.3 }),
  meanConstrained({ bits: 1 }),
  meanConstrained({ bits: 3 }),
  meanConstrained({ bits: 4, symmetric: false, group: 50, keepZeros: false }),
  meanConstrained({ bits: 4, range: "mse", per: "channel" }),
  meanConstrained({ bits: 16, per: "tensor", range: "percentile" }),
  nf4(),
  nf4({ group: 128, doubleQuant: true }),
  fp4(),
  fp4({ group: 4096 }),
  fp8(),
  fp8({ format: "E5M2", per: "tensor" }),
  fp8({ block: [128, 128] }),
  fp8({ block: [3, 50] }),
  fp8({ group: 100, format: "E5M2" }),
  mxfp4(),
  mxfp8(),
  nvfp4(),
  int({ bits: 4 }),
  int({ bits: 8 }),
  int({ bits: 2, symmetric: false, group: 33, scaleDtype: "BF16" }),
  int({ bits: 8, per: "tensor", symmetric: false, scaleDtype: "F16" }),
  hqq({ bits: 4 }),
  hqq({ bits: 2, group: 24 }),
  hqq({ bits: 3, per: "channel" }),
  hqq({ bits: 8, per: "tensor", iterations: 3 }),
  hqq({ bits: 4, group: 7, beta: 1e4 }),
  sorted({ bits: 3 }),
  sorted({ bits: 4, per: "channel" }),
  sorted({ bits: 2, refine: "lloyd" }),
  kMeans({ bits: 2, exact: false }),
  kMeans({ bits: 3, per: "channel", exact: false }),
  ternary(),
  ternary({ method: "twn", group: 128 }),
  ternary({ method: "optimal", per: "channel" }),
  trellis({ step: 0.01 }),
  trellis({ step: 0.02, states: 4 }),
];

test("the plain quantizers are others than those that are compared with them", () => {
  expect(plainQuantizerOf).not.toBe(quantizerOf);
});

/** Data on which a difference in rounding, in the sign of zero, or in the order of a sum would show. */
const kinds: Record<string, (count: number) => Float32Array> = {
  gaussian: (count) => gaussianWeights(count, 3),
  adversarial: (count) => adversarialWeights(count, 4),
  large: (count) => gaussianWeights(count, 5).map((w) => w * 3e37),
  tiny: (count) => gaussianWeights(count, 6).map((w) => w * 1e-43),
  zeros: (count) => new Float32Array(count).map((_, i) => (i % 2 === 0 ? 0 : -0)),
  constant: (count) => new Float32Array(count).fill(-0.3),
  ties: (count) => gaussianWeights(count, 7).map((w) => Math.round(w * 300) / 2),
};

const shapes = [[4, 512], [1, 1], [3, 7], [13, 145], [4, 3, 5, 5], [0, 32], [70]];

const bitsOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** What a method gives, or the error that it throws. */
function outcome<Result>(work: () => Result): Result | string {
  try {
    return work();
  } catch (error) {
    return String(error);
  }
}

function expectSame(where: string, fast: Quantized | string, plain: Quantized | string): void {
  if (typeof fast === "string" || typeof plain === "string") return expect([where, fast]).toEqual([where, plain]);
  expect([where, fast.step, fast.shape, fast.codeBits]).toEqual([where, plain.step, plain.shape, plain.codeBits]);
  expect([where, fast.codes.constructor.name]).toEqual([where, plain.codes.constructor.name]);
  expect([where, "codes", Buffer.compare(bitsOf(fast.codes), bitsOf(plain.codes))]).toEqual([where, "codes", 0]);
  const shapesOf = ({ tables }: Quantized) =>
    tables.map(({ name, shape, bitsPerEntry }) => [name, shape, bitsPerEntry]);
  expect([where, shapesOf(fast)]).toEqual([where, shapesOf(plain)]);
  fast.tables.forEach(({ name, data }, at) => {
    const other = plain.tables[at].data;
    expect([where, name, data.constructor.name]).toEqual([where, name, other.constructor.name]);
    expect([where, name, Buffer.compare(bitsOf(data), bitsOf(other))]).toEqual([where, name, 0]);
  });
  const values = [quantizerOf(plain.step).dequantize(plain), plainQuantizerOf(plain.step).dequantize(plain)];
  expect([where, "values", Buffer.compare(bitsOf(values[0]), bitsOf(values[1]))]).toEqual([where, "values", 0]);
}

const label = (step: Step): string => quantizerOf(step).label(step);

test.each(steps.map((step) => [label(step), step] as const))("%s: the fast form equals the plain one", (_, step) => {
  for (const shape of shapes) {
    const count = shape.reduce((a, b) => a * b, 1);
    for (const [kind, draw] of Object.entries(kinds)) {
      const weights = draw(count);
      const before = weights.slice();
      const where = `${kind} (${shape.join(", ")})`;
      const fast = outcome(() => quantizerOf(step).quantize(weights, shape, step, "layer"));
      const plain = outcome(() => plainQuantizerOf(step).quantize(weights, shape, step, "layer"));
      expectSame(where, fast, plain);
      expect([where, Buffer.compare(bitsOf(weights), bitsOf(before))]).toEqual([where, 0]);
    }
  }
});

test.each(steps.map((step) => [label(step), step] as const))(
  "%s: so it does within the kernels' own memory",
  (_, step) => {
    for (const shape of [
      [40, 512],
      [83, 145],
      [2, 16_485],
    ]) {
      const weights = gaussianWeights(shape[0] * shape[1], 9);
      const plain = outcome(() => plainQuantizerOf(step).quantize(weights, shape, step, "layer"));
      const where = `(${shape.join(", ")})`;
      // Room for all arrays, and room that ends in the middle of them.
      for (const room of [20 * weights.length + 4096, 7 * weights.length]) {
        reserve(room);
        try {
          const inside = arenaFloats(weights.length);
          inside.set(weights);
          expectSame(
            where,
            outcome(() => quantizerOf(step).quantize(inside, shape, step, "layer")),
            plain,
          );
        } finally {
          release();
        }
      }
    }
  },
);

test.each(steps.map((step) => [label(step), step] as const))(
  "%s: NaN and infinities are refused as plainly",
  (_, step) => {
    for (const bad of [NaN, Infinity, -Infinity])
      for (const at of [0, 511, 700]) {
        const weights = gaussianWeights(2 * 512, 1);
        weights[at] = bad;
        const fast = outcome(() => quantizerOf(step).quantize(weights, [2, 512], step, "layer"));
        expect(fast).toEqual(outcome(() => plainQuantizerOf(step).quantize(weights, [2, 512], step, "layer")));
        expect(fast).toMatch(/NonFiniteError/);
      }
  },
);
