import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  bfloat16FromBits,
  decodeBfloat16,
  decodeFloat16,
  encodeBfloat16,
  encodeFloat16,
  float16FromBits,
  float16ToFloat32Bits,
  float32Bits,
  float32FromBits,
} from "../../kernel/bytes/half-float";

interface Floats {
  sixteen: { float32: number[]; float16: number[]; bfloat16: number[] };
}
const floats: Floats = JSON.parse(readFileSync(resolve(__dirname, "../../../test/fixtures/bytes/floats.json"), "utf8"));

describe("sixteen-bit floats", () => {
  it("narrow as numpy and gguf do", () => {
    const { float32, float16, bfloat16 } = floats.sixteen;
    expect(float32.length).toBeGreaterThan(4500);
    expect(float32.map(float16FromBits)).toEqual(float16);
    expect(float32.map(bfloat16FromBits)).toEqual(bfloat16);
  });

  it("widen and narrow back to the same pattern, all 65,536", () => {
    const wrong: number[] = [];
    for (let half = 0; half < 0x10000; half++) {
      const isNaN16 = (half & 0x7fff) > 0x7c00;
      const isNaNBrain = (half & 0x7fff) > 0x7f80;
      const narrowed = float16FromBits(float16ToFloat32Bits[half]) === (isNaN16 ? half | 0x200 : half);
      const cut = bfloat16FromBits((half << 16) >>> 0) === (isNaNBrain ? half | 0x40 : half);
      if (!narrowed || !cut) wrong.push(half);
    }
    expect(wrong).toEqual([]);
  });

  it("know the numbers of the standard", () => {
    expect(decodeFloat16(0x3c00)).toBe(1);
    expect(decodeFloat16(0x7bff)).toBe(65504);
    expect(decodeFloat16(0x0001)).toBe(2 ** -24);
    expect(decodeFloat16(0x8000)).toBe(-0);
    expect(decodeFloat16(0xfc00)).toBe(-Infinity);
    expect(encodeFloat16(65519.99)).toBe(0x7bff);
    expect(encodeFloat16(65520)).toBe(0x7c00);
    expect(encodeFloat16(-0)).toBe(0x8000);
    expect(decodeBfloat16(0x3f80)).toBe(1);
    expect(encodeBfloat16(1 + 2 ** -8)).toBe(0x3f80);
    expect(encodeBfloat16(1 + 3 * 2 ** -8)).toBe(0x3f82);
    expect(float32FromBits(float32Bits(0.1))).toBe(Math.fround(0.1));
  });

  it("keep a NaN a NaN when its payload lies in the bits that are dropped", () => {
    expect(float16FromBits(0x7f800001)).toBe(0x7e00);
    expect(bfloat16FromBits(0xff800001)).toBe(0xffc0);
    expect(bfloat16FromBits(0x7fffffff)).toBe(0x7fff);
  });
});
