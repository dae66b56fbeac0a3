import { memorySource } from "../../kernel/bytes/source";
import { decodeValues, isReadable, readValues } from "../../kernel/formats/values";
import type { DType } from "../../kernel/tensor/dtype";

const decoded = (dtype: DType, count: number, view: ArrayBufferView) => {
  const values = new Float32Array(count);
  decodeValues(new Uint8Array(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)), dtype, values);
  return Array.from(values);
};

test("numbers of every plain type are read by value", () => {
  expect(decoded("F64", 2, Float64Array.of(1.5, 0.1))).toEqual([1.5, Math.fround(0.1)]);
  expect(decoded("F16", 2, Uint16Array.of(0x3c00, 0x8001))).toEqual([1, -(2 ** -24)]);
  expect(decoded("BF16", 2, Uint16Array.of(0x3f80, 0xc000))).toEqual([1, -2]);
  expect(decoded("F8_E4M3", 2, Uint8Array.of(0x38, 0xfe))).toEqual([1, -448]);
  expect(decoded("F8_E5M2", 1, Uint8Array.of(0x3c))).toEqual([1]);
  expect(decoded("F8_E8M0", 1, Uint8Array.of(128))).toEqual([2]);
  expect(decoded("F4", 4, Uint8Array.of(0x21, 0xf7))).toEqual([0.5, 1, 6, -6]);
  expect(decoded("I8", 2, Int8Array.of(-128, 127))).toEqual([-128, 127]);
  expect(decoded("U32", 1, Uint32Array.of(2 ** 32 - 1))).toEqual([2 ** 32]);
  expect(decoded("BOOL", 3, Uint8Array.of(0, 1, 7))).toEqual([0, 1, 1]);
});

test("integers of 64 bits are rounded once, not first to double", () => {
  // 2⁵³ + 2²⁹ lies between two float32; one more must round up, and a double would lose it.
  const tie = 2n ** 53n + 2n ** 29n;
  expect(decoded("I64", 3, BigInt64Array.of(tie, tie + 1n, -tie - 1n))).toEqual([
    2 ** 53,
    2 ** 53 + 2 ** 30,
    -(2 ** 53) - 2 ** 30,
  ]);
  expect(decoded("U64", 1, BigUint64Array.of(2n ** 64n - 1n))).toEqual([2 ** 64]);
});

test("values are read from their place, over the ends of slices", async () => {
  const count = (1 << 18) + 7;
  const halves = Uint16Array.from({ length: count }, (_, i) => 0x3c00 + (i & 255));
  const file = Buffer.concat([Buffer.from("head"), Buffer.from(halves.buffer)]);
  const values = await readValues(memorySource(new Uint8Array(file)), 4, "F16", count, undefined);
  expect(values.every((value, i) => value === 1 + (i & 255) / 1024)).toBe(true);
  await expect(
    readValues(memorySource(new Uint8Array(file)), 4, "F16", count, AbortSignal.abort()),
  ).rejects.toMatchObject({ code: "CANCELLED" });
});

test("a type is readable by its own name, not by a property of every object", () => {
  expect([isReadable("F16"), isReadable("Q4_K"), isReadable("C64"), isReadable("toString")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
