import { groupsOf } from "../../kernel/grid/groups";
import { rint } from "../../kernel/grid/scale";
import { tilingOfGroups } from "../../kernel/grid/tiles";
import { plainUniform } from "../../kernel/loops/uniform";
import { type LinearStep, linear, linearQuantizer } from "../../kernel/quantize/linear";
import { reserve, arenaBytes, arenaFloats } from "../../kernel/simd/layer-memory";
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

/** The plain method, and the squared errors in the order and to the digits that the SIMD module promises. */
function quantizePlainly({ weights, rows, columns, group }: GroupedMatrix, step: LinearStep): GroupCodes {
  // The loop itself: the method refuses scales that have few digits in float16, and takes wider ones.
  const tiling = tilingOfGroups(groupsOf("linear", [rows, columns], weights.length, { per: "group", group }));
  const encoded = plainUniform.encode(weights, tiling, { ...step, bits: step.bits ?? 0 }, "linear");
  const { codes, scales } = encoded;
  const zeroPoints = step.symmetric ? new Uint8Array(scales.length) : (encoded.zeroPoints as Uint8Array);
  const squaredErrors = new Float64Array(scales.length);
  const groupsInRow = Math.ceil(columns / group);
  for (let index = 0; index < scales.length; index++) {
    const rowStart = Math.floor(index / groupsInRow) * columns;
    const start = rowStart + (index % groupsInRow) * group;
    const end = Math.min(start + group, rowStart + columns);
    const [scale, zero] = [scales[index], zeroPoints[index]];
    const isEven = columns % group === 0 && group % 16 === 0 && group <= 512;
    const isFixed = isEven && gridOf(step).bits <= 4 && isInside(weights.subarray(start, end), scale, zero, step);
    // Long groups are done 16,384 weights at a time.
    for (let at = start; at < end; at += 16_384) {
      const own = weights.subarray(at, Math.min(at + 16_384, end));
      squaredErrors[index] += isFixed
        ? fixedError(own, scale, zero + (step.symmetric ? 8 : 0))
        : floatError(own, scale, (i) => codes[at + i] - zero);
    }
  }
  return { codes: codes as Uint8Array | Int8Array, scales, zeroPoints, squaredErrors };
}

/** Whether no code must be held within the grid, and the scale is no extreme one. */
function isInside(weights: Float32Array, scale: number, zero: number, { symmetric, bits = 0 }: LinearStep): boolean {
  if (scale < 2 ** -60 || scale > 2 ** 60) return false;
  const top = symmetric ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
  const low = weights.reduce((least, w) => Math.min(least, w), 0);
  const high = weights.reduce((most, w) => Math.max(most, w), 0);
  return rint(fround(low / scale)) >= (symmetric ? -top : -zero) && rint(fround(high / scale)) <= top - zero;
}

/** s²·Σe², e = w·(1/s) less the nearest whole number, cut to 12 binary places. */
function fixedError(weights: Float32Array, scale: number, offset: number): number {
  const inverse = fround(1 / scale);
  let total = 0;
  for (const w of weights) {
    const sum = fround(fround(w * inverse) + (3072.5 + offset));
    // What lies a rounding below the end of a grid of 16 steps stays below it.
    const e = (Math.min((sum - 3072) * 4096, 65_535) % 4096) - 2048;
    total += e * e;
  }
  return total * (scale * scale * 2 ** -24);
}

