import { ternary } from "../../kernel/quantize/ternary";
import { quantized } from "./float-helpers";

test("the scale is the mean magnitude, and what rounds to one of it keeps its sign", () => {
  // (3 + 1 + 0.2 + 0) / 4 = 1.05.
  const { values } = quantized(ternary(), [3, -1, 0.2, 0]);
  [1.05, -1.05, 0, 0].forEach((value, i) => expect(values[i]).toBeCloseTo(value, 6));
});

test("weights of one magnitude come back exactly, and zeros stay zeros", () => {
  expect(quantized(ternary(), [0.5, -0.5, -0.5]).values).toEqual([0.5, -0.5, -0.5]);
  expect(quantized(ternary(), [0, 0]).values).toEqual([0, 0]);
});

test("there are three values at most", () => {
  const weights = Array.from({ length: 99 }, (_, i) => Math.sin(i));
  const { values } = quantized(ternary(), weights);
  const sizes = new Set(values.map(Math.abs));
  expect(sizes.size).toBe(2);
  expect(values.every((value, i) => value === 0 || Math.sign(value) === Math.sign(weights[i]))).toBe(true);
});
