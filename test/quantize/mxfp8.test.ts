import { mxfp8 } from "../../kernel/quantize/mxfp8";
import { quantized } from "./float-helpers";

test("values of E4M3 times a power of two come back, 256 to 448 at scale 1", () => {
  const weights = [256, 448, 1, 1.125, -3.5, 2 ** -6, 0];
  const { values, table, bits } = quantized(
    mxfp8(),
    weights.map((value) => value * 4),
  );
  expect(values).toEqual(weights.map((value) => value * 4));
  // 448·4 is 1.75·2¹⁰: the next power of two.
  expect(table("scale")).toEqual([8]);
  expect(bits).toBe(7 * 8 + 8);
});

test("scales are powers of two, the smallest for zeros", () => {
  expect(quantized(mxfp8(), [256]).table("scale")).toEqual([1]);
  expect(quantized(mxfp8(), [300]).table("scale")).toEqual([1]);
  expect(quantized(mxfp8(), [0]).table("scale")).toEqual([2 ** -127]);
});
