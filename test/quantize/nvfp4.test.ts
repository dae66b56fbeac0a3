import { nvfp4 } from "../../kernel/quantize/nvfp4";
import { quantized } from "./float-helpers";

test("the largest weight comes back, and what lies on its group's grid", () => {
  const weights = [6, 3, 1.5, 0.5, -6, 0, ...new Array<number>(10).fill(0), 12, -8, 2];
  const { values } = quantized(nvfp4(), weights);
  values.forEach((value, i) => expect(value).toBeCloseTo(weights[i], 5));
});

test("zeros stay zeros", () => {
  expect(quantized(nvfp4(), [0, 0, 0]).values).toEqual([0, 0, 0]);
});

test("each code has four bits, each sixteen weights a scale of eight, the tensor one of 32", () => {
  expect(quantized(nvfp4(), new Array<number>(32).fill(1)).bits).toBe(32 * 4 + 2 * 8 + 32);
});
