import { nf4 } from "../../kernel/quantize/nf4";
import { quantized } from "./float-helpers";

const published = [
  -1, -0.6961928, -0.52507305, -0.3949175, -0.28444138, -0.18477343, -0.09105004, 0, 0.0795803, 0.1609302, 0.2461123,
  0.33791524, 0.44070983, 0.562617, 0.72295684, 1,
];

test("the sixteen published levels come back, code by code", () => {
  const { values, codes } = quantized(nf4(), published);
  values.forEach((value, i) => expect(value).toBeCloseTo(published[i], 6));
  expect(codes).toEqual(published.map((_, i) => i));
});

test("a block is scaled by its largest magnitude, whichever its sign", () => {
  expect(quantized(nf4(), [-8, 4, 0]).values[0]).toBe(-8);
  expect(quantized(nf4(), [2, -8, 0]).values[1]).toBe(-8);
});

test("zeros stay zeros, and cost four bits and a scale a block", () => {
  const { values, bits } = quantized(nf4(), new Array<number>(64).fill(0));
  expect(values.every((value) => value === 0)).toBe(true);
  expect(bits).toBe(64 * 4 + 32);
});
