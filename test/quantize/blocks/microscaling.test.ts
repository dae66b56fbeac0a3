import { checkLargest, microscalingExponent } from "../../../kernel/quantize/blocks/microscaling";

const e2m1 = { bits: 4, exponent: 2, format: "E2M1" as const };

test("the exponent rounds up from 1.75 times a power of two, and never falls below −127", () => {
  expect([4, 6.999, 7, 8, 1, 0, 2 ** -149].map((largest) => microscalingExponent(largest, e2m1))).toEqual([
    0, 0, 1, 1, -2, -127, -127,
  ]);
  expect(microscalingExponent(2 ** 126, { ...e2m1, exponent: 8 })).toBe(118);
});

test("magnitudes beyond 2¹²⁶ are refused", () => {
  expect(() => checkLargest("mxfp4", Float32Array.of(2 ** 126))).not.toThrow();
  expect(() => checkLargest("mxfp4", Float32Array.of(0, 2 ** 127))).toThrow("mxfp4(): a weight of");
});
