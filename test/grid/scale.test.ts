import fc from "fast-check";
import { decodeFloat16, encodeFloat16 } from "../../kernel/bytes/half-float";
import { rint, roundScale, roundTo } from "../../kernel/grid/scale";

describe("rint", () => {
  test("rounds halves to even, and −0 to 0", () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.4, -2.6].map(rint)).toEqual([0, 2, 2, 0, -2, 2, -3]);
    expect(Object.is(rint(-0), 0)).toBe(true);
  });
});

describe("roundScale", () => {
  test("as float32 is the nearest, but never 0 and upwards among the smallest", () => {
    expect(roundScale(0.1, "F32", "f")).toBe(Math.fround(0.1));
    expect(roundScale(2 ** -160, "F32", "f")).toBe(2 ** -149);
    expect(roundScale(1.2 * 2 ** -149, "F32", "f")).toBe(2 ** -148);
    expect(roundScale(0, "F32", "f")).toBe(0);
  });

  test("as float16 is the least that is not below", () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -30, max: 65_504, noNaN: true }), (exact) => {
        const rounded = roundScale(exact, "F16", "f");
        expect(rounded).toBeGreaterThanOrEqual(exact);
        expect(decodeFloat16(encodeFloat16(rounded))).toBe(rounded);
        const below = decodeFloat16(encodeFloat16(rounded) - 1);
        expect(below).toBeLessThan(exact);
      }),
    );
    expect(roundScale(1, "F16", "f")).toBe(1);
    expect(roundScale(1 + 2 ** -40, "F16", "f")).toBe(1 + 2 ** -10);
    expect(roundScale(0, "F16", "f")).toBe(0);
  });

  test("past float16 is an error that says what to take", () => {
    expect(roundScale(65_504, "F16", "linear")).toBe(65_504);
    expect(() => roundScale(65_504.1, "F16", "linear")).toThrow(
      'linear(): a scale of 65504.1 is beyond float16, which ends at 65504; take scaleDtype: "F32"',
    );
  });
});

test("roundTo float16 is the nearest, ties to even, as the encoder has it", () => {
  fc.assert(
    fc.property(fc.float({ min: -65_504, max: 65_504, noNaN: true }), (value) => {
      expect(roundTo("F16", value, "f") + 0).toBe(decodeFloat16(encodeFloat16(value)) + 0);
    }),
  );
  expect(roundTo("F32", 0.1, "f")).toBe(Math.fround(0.1));
  expect(roundTo("F16", 1 + 2 ** -11, "f")).toBe(1);
  expect(roundTo("F16", 1 + 3 * 2 ** -11, "f")).toBe(1 + 2 ** -9);
  expect(() => roundTo("F16", -70_000, "f")).toThrow("f(): -70000 is beyond float16");
});
