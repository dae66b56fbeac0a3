import { type Grid, quantizeGroups, quantizeGroupsPlainly } from "../../kernel/simd/linear";

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

const roundHalfEven = (x: number): number => {
  const r = Math.round(x);
  return r - x === 0.5 && r % 2 !== 0 ? r - 1 : r;
};

function asymmetric(bits: number): Grid {
  const maximum = 2 ** bits - 1;
  return {
    minimum: 0,
    maximum,
    setScale(min, max, scales, zeros, index) {
      const low = Math.min(0, min);
      const scale = fround(fround(Math.max(0, max) - low) / maximum);
      scales[index] = scale;
      zeros[index] = scale === 0 ? 0 : Math.min(maximum, Math.max(0, roundHalfEven(fround(-low / scale))));
    },
  };
}

function symmetric(bits: number): Grid {
  const maximum = 2 ** (bits - 1) - 1;
  return {
    minimum: -maximum,
    maximum,
    setScale(min, max, scales, zeros, index) {
      scales[index] = fround(Math.max(-min, max) / maximum);
      zeros[index] = 0;
    },
  };
}

const grids: [string, Grid][] = [2, 3, 4, 5, 8].flatMap((bits): [string, Grid][] => [
  [`asymmetric ${bits}-bit`, asymmetric(bits)],
  [`symmetric ${bits}-bit`, symmetric(bits)],
]);

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

const bitsOf = (values: ArrayBufferView): Uint8Array => new Uint8Array(values.buffer.slice(0));

describe.each(grids)("%s", (_name, grid) => {
  test.each(shapes)("SIMD and plain give equal bits: (%d, %d) in groups of %d", (rows, columns, group) => {
    for (const [kind, draw] of Object.entries(kinds)) {
      const seed = 7 + rows + columns;
      const next = random(seed);
      const weights = Float32Array.from({ length: rows * columns }, (_, i) => draw(next, i));
      const matrix = { weights, rows, columns, group };
      const simd = quantizeGroups(matrix, grid);
      const plain = quantizeGroupsPlainly(matrix, grid);
      const where = `${kind}, seed ${seed}`;
      expect([where, Buffer.compare(bitsOf(simd.codes), bitsOf(plain.codes))]).toEqual([where, 0]);
      expect(simd.codes.constructor).toBe(plain.codes.constructor);
      expect([where, Buffer.compare(bitsOf(simd.scales), bitsOf(plain.scales))]).toEqual([where, 0]);
      expect([where, Buffer.compare(bitsOf(simd.zeros), bitsOf(plain.zeros))]).toEqual([where, 0]);
      expect([where, Buffer.compare(bitsOf(simd.squaredErrors), bitsOf(plain.squaredErrors))]).toEqual([where, 0]);
    }
  });
});

test("by hand: two groups and a short one, asymmetric 2-bit", () => {
  // Group 1: range −1…2, s = 1, z = 1: −1 0 0.5 2 → codes 0 1 1 3 (0.5 rounds to even 0), error 0.25.
  // Group 2: range 0…6 (widened to 0), s = 2, z = 0: 1 3 5 6 → 0.5 1.5 2.5 3 → 0 2 2 3, w′ 0 4 4 6, error 1 + 1 + 1 = 3.
  // Rest: range −3…0, s = 1, z = 3: −3 −1.5 → codes 0 1 (−1.5 rounds to −2), error 0.25.
  const weights = Float32Array.of(-1, 0, 0.5, 2, 1, 3, 5, 6, -3, -1.5);
  for (const run of [quantizeGroups, quantizeGroupsPlainly]) {
    const result = run({ weights, rows: 1, columns: 10, group: 4 }, asymmetric(2));
    expect([...result.codes]).toEqual([0, 1, 1, 3, 0, 2, 2, 3, 0, 1]);
    expect([...result.scales]).toEqual([1, 2, 1]);
    expect([...result.zeros]).toEqual([1, 0, 3]);
    expect([...result.squaredErrors]).toEqual([0.25, 3, 0.25]);
  }
});

test("input is left as it was, and the squared error is that of the codes", () => {
  const next = random(3);
  const weights = Float32Array.from({ length: 40 * 130 }, () => next() - 0.4);
  const before = weights.slice();
  const { codes, scales, zeros, squaredErrors } = quantizeGroups(
    { weights, rows: 40, columns: 130, group: 64 },
    asymmetric(4),
  );
  expect(weights).toEqual(before);
  const errors = new Float64Array(40 * 3);
  weights.forEach((w, i) => {
    const g = Math.floor(i / 130) * 3 + Math.floor((i % 130) / 64);
    errors[g] += fround(fround(scales[g] * (codes[i] - zeros[g])) - w) ** 2;
  });
  const worst = Math.max(...errors.map((error, g) => Math.abs(squaredErrors[g] / error - 1)));
  expect(worst).toBeLessThanOrEqual(34 * 2 ** -24);
});
