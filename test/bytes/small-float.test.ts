import { readFileSync } from "node:fs";
import { resolve } from "node:path";
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
}
const floats: Floats = JSON.parse(readFileSync(resolve(__dirname, "../../../test/fixtures/bytes/floats.json"), "utf8"));

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
