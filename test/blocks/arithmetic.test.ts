import {
  clamp,
  importanceWeights,
  nearestInteger,
  peakOf,
  readHalf,
  roundHalfAway,
  sumOfSquares,
  truncateToByte,
  writeHalf,
} from "../../kernel/blocks/arithmetic";

const { fround } = Math;

test("nearestInteger rounds halves to even", () => {
  expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999997, 7].map(nearestInteger).map((x) => x + 0)).toEqual([
    0, 2, 2, 0, -2, -2, 0, 7,
  ]);
});

test("nearestInteger gives of what is too large what the lower bits of a float32 say", () => {
  expect([Infinity, -Infinity, NaN].map(nearestInteger)).toEqual([-4194304, -4194304, 0]);
  expect(nearestInteger(4194303)).toBe(4194303);
  expect(nearestInteger(4194304)).toBe(-4194304);
});

test("roundHalfAway rounds halves away from zero", () => {
  expect([0.5, 1.5, -0.5, -1.5, 0.4, -0.4].map(roundHalfAway).map((x) => x + 0)).toEqual([1, 2, -1, -2, 0, 0]);
  expect([NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31)].map(roundHalfAway)).toEqual([0, 0, 0, 0, 0]);
  expect(roundHalfAway(-(2 ** 31) + 1)).toBe(-(2 ** 31) + 1);
});

test("truncateToByte keeps the low byte of what fits 32 bits", () => {
  expect([0.9, 255.9, 256, -1, -0.9, 2 ** 31, NaN, -(2 ** 31)].map(truncateToByte)).toEqual([
    0, 255, 0, 255, 0, 0, 0, 0,
  ]);
});

test("clamp cuts at both ends, and keeps NaN", () => {
  expect([clamp(5, 0, 3), clamp(-5, 0, 3), clamp(2, 0, 3), clamp(NaN, 0, 3)]).toEqual([3, 0, 2, NaN]);
});

test("writeHalf writes the nearest float16, low byte first, and tells what it is", () => {
  const bytes = new Uint8Array(4);
  expect(writeHalf(bytes, 1, 1 + 2 ** -11 + 2 ** -20)).toBe(1 + 2 ** -10);
  expect(Array.from(bytes)).toEqual([0, 0x01, 0x3c, 0]);
  expect(readHalf(bytes, 1)).toBe(1 + 2 ** -10);
  expect(writeHalf(bytes, 0, 1e6)).toBe(Infinity);
});

test("sumOfSquares adds in float32, in order, of its part", () => {
  const x = Float32Array.of(9, 4096, 1, 1, 9);
  // 4096² + 1 is 2²⁴ + 1, which float32 has not.
  expect(sumOfSquares(x, 1, 3)).toBe(2 ** 24);
  expect(sumOfSquares(Float32Array.of(1, 1, 4096), 0, 3)).toBe(2 ** 24 + 2);
  expect(sumOfSquares(x, 1, 0)).toBe(0);
});

test("peakOf keeps the sign of the first of the greatest magnitude", () => {
  expect(peakOf(Float32Array.of(9, 1, -3, 3), 1, 3)).toBe(-3);
  expect(peakOf(Float32Array.of(0, -0), 0, 2)).toBe(0);
  expect(peakOf(Float32Array.of(NaN, 2), 0, 2)).toBe(2);
});

test("weights of errors are the importance of the column times √(spread + x²)", () => {
  const weights = new Float32Array(2);
  importanceWeights({ values: Float32Array.of(0, 0, 0, 2, 3), column: 1 }, 2, 16, Float32Array.of(3, 0), weights);
  expect(Array.from(weights)).toEqual([10, 12]);
  importanceWeights({ values: Float32Array.of(1), column: 0 }, 0, 0, Float32Array.of(0.1), weights);
  expect(weights[0]).toBe(fround(Math.sqrt(fround(fround(0.1) * fround(0.1)))));
});
