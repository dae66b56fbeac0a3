import { type LinearStep, linear, linearQuantizer } from "../../kernel/quantize/linear";
import { type GroupCodes, type GroupedMatrix, quantizeGroups } from "../../kernel/simd/linear";

const { fround } = Math;

/** mulberry32: a small seeded generator, uniform in [0, 1). */
function random(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The plain method, and the squared errors in the order that the SIMD module promises. */
function quantizePlainly({ weights, rows, columns, group }: GroupedMatrix, step: LinearStep): GroupCodes {
  const { codes, tables } = linearQuantizer.quantize(weights, [rows, columns], { ...step, per: "group", group });
  const scales = tables[0].data as Float32Array;
  const zeroPoints = step.symmetric ? new Uint8Array(scales.length) : (tables[1].data as Uint8Array);
  const squaredErrors = new Float64Array(scales.length);
  const sums = new Float32Array(4);
  const groupsInRow = Math.ceil(columns / group);
  for (let index = 0; index < scales.length; index++) {
    const rowStart = Math.floor(index / groupsInRow) * columns;
    const start = rowStart + (index % groupsInRow) * group;
    const end = Math.min(start + group, rowStart + columns);
    for (let at = start; at < end; at += 128) {
      sums.fill(0);
      for (let i = at; i < Math.min(at + 128, end); i++) {
        const d = fround(fround(scales[index] * (codes[i] - zeroPoints[index])) - weights[i]);
        sums[(i - at) % 4] += fround(d * d);
      }
      squaredErrors[index] += fround(fround(sums[0] + sums[2]) + fround(sums[1] + sums[3]));
    }
  }
  return { codes: codes as Uint8Array | Int8Array, scales, zeroPoints, squaredErrors };
}

const gridOf = (step: LinearStep) => ({
  bits: step.bits ?? 0,
  symmetric: step.symmetric,
  halfScales: step.scaleDtype === "F16",
});

const steps: LinearStep[] = [2, 3, 4, 5, 6, 7, 8].flatMap((bits) =>
  [true, false].map((symmetric) => linear({ bits, symmetric, scaleDtype: bits % 2 === 0 ? "F16" : "F32" })),
);

const shapes: [number, number, number][] = [
  [0, 0, 128],
  [1, 1, 128],
  [3, 7, 4],
  [1, 130, 128],
  [5, 129, 32],
  [83, 145, 128],
  [7, 384, 384],
  [33, 512, 64],
  [1, 16484, 100],
  [1, 40001, 17000],
  [2, 16385, 16385],
];

/** Data on which a difference in rounding, sign of zero or order of sums would show. */
const kinds: Record<string, (next: () => number, i: number) => number> = {
  gaussian: (next) => 0.02 * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  heavyTails: (next) => Math.tan(3.1 * (next() - 0.5)),
  ties: (next) => Math.floor(next() * 31 - 15) / 2,
  zeros: () => 0,
  negativeZeros: (_next, i) => (i % 3 === 0 ? 0 : -0),
  constant: () => 0.3,
  allNegative: (next) => -next() - 1,
  mostlyZero: (next) => (next() < 0.9 ? 0 : next() - 0.5),
  tiny: (next) => (next() - 0.5) * 1e-41,
  huge: (next) => (next() - 0.5) * 1e37,
  outlier: (next, i) => (i === 50 ? 60 : next() * 0.01),
};

const drawn = new Map<string, Float32Array>();

function drawOnce(kind: string, draw: (next: () => number, i: number) => number, seed: number, length: number) {
  const key = `${kind} ${seed} ${length}`;
  let weights = drawn.get(key);
  const next = random(seed);
  if (!weights) drawn.set(key, (weights = Float32Array.from({ length }, (_, i) => draw(next, i))));
  return weights;
}

const bitsOf = (values: ArrayBufferView): Uint8Array => new Uint8Array(values.buffer.slice(0));

describe.each(steps.map((step) => [linearQuantizer.label(step), step] as const))("%s", (_label, step) => {
  test.each(shapes)("SIMD and plain give equal bits: (%d, %d) in groups of %d", (rows, columns, group) => {
    for (const [kind, draw] of Object.entries(kinds)) {
      const seed = 7 + rows + columns;
      const weights = drawOnce(kind, draw, seed, rows * columns);
      const matrix = { weights, rows, columns, group };
      // A scale of "huge" is beyond float16, which the plain method refuses.
      const halfTooSmall = kind === "huge" && step.scaleDtype === "F16" && rows * columns > 0;
      const simd = quantizeGroups(matrix, gridOf(step));
      if (halfTooSmall) {
        expect(simd).toBeUndefined();
        expect(() => quantizePlainly(matrix, step)).toThrow("beyond float16");
        continue;
      }
      if (!simd) throw new Error(`${kind}: SIMD refused`);
      const plain = quantizePlainly(matrix, step);
      const where = `${kind}, seed ${seed}`;
      expect([where, Buffer.compare(bitsOf(simd.codes), bitsOf(plain.codes))]).toEqual([where, 0]);
      expect(simd.codes.constructor).toBe(plain.codes.constructor);
      expect([where, Buffer.compare(bitsOf(simd.scales), bitsOf(plain.scales))]).toEqual([where, 0]);
      expect([where, Buffer.compare(bitsOf(simd.zeroPoints), bitsOf(plain.zeroPoints))]).toEqual([where, 0]);
      expect([where, Buffer.compare(bitsOf(simd.squaredErrors), bitsOf(plain.squaredErrors))]).toEqual([where, 0]);
    }
  });
});

const asymmetric = (bits: number) => ({ bits, symmetric: false, halfScales: false });

test("by hand: two groups and a short one, asymmetric 2-bit", () => {
  // Group 1: range −1…2, s = 1, z = 1: −1 0 0.5 2 → codes 0 1 1 3 (0.5 rounds to even 0), error 0.25.
  // Group 2: range 0…6 (widened to 0), s = 2, z = 0: 1 3 5 6 → 0.5 1.5 2.5 3 → 0 2 2 3, w′ 0 4 4 6, error 1 + 1 + 1 = 3.
  // Rest: range −3…0, s = 1, z = 3: −3 −1.5 → codes 0 1 (−1.5 rounds to −2), error 0.25.
  const weights = Float32Array.of(-1, 0, 0.5, 2, 1, 3, 5, 6, -3, -1.5);
  const room = new Uint8Array(20);
  for (const result of [
    quantizeGroups({ weights, rows: 1, columns: 10, group: 4 }, asymmetric(2)),
    quantizeGroups({ weights, rows: 1, columns: 10, group: 4 }, asymmetric(2), room),
  ]) {
    expect([...(result?.codes ?? [])]).toEqual([0, 1, 1, 3, 0, 2, 2, 3, 0, 1]);
    expect([...(result?.scales ?? [])]).toEqual([1, 2, 1]);
    expect([...(result?.zeroPoints ?? [])]).toEqual([1, 0, 3]);
    expect([...(result?.squaredErrors ?? [])]).toEqual([0.25, 3, 0.25]);
  }
  expect([...room.subarray(0, 10)]).toEqual([0, 1, 1, 3, 0, 2, 2, 3, 0, 1]);
});

test.each([NaN, Infinity, -Infinity, 1e38])("a weight of %d is left to the plain method, wherever it stands", (bad) => {
  for (const [length, group] of [
    [3, 4],
    [130, 128],
    [20000, 20000],
  ])
    for (const at of [0, 1, length - 1]) {
      const weights = new Float32Array(length).fill(0.5);
      weights[at] = bad;
      expect(quantizeGroups({ weights, rows: 1, columns: length, group }, asymmetric(4))).toBeUndefined();
    }
});

test("input is left as it was", () => {
  const next = random(3);
  const weights = Float32Array.from({ length: 40 * 130 }, () => next() - 0.4);
  const before = weights.slice();
  quantizeGroups({ weights, rows: 40, columns: 130, group: 64 }, asymmetric(4));
  expect(weights).toEqual(before);
});
