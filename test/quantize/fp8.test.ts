import { OptionError } from "../../kernel/errors";
import { fp8 } from "../../kernel/quantize/fp8";
import { quantized } from "./float-helpers";

test("E4M3: powers of two and eighths between them come back, the largest at 448 scales", () => {
  const weights = [448, 224, 1, 1.125, -1.875, 2 ** -6, 2 ** -9, 0];
  const { values, codes, table } = quantized(fp8(), weights);
  expect(values).toEqual(weights);
  expect([codes[0], codes[2], codes[4], codes[6]]).toEqual([0x7e, 0x38, 0xbf, 0x01]);
  expect(table("scale")).toEqual([1]);
});

test("E5M2: quarters come back, the largest at 57344", () => {
  const weights = [57344, 1, 1.25, -1.75, 2 ** -16];
  expect(quantized(fp8({ format: "E5M2" }), weights).values).toEqual(weights);
});

test("halves go to the even pattern", () => {
  expect(quantized(fp8(), [448, 1 + 1 / 16, 1 + 3 / 16]).values.slice(1)).toEqual([1, 1.25]);
});

test("a scale is that of its row, tensor, group or block", () => {
  const weights = [448, 0, 0, 0, 896, 0, 0, 4480];
  expect(quantized(fp8(), weights, [2, 4]).table("scale")).toEqual([1, 10]);
  expect(quantized(fp8({ per: "tensor" }), weights, [2, 4]).table("scale")).toEqual([10]);
  expect(quantized(fp8({ group: 2 }), weights, [2, 4]).table("scale")).toEqual([1, 2 ** -23, 2, 10]);
  expect(quantized(fp8({ block: [2, 2] }), weights, [2, 4]).table("scale")).toEqual([2, 10]);
});

test("zeros have the scale that stands in for 0", () => {
  const { values, table } = quantized(fp8(), [0, 0]);
  expect([values, table("scale")]).toEqual([[0, 0], [2 ** -23]]);
});

test("fp8() says what goes together", () => {
  expect(fp8()).toEqual({ kind: "fp8", format: "E4M3", per: "channel" });
  expect(fp8({ per: "block" })).toMatchObject({ block: [128, 128] });
  for (const size of [0, 1.5, 2 ** 31]) {
    expect(() => fp8({ group: size })).toThrow(`group is ${size}; it takes a whole number from 1 to 2147483647`);
    expect(() => fp8({ block: [1, size] })).toThrow(`block[1] is ${size}`);
  }
  expect(fp8({ block: [1, 2 ** 31 - 1] }).block).toEqual([1, 2 ** 31 - 1]);
  expect(fp8({ group: 1 }).group).toBe(1);
  expect(() => fp8({ per: "tensor", group: 4 })).toThrow('fp8(): group goes with per: "group", not "tensor"');
  expect(() => fp8({ block: [4] as never })).toThrow("it takes [rows, columns]");
  expect(() => fp8({ block: [4, 0] })).toThrow(OptionError);
  expect(quantized(fp8({ block: [2, 4] }), [1], [1, 1]).label).toBe("fp8 E4M3 2×4");
  expect(quantized(fp8({ group: 64, format: "E5M2" }), [1]).label).toBe("fp8 E5M2 g64");
});
