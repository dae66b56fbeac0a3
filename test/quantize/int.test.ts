import { int } from "../../kernel/quantize/int";
import { quantized } from "./float-helpers";

test("symmetric 4 bits use −8 to 7, the largest magnitude at 7.5 scales", () => {
  const { values, codes, table } = quantized(int({ bits: 4 }), [7.5, -7.5, 1, 0.5, 1.5]);
  expect(table("scale")).toEqual([1]);
  expect(codes).toEqual([7, -8, 1, 0, 2]);
  expect(values).toEqual([7, -8, 1, 0, 2]);
});

test("asymmetric 4 bits have a zero point, and zero comes back exactly", () => {
  const { values, codes, table } = quantized(int({ bits: 4, symmetric: false }), [-5, 10, 0, 1]);
  expect([table("scale"), table("zeroPoint")]).toEqual([[1], [-3]]);
  expect(codes).toEqual([-8, 7, -3, -2]);
  expect(values).toEqual([-5, 10, 0, 1]);
});

test("zeros have scale 2⁻²³ (float16: 2⁻¹⁰, bfloat16: 2⁻⁷) and come back", () => {
  for (const [scaleDtype, scale] of [
    ["F32", 2 ** -23],
    ["F16", 2 ** -10],
    ["BF16", 2 ** -7],
  ] as const) {
    const { values, table } = quantized(int({ bits: 4, scaleDtype }), [0, 0]);
    expect([values, table("scale")]).toEqual([[0, 0], [scale]]);
  }
});

test("a scale is rounded to its type, and costs its bits", () => {
  const { table, bits } = quantized(int({ bits: 8, scaleDtype: "BF16", per: "tensor" }), [1, 0.3]);
  // 1 / 127.5 lies between 128 and 129 times 2⁻¹⁴.
  expect(table("scale")[0]).toBe(129 * 2 ** -14);
  expect(bits).toBe(2 * 8 + 16);
  expect(quantized(int({ bits: 4, symmetric: false, per: "tensor" }), [1, 2]).bits).toBe(2 * 4 + 32 + 4);
});

test("int() is per channel at 8 bits and in groups below", () => {
  expect(int({ bits: 8 })).toMatchObject({ per: "channel" });
  expect(int({ bits: 4 })).toMatchObject({ per: "group", group: 128 });
  expect(int({ bits: 8, group: 32 })).toMatchObject({ per: "group", group: 32 });
  expect(() => int({ bits: 1 })).toThrow("bits is 1");
  expect(() => quantized(int({ bits: 4 }), [2 ** 127])).toThrow("beyond 2^126");
  expect(quantized(int({ bits: 4, symmetric: false }), [1]).label).toBe("int 4-bit asymmetric g128");
});
