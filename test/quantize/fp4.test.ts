import { OptionError } from "../../kernel/errors";
import { fp4, fp4Codes, fp4Values } from "../../kernel/quantize/fp4";
import { quantized } from "./float-helpers";

test("the values of FP4 come back exactly, by bitsandbytes' codes", () => {
  const { values, codes } = quantized(fp4(), Array.from(fp4Values));
  expect(values).toEqual(Array.from(fp4Values, (value) => value + 0));
  expect(codes.filter((_, i) => fp4Values[i] !== 0)).toEqual(fp4Codes.filter((_, i) => fp4Values[i] !== 0));
});

test("the table ascends, and every code occurs once", () => {
  for (let i = 1; i < 16; i++) expect(fp4Values[i]).toBeGreaterThanOrEqual(fp4Values[i - 1]);
  expect([...fp4Codes].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i));
  expect([fp4Values[0], fp4Values[9], fp4Values[15]]).toEqual([-1, Math.fround(1 / 192), 1]);
});

test("what rounds to zero from above has code 8, from below code 0", () => {
  const { codes, values } = quantized(fp4(), [1, 1e-4, -1e-4, 0]);
  expect(codes.slice(1)).toEqual([8, 0, 0]);
  expect(values.slice(1)).toEqual([0, 0, 0]);
});

test("each block of 64 has its own largest magnitude", () => {
  const weights = Array.from({ length: 128 }, (_, i) => (i === 0 ? 12 : i === 64 ? 3 : 0));
  expect(quantized(fp4(), weights).values.filter((value) => value !== 0)).toEqual([12, 3]);
});

test("fp4() takes groups that bitsandbytes takes", () => {
  expect(fp4({ group: 128 })).toMatchObject({ kind: "fp4", group: 128 });
  expect(() => fp4({ group: 100 })).toThrow(OptionError);
});
