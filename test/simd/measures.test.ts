import { measureChange } from "../../kernel/measure/change";
import { packCodes, unpackCodes } from "../../kernel/stored/packed-codes";
import { packBits, unpackBits } from "../../kernel/simd/measures";
import { randomBytes } from "../blocks/weights";

test("sums by hand", () => {
  const { sums, zeros } = measureChange(Float32Array.of(1, -2, 3), Float32Array.of(0, -2, 5));
  expect(sums).toEqual({
    count: 3,
    squaredError: 5,
    squaredBefore: 14,
    squaredAfter: 29,
    product: 19,
    maxAbsError: 2,
  });
  expect(zeros).toBe(1);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])("%d-bit codes pack to their places and come back", (bits) => {
  for (const count of [0, 1, 7, 8, 15, 16, 17, 16_384, 16_391, 50_003])
    for (const first of [0, -(2 ** (bits - 1))]) {
      const numbers = randomBytes(count, bits).map((byte) => byte % 2 ** bits);
      const codes = first < 0 ? Int8Array.from(numbers, (n) => n + first) : numbers;
      const expected = new Uint8Array(Math.ceil((count * bits) / 8));
      numbers.forEach((number, i) => {
        for (let b = 0; b < bits; b++) expected[(i * bits + b) >> 3] |= ((number >> b) & 1) << ((i * bits + b) & 7);
      });
      const packed = new Uint8Array(expected.length);
      packBits(codes, bits, first, packed);
      expect([count, first, Buffer.compare(packed, expected)]).toEqual([count, first, 0]);
      const back = first < 0 ? new Int8Array(count) : new Uint8Array(count);
      unpackBits(packed, bits, first, back);
      expect([count, first, Buffer.compare(Buffer.from(back.buffer), Buffer.from(codes.buffer))]).toEqual([
        count,
        first,
        0,
      ]);
      const stored = packCodes(codes, bits);
      expect(unpackCodes(stored)).toEqual(codes);
    }
});
