/** Signs, exponents and mantissas of floats whose bits are written down. */
import type { BytesPart } from "../../../kernel/encode/byte-planes/block-layout";
import { countFields, splitOf, type Counts } from "../../../kernel/encode/byte-planes/field-counts";

/** The floats as words of 8·width bits, and how often each byte occurs in the words rotated left by one bit. */
function counted(words: readonly number[], width: 1 | 2 | 4, dtype: string, before = 0) {
  const bits = 8 * width;
  const bytes = new Uint8Array(words.length * (before + width));
  const planes: Counts[] = Array.from({ length: width }, () => ({ bits: 8, counts: new Float64Array(256) }));
  words.forEach((word, i) => {
    const rotated = width === 1 ? word : ((word << 1) | (word >>> (bits - 1))) >>> 0;
    for (let b = 0; b < width; b++) {
      bytes[i * (before + width) + before + b] = word >>> (8 * b);
      planes[b].counts[(rotated >>> (8 * b)) & 255]++;
    }
  });
  const part: BytesPart = { offset: before, bytes: width, width, isFloat: true };
  const split = splitOf(dtype);
  if (!split) throw new Error(`${dtype} is no float`);
  return countFields(bytes, part, before + width, split, planes).map(({ name, pieces }) => [
    name,
    pieces.map(({ bits: own, counts }) => [own, Object.fromEntries([...counts.entries()].filter(([, n]) => n > 0))]),
  ]);
}

test("float16: 1, −1.5 and 2", () => {
  expect(counted([0x3c00, 0xbe00, 0x4000], 2, "F16")).toEqual([
    ["sign", [[1, { 0: 2, 1: 1 }]]],
    ["exponent", [[5, { 15: 2, 16: 1 }]]],
    ["mantissa", [[10, { 0: 2, 512: 1 }]]],
  ]);
});

test("bfloat16 that lies behind three other bytes of its record", () => {
  expect(counted([0x3f80, 0xbfc1], 2, "BF16", 3)).toEqual([
    ["sign", [[1, { 0: 1, 1: 1 }]]],
    ["exponent", [[8, { 127: 2 }]]],
    ["mantissa", [[7, { 0: 1, 65: 1 }]]],
  ]);
});

test("float32: its long mantissa in pieces of 8, 8 and 7 bits from the top", () => {
  // 0x123456 is 0010 0100 | 0110 1000 | 101 0110.
  expect(counted([((127 << 23) | 0x123456) >>> 0, ((255 << 23) | 0x80000000) >>> 0], 4, "F32")).toEqual([
    ["sign", [[1, { 0: 1, 1: 1 }]]],
    ["exponent", [[8, { 127: 1, 255: 1 }]]],
    [
      "mantissa",
      [
        [8, { 0: 1, 0x24: 1 }],
        [8, { 0: 1, 0x68: 1 }],
        [7, { 0: 1, 0x56: 1 }],
      ],
    ],
  ]);
});

test("floats of a byte are not rotated", () => {
  expect(counted([0b1_0111_101, 0b0_0001_010], 1, "F8_E4M3")).toEqual([
    ["sign", [[1, { 0: 1, 1: 1 }]]],
    ["exponent", [[4, { 1: 1, 7: 1 }]]],
    ["mantissa", [[3, { 2: 1, 5: 1 }]]],
  ]);
});

test("every float's bits are a sign, its exponent and its mantissa; other types have no such parts", () => {
  const widths = { F64: 8, F32: 4, C64: 4, F16: 2, BF16: 2, F8_E4M3: 1, F8_E4M3FNUZ: 1, F8_E5M2: 1, F8_E5M2FNUZ: 1 };
  for (const [dtype, width] of Object.entries(widths)) {
    const [exponent, mantissa] = splitOf(dtype) ?? [0, 0];
    expect([dtype, 1 + exponent + mantissa]).toEqual([dtype, 8 * width]);
  }
  expect([splitOf("F64"), splitOf("F8_E5M2"), splitOf("F16")]).toEqual([
    [11, 52],
    [5, 2],
    [5, 10],
  ]);
  expect([splitOf("I32"), splitOf("toString")]).toEqual([undefined, undefined]);
});