/** (w′ − w)², weight i in sum i mod 16, every 128 weights; the last ones, fewer than 16, on their own. */
function floatError(weights: Float32Array, scale: number, steps: (i: number) => number): number {
  let error = 0;
  const even = weights.length - (weights.length % 16);
  for (let at = 0; at < weights.length; at = at < even ? Math.min(at + 128, even) : weights.length) {
    const sums = new Float32Array(16);
    for (let i = at; i < (at < even ? Math.min(at + 128, even) : weights.length); i++) {
      const d = fround(fround(scale * steps(i)) - weights[i]);
      sums[i % 16] += fround(d * d);
    }
    const lanes = [0, 1, 2, 3].map((k) => fround(fround(sums[k] + sums[k + 4]) + fround(sums[k + 8] + sums[k + 12])));
    error += fround(fround(lanes[0] + lanes[2]) + fround(lanes[1] + lanes[3]));
  }
  return error;
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
  [5, 1024, 1024],
  [1, 16, 16],
  [70, 128, 128],
  [1, 1040, 16],
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
      const simd = quantizeGroups(matrix, gridOf(step), { errors: true });
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

describe.each([2, 3, 4])("%d bits", (bits) => {
  const halves = [2 ** -14, 6.2e-5, 2 ** -10, 0.0123, 1, 1.5, 2047 / 2048, 3, 59_904, 60_032].map((x) => {
    const unit = 2 ** (Math.floor(Math.log2(x)) - 10);
    return Math.round(x / unit) * unit;
  });
  test.each([true, false])(
    "ranges a few roundings beside a scale of float16, zero points beside a half; symmetric: %p",
    (symmetric) => {
      const next = random(5);
      const top = symmetric ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
      const list: number[] = [];
      for (const half of halves)
        for (let k = -6; k <= 6; k++)
          for (const zero of symmetric ? [0] : [0, 0.5, 1.5, top / 2, top - 0.5, top]) {
            const span = half * top * (1 + k * 2 ** -24);
            const low = symmetric ? (k % 2 === 0 ? -span : -span / 3) : -half * (zero + k * 2 ** -22);
            const high = symmetric ? (k % 2 === 0 ? span / 2 : span) : span + low;
            list.push(low, high);
            for (let i = 2; i < 16; i++) list.push(low + next() * (high - low));
          }
      const matrix = { weights: Float32Array.from(list), rows: 1, columns: list.length, group: 16 };
      for (const scaleDtype of ["F16", "F32"] as const) {
        const step = linear({ bits, symmetric, scaleDtype });
        const simd = quantizeGroups(matrix, gridOf(step), { errors: true });
        if (!simd) throw new Error("refused");
        const plain = quantizePlainly(matrix, step);
        for (const key of ["scales", "zeroPoints", "codes", "squaredErrors"] as const)
          expect([key, Buffer.compare(bitsOf(simd[key]), bitsOf(plain[key]))]).toEqual([key, 0]);
      }
    },
  );
});

const asymmetric = (bits: number) => ({ bits, symmetric: false, halfScales: false });

test("by hand: two groups and a short one, asymmetric 2-bit", () => {
  // Group 1: range −1…2, s = 1, z = 1: −1 0 0.5 2 → codes 0 1 1 3 (0.5 rounds to even 0), error 0.25.
  // Group 2: range 0…6 (widened to 0), s = 2, z = 0: 1 3 5 6 → 0.5 1.5 2.5 3 → 0 2 2 3, w′ 0 4 4 6, error 1 + 1 + 1 = 3.
  // Rest: range −3…0, s = 1, z = 3: −3 −1.5 → codes 0 1 (−1.5 rounds to −2), error 0.25.
  const weights = Float32Array.of(-1, 0, 0.5, 2, 1, 3, 5, 6, -3, -1.5);
  const room = new Uint8Array(20);
  for (const result of [
    quantizeGroups({ weights, rows: 1, columns: 10, group: 4 }, asymmetric(2), { errors: true }),
    quantizeGroups({ weights, rows: 1, columns: 10, group: 4 }, asymmetric(2), { room, errors: true }),
  ]) {
    expect([...(result?.codes ?? [])]).toEqual([0, 1, 1, 3, 0, 2, 2, 3, 0, 1]);
    expect([...(result?.scales ?? [])]).toEqual([1, 2, 1]);
    expect([...(result?.zeroPoints ?? [])]).toEqual([1, 0, 3]);
    expect([...(result?.squaredErrors ?? [])]).toEqual([0.25, 3, 0.25]);
  }
  expect([...room.subarray(0, 10)]).toEqual([0, 1, 1, 3, 0, 2, 2, 3, 0, 1]);
});

test.each([Infinity, -Infinity, 1e38])("a weight of %d is left to the plain method, wherever it stands", (bad) => {
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

test("squared errors are those of the values, within the stated bound; codes are the same without them", () => {
  const next = random(11);
  const weights = Float32Array.from({ length: 64 * 512 }, () => 0.05 * (next() + next() - next() - next()));
  for (const step of steps) {
    const matrix = { weights, rows: 64, columns: 512, group: 128 };
    const result = quantizeGroups(matrix, gridOf(step), { errors: true });
    if (!result) throw new Error("refused");
    const bare = quantizeGroups(matrix, gridOf(step));
    expect(Buffer.compare(bitsOf(bare?.codes ?? weights), bitsOf(result.codes))).toBe(0);
    expect(bare?.squaredErrors).toHaveLength(0);
    result.squaredErrors.forEach((error, g) => {
      const scale = result.scales[g];
      let exact = 0;
      for (let i = 128 * g; i < 128 * (g + 1); i++)
        exact += (fround(scale * (result.codes[i] - result.zeroPoints[g])) - weights[i]) ** 2;
      const bound = (step.bits ?? 0) <= 4 ? 128 * scale * scale * 2 ** -13 : exact * 34 * 2 ** -24;
      expect(Math.abs(error - exact)).toBeLessThanOrEqual(bound);
      expect(Math.abs(error / exact - 1)).toBeLessThan(1e-3);
    });
  }
});

test("weights and codes in the kernels' own memory", () => {
  const next = random(12);
  const weights = Float32Array.from({ length: 70 * 515 }, () => next() - 0.4);
  reserve(5 * weights.length + 128);
  const [inside, room] = [arenaFloats(weights.length), arenaBytes(weights.length)];
  inside.set(weights);
  expect(inside.buffer).toBe(room.buffer);
  for (const group of [5, 100, 128, 36_050]) {
    const shape = { rows: 70, columns: 515, group };
    const outside = quantizeGroups({ weights, ...shape }, asymmetric(4));
    const result = quantizeGroups({ weights: inside, ...shape }, asymmetric(4), { room });
    expect(result?.codes.buffer).toBe(room.buffer);
    expect(Buffer.compare(Buffer.from(result?.codes ?? []), Buffer.from(outside?.codes ?? []))).toBe(0);
    expect(result?.scales).toEqual(outside?.scales);
  }
});

test("input is left as it was", () => {
  const next = random(3);
  const weights = Float32Array.from({ length: 40 * 130 }, () => next() - 0.4);
  const before = weights.slice();
  quantizeGroups({ weights, rows: 40, columns: 130, group: 64 }, asymmetric(4));
  expect(weights).toEqual(before);
});
