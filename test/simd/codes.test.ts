import {
  decodeIntegers,
  decodeTable,
  decodeUniform,
  encodeFloats,
  encodeIntegers,
  encodeSixteen,
  encodeSteps,
  hqqRound,
  largestMagnitudes,
} from "../../kernel/simd/codes";
import type { TileShape } from "../../kernel/simd/runs";

/** Two rows of three weights in tiles of two and one. */
const shape: TileShape = { rows: 2, columns: 3, width: 2, height: 1 };
const weights = Float32Array.of(1, -4, 0.5, 3, 0, -0.25);
const scales = Float32Array.of(1, 0.5, 2, 0.25);

test("the largest magnitude of each tile", () => {
  expect([...largestMagnitudes(weights, shape, 4)]).toEqual([4, 0.5, 3, 0.25]);
});

test("integers: rint(w/scale + zero point), kept on the grid", () => {
  const zeros = Int8Array.of(0, 1, 1, -2);
  // 1, −4 → −3; 1 + 1; 1.5 + 1 = 2.5 → 2, 1; −1 − 2.
  expect([...encodeIntegers(weights, shape, scales, zeros, -3, 7)]).toEqual([1, -3, 2, 2, 1, -3]);
});

test("small floats: patterns of w/scale, past the largest the largest", () => {
  // E2M1 has 0, 0.5, 1, 1.5, 2, 3, 4, 6 and the sign in bit 3.
  expect([...encodeFloats(weights, shape, scales, "E2M1")]).toEqual([2, 14, 2, 3, 0, 10]);
  expect([...encodeFloats(Float32Array.of(100), { ...shape, rows: 1, columns: 1 }, scales, "E2M1")]).toEqual([7]);
});

test("steps: rint(w/step); one beyond 2^22 steps is not taken", () => {
  expect(encodeSteps(weights, 0.5)).toEqual(Int32Array.of(2, -8, 1, 6, 0, 0));
  expect(encodeSteps(Float32Array.of(1, 1 - 2 ** 22), 1)).toEqual(Int32Array.of(1, 1 - 2 ** 22));
  expect(encodeSteps(Float32Array.of(1, 2 ** 22), 1)).toBeUndefined();
});

test("sixteen values: how many midpoints lie below w over the block's largest", () => {
  const midpoints = Float32Array.from({ length: 15 }, (_, i) => (i - 7) / 8);
  const codes = new Uint8Array(16);
  const block = Float32Array.from({ length: 16 }, (_, i) => i - 7.5);
  // Values from −15/16 to 15/16 of 8, one between any two midpoints: ranks 0 to 15, which the list turns round.
  const turned = Array.from({ length: 16 }, (_, i) => 15 - i);
  encodeSixteen(block, 16, midpoints, turned, Float32Array.of(8), codes);
  expect([...codes]).toEqual(turned);
});

test("values: scale·(code − zero point), signed codes and unsigned ones", () => {
  const values = new Float32Array(6);
  decodeUniform(Int8Array.of(1, -4, 1, 2, 0, -1), shape, scales, undefined, values);
  expect([...values]).toEqual([1, -4, 0.5, 4, 0, -0.25]);
  const zeros = Uint8Array.of(1, 0, 2, 4);
  decodeUniform(Uint8Array.of(1, 0, 200, 2, 3, 255), shape, scales, zeros, values);
  expect([...values]).toEqual([0, -1, 100, 0, 2, 62.75]);
});

test("values from a table of 16, and of 256", () => {
  for (const length of [16, 256]) {
    const table = Float32Array.from({ length }, (_, i) => i * i);
    const codes = Uint8Array.of(3, 0, length - 1, 1, 2, 4);
    const values = decodeTable(codes, shape, table, scales, new Float32Array(6));
    expect([...values]).toEqual([9, 0, (length - 1) ** 2 / 2, 2, 8, 4]);
  }
});

test("values of 32-bit codes by one scale", () => {
  expect([...decodeIntegers(Int32Array.of(-70_000, 3), 0.5, new Float32Array(2))]).toEqual([-35_000, 1.5]);
});

test("a round of hqq: the mean of q − w·t, the sum of errors; none where an error reaches the limit", () => {
  const grid = () => ({ inverse: Float32Array.of(4, 1), zero: Float32Array.of(1, 1), next: new Float32Array(2) });
  const groups: TileShape = { rows: 1, columns: 4, width: 2, height: 1 };
  const row = Float32Array.of(0.125, 0.5, -1, 2);
  const found = grid();
  expect(hqqRound(row, groups, found, { highest: 3, limit: 0.2, total: 0 })).toBe(0.125);
  expect([...found.next]).toEqual([1.25, 1]);
  expect(hqqRound(row, groups, grid(), { highest: 3, limit: 0.1, total: 0 })).toBeUndefined();
});
