import { mxfp4 } from "../../kernel/quantize/mxfp4";
import { quantized } from "./float-helpers";

test("values of E2M1 times a power of two come back", () => {
  const weights = [6, 4, 3, 2, 1.5, 1, 0.5, 0, -6, -0.5].map((value) => value * 8);
  const { values, codes, table, bits } = quantized(mxfp4(), weights);
  expect(values).toEqual(weights);
  expect(codes).toEqual([7, 6, 5, 4, 3, 2, 1, 0, 15, 9]);
  expect(table("scale")).toEqual([8]);
  expect(bits).toBe(10 * 4 + 8);
});

test("from 1.75 times a power of two on the scale is the next one", () => {
  expect([4, 6.99, 7, 8].map((largest) => quantized(mxfp4(), [largest]).table("scale")[0])).toEqual([1, 1, 2, 2]);
});

test("32 weights share a scale; zeros have the smallest", () => {
  const weights = Array.from({ length: 64 }, (_, i) => (i === 0 ? 4 : 0));
  expect(quantized(mxfp4(), weights).table("scale")).toEqual([1, 2 ** -127]);
});

test("mxfp4() has no options", () => {
  expect(() => mxfp4({ group: 16 } as never)).toThrow('unknown option "group"');
});
