import { bitsFor, bitsPerWeight, bytesOfBits } from "../../kernel/measure/bit-arithmetic";

test("sizes", () => {
  expect([1, 2, 3, 4, 5, 256, 257].map(bitsFor)).toEqual([0, 1, 2, 2, 3, 8, 9]);
  expect([0, 1, 8, 9].map(bytesOfBits)).toEqual([0, 1, 1, 2]);
});

test("bits for a count past 32 bits are exact", () => {
  expect(bitsFor(2 ** 40)).toBe(40);
  expect(bitsFor(2 ** 40 + 1)).toBe(41);
});

test("bits per weight of no weights are none", () => {
  expect(bitsPerWeight(10, 4)).toBe(2.5);
  expect(bitsPerWeight(10, 0)).toBe(0);
});
