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
import {
  e2m1Values,
  e4m3Values,
  e5m2Values,
  e8m0Values,
  encodeE2m1,
  encodeE4m3,
  encodeE5m2,
  encodeE8m0,
} from "../../kernel/bytes/small-float";

interface Floats {
  small: Record<string, { values: (number | string)[]; encode: [number, number][] }>;
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

describe("small floats", () => {
  const formats = {
    E4M3: { table: e4m3Values, encode: encodeE4m3 },
    E5M2: { table: e5m2Values, encode: encodeE5m2 },
    E2M1: { table: e2m1Values, encode: encodeE2m1 },
  };

  it.each(Object.entries(formats))("%s: every pattern has the value of its definition", (name, { table }) => {
    const { values } = floats.small[name];
    expect(table.length).toBe(2 * values.length);
    values.forEach((value, code) => {
      const expected = value === "nan" ? NaN : value === "inf" ? Infinity : Number(value);
      expect(table[code]).toBe(expected);
      expect(table[code + values.length]).toBe(-expected);
    });
  });

  it.each(Object.entries(formats))(
    "%s: encoding finds the nearest pattern, ties to the even one",
    (name, { encode }) => {
      const cases = floats.small[name].encode;
      expect(cases.length).toBeGreaterThan(80);
      for (const [value, code] of cases) expect([value, encode(value)]).toEqual([value, code]);
    },
  );

  it("saturate, or overflow as torch does", () => {
    expect(encodeE4m3(1e9)).toBe(0x7e);
    expect(encodeE4m3(-Infinity)).toBe(0xfe);
    expect(encodeE4m3(464, "overflow")).toBe(0x7e); // a tie between 448 and 480 that goes to 448
    expect(encodeE4m3(465, "overflow")).toBe(0x7f);
    expect(encodeE5m2(61440)).toBe(0x7b);
    expect(encodeE5m2(61439, "overflow")).toBe(0x7b);
    expect(encodeE5m2(61440, "overflow")).toBe(0x7c);
    expect(encodeE2m1(1e9)).toBe(7);
    expect(encodeE2m1(-1e9)).toBe(15);
    expect(e4m3Values[encodeE4m3(NaN)]).toBeNaN();
    expect(e5m2Values[encodeE5m2(NaN)]).toBeNaN();
    expect(() => encodeE2m1(NaN)).toThrow("NaN has no E2M1 pattern");
  });

  it("E8M0 holds powers of two", () => {
    for (let code = 0; code < 255; code++) {
      expect(e8m0Values[code]).toBe(2 ** (code - 127));
      expect(encodeE8m0(2 ** (code - 127))).toBe(code);
    }
    expect(e8m0Values[255]).toBeNaN();
    expect(encodeE8m0(NaN)).toBe(255);
    expect(encodeE8m0(0)).toBe(0);
    expect(encodeE8m0(Infinity)).toBe(254);
    expect(encodeE8m0(1.5)).toBe(128); // 127 is odd, 128 even
    expect(encodeE8m0(3)).toBe(128);
    expect(encodeE8m0(1.4999999)).toBe(127);
    expect(encodeE8m0(1.5 * 2 ** -127)).toBe(0);
    expect(encodeE8m0(1.51 * 2 ** -127)).toBe(1);
    expect(() => encodeE8m0(-1)).toThrow("has no sign");
  });
});
