import { decodeValues } from "../../../kernel/formats/values";
import { archivedFloats, bytesOfFloat, narrowFloats } from "../../../kernel/stored/archived/float-type";

const bits = (values: Float32Array): number[] => [...new Uint32Array(values.buffer, values.byteOffset, values.length)];
const fromBits = (...words: number[]): Float32Array => new Float32Array(Uint32Array.from(words).buffer);

test.each([
  ["powers of two", Float32Array.of(0.5, 2, 2 ** -20), "F8_E8M0"],
  ["eighths", Float32Array.of(0, -1.125, 448), "F8_E4M3"],
  ["wide and short", Float32Array.of(-57344, 0.25, 0), "F8_E5M2"],
  ["float16", Float32Array.of(0, 1.0009765625, -65504), "F16"],
  ["bfloat16", Float32Array.of(2 ** 100 * 1.5, -0, 1e-40 * 0), "BF16"],
  ["float32", Float32Array.of(0.1), "F32"],
  ["an infinity and −0", Float32Array.of(Infinity, -0), "F8_E5M2"],
  ["a NaN with a payload", fromBits(0x7f801234), "F32"],
  ["nothing", new Float32Array(0), "F8_E8M0"],
])("%s", (_, values, type) => {
  const narrow = narrowFloats(values);
  expect(narrow.type).toBe(type);
  expect(narrow.bytes.length).toBe(values.length * bytesOfFloat(narrow.type));
  const back = new Float32Array(values.length);
  decodeValues(new Uint8Array(narrow.bytes), narrow.type, back);
  expect(bits(back)).toEqual(bits(values));
});

test("the types stand from the narrowest to the widest", () => {
  expect(archivedFloats.map(bytesOfFloat)).toEqual([1, 1, 1, 2, 2, 4]);
});
