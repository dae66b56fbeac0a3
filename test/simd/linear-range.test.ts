import { groupsOf } from "../../kernel/grid/groups";
import { linear, type LinearStep } from "../../kernel/quantize/linear";
import { rankOfPercentile, shrinkFactors } from "../../kernel/grid/range";
import { tilingOfGroups } from "../../kernel/grid/tiles";
import { plainUniform } from "../../kernel/loops/uniform";
import { quantizeGroups, type GridRange } from "../../kernel/simd/linear";
import { adversarialWeights, gaussianWeights } from "../blocks/weights";

/** The same range in the words of both. Ranks as numpy's "inverted_cdf" has them. */
const ranges: Record<string, (symmetric: boolean) => { options: object; range: GridRange }> = {
  mse: () => ({ options: { range: "mse" }, range: shrinkFactors }),
  ...Object.fromEntries(
    [50, 90, 99.9, 100].map((percentile) => [
      `percentile ${percentile}`,
      (symmetric: boolean) => {
        const [low, high] = symmetric ? [0, percentile] : [(100 - percentile) / 2, (100 + percentile) / 2];
        const ranksOf = (length: number) => ({
          low: rankOfPercentile(low, length),
          high: rankOfPercentile(high, length),
        });
        return { options: { range: "percentile", percentile }, range: { ranksOf } };
      },
    ]),
  ),
};

/** Rows of whole groups, with a short last group, longer than a piece, of one weight; groups beyond the 64 that are kept in order. */
const shapes: readonly [number, number, number][] = [
  [0, 0, 128],
  [1, 1, 128],
  [3, 7, 4],
  [5, 129, 32],
  [7, 300, 300],
  [3, 256, 128],
  [9, 16, 1],
  [2, 1000, 333],
  [1, 16_450, 100],
];

/** Data on which a difference in rounding, in the sign of zero or in the order of a sum would show. */
const kinds: Record<string, (count: number) => Float32Array> = {
  gaussian: (count) => gaussianWeights(count, 21),
  adversarial: (count) => adversarialWeights(count, 22),
  zeros: (count) => new Float32Array(count),
  negativeZeros: (count) => new Float32Array(count).map((_, i) => (i % 3 === 0 ? 0 : -0)),
  mostlyZero: (count) => gaussianWeights(count, 23).map((w, i) => (i % 11 === 0 ? w : 0)),
  constant: (count) => new Float32Array(count).fill(0.3),
  ties: (count) => gaussianWeights(count, 24).map((w) => Math.round(w * 100) / 8),
  positive: (count) => gaussianWeights(count, 25).map(Math.abs),
  outliers: (count) => gaussianWeights(count, 26).map((w, i) => (i % 97 === 3 ? 50 : w)),
  tiny: (count) => gaussianWeights(count, 27).map((w) => w * 1e-40),
};

const grids = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((bits) =>
  [true, false].filter((symmetric) => bits > 1 || !symmetric).map((symmetric) => ({ bits, symmetric })),
);

describe.each(Object.entries(ranges))("%s", (_name, rangeFor) => {
  test.each(grids)("SIMD and plain give equal bits: %o", ({ bits, symmetric }) => {
    const { options, range } = rangeFor(symmetric);
    let compared = 0;
    for (const [rows, columns, group] of shapes)
      for (const [kind, draw] of Object.entries(kinds)) {
        const weights = draw(rows * columns);
        for (const scaleDtype of ["F16", "F32"] as const) {
          const step: LinearStep = linear({ bits, symmetric, group, scaleDtype, ...options });
          const simd = quantizeGroups(
            { weights, rows, columns, group },
            { bits, symmetric, halfScales: scaleDtype === "F16", range },
          );
          const where = { kind, rows, columns, group, scaleDtype };
          if (!simd) {
            // The range of all weights is beyond float16, and the plain method does it.
            expect({ ...where, bits }).toMatchObject({ kind: "adversarial", scaleDtype: "F16", bits: 1 });
            continue;
          }
          // The loop itself: the method takes wider scales where float16 has few digits for them.
          const tiling = tilingOfGroups(groupsOf("linear", [rows, columns], weights.length, step));
          const plain = plainUniform.encode(weights, tiling, { ...step, bits }, "linear");
          const zeroPoints = symmetric ? new Uint8Array(plain.scales.length) : plain.zeroPoints;
          expect({
            ...where,
            codes: difference(simd.codes, plain.codes),
            scales: difference(simd.scales, plain.scales),
            zeroPoints: difference(simd.zeroPoints, zeroPoints),
          }).toEqual({ ...where, codes: 0, scales: 0, zeroPoints: 0 });
          compared += weights.length;
        }
      }
    expect(compared).toBeGreaterThan(250_000);
  });
});

function difference(one: ArrayBufferView, other: ArrayBufferView): number {
  return Buffer.compare(bytesOf(one), bytesOf(other));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

test("by hand: the median magnitude as the end of a symmetric 2-bit grid", () => {
  // |w| sorted: 0.5 1 2 8; the 50th percentile by nearest rank is 1, so s = 1 and all is held within ±1.
  const weights = Float32Array.of(-2, 1, 0.5, 8);
  const ranksOf = (length: number) => ({ low: 0, high: rankOfPercentile(50, length) });
  const grid = { bits: 2, symmetric: true, halfScales: false, range: { ranksOf } };
  const result = quantizeGroups({ weights, rows: 1, columns: 4, group: 4 }, grid);
  expect([...(result?.codes ?? [])]).toEqual([-1, 1, 0, 1]);
  expect([...(result?.scales ?? [])]).toEqual([1]);
});

test("what the kernels do not take is left to the plain method: long groups, scales beyond float16", () => {
  const ranksOf = (length: number) => ({ low: 0, high: rankOfPercentile(99, length) });
  for (const range of [{ ranksOf }, shrinkFactors]) {
    const long = { weights: gaussianWeights(16_385, 3), rows: 1, columns: 16_385, group: 16_385 };
    expect(quantizeGroups(long, { bits: 4, symmetric: true, halfScales: false, range })).toBeUndefined();
    const large = { weights: new Float32Array(64).fill(1e37), rows: 1, columns: 64, group: 32 };
    expect(quantizeGroups(large, { bits: 4, symmetric: true, halfScales: true, range })).toBeUndefined();
  }
});
