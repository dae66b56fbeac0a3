import { NonFiniteError, OptionError } from "../../kernel/errors";
import { linear } from "../../kernel/quantize/linear";
import { nf4, nf4Quantizer } from "../../kernel/quantize/nf4";
import { dequantize, quantize, quantizerLabel, quantizerOf } from "../../kernel/quantize/quantize";

describe("quantize()", () => {
  test("tells values, codes, tables, bits and errors, and leaves its input alone", () => {
    const input = Float32Array.of(-7, 7, 1, 0.6);
    const result = quantize(input, linear({ bits: 4, per: "tensor", symmetric: true }), { shape: [2, 2] });
    expect(Array.from(result.values)).toEqual([-7, 7, 1, 1]);
    expect(Array.from(result.codes)).toEqual([-7, 7, 1, 1]);
    expect(Array.from(result.scales ?? [])).toEqual([1]);
    expect(result).toMatchObject({ shape: [2, 2], sparsity: 0, bits: 4 * 4 + 32, bitsPerWeight: 12, entropyBits: 1.5 });
    expect(result.error.maxAbsError).toBeCloseTo(0.4, 6);
    expect(Array.from(input)).toEqual(Array.from(Float32Array.of(-7, 7, 1, 0.6)));
  });

  test("leaves out tables that a method has not", () => {
    expect(Object.keys(quantize([1, 2], nf4()))).not.toContain("zeroPoints");
  });

  test("takes rows, and names the layer in errors", () => {
    expect(
      quantize(
        [
          [1, 2],
          [3, 4],
        ],
        linear({ bits: 8 }),
      ).shape,
    ).toEqual([2, 2]);
    expect(() => quantize([1, NaN], linear({ bits: 8 }), { name: "fc" })).toThrow(NonFiniteError);
    expect(() => quantize([1, NaN], linear({ bits: 8 }), { name: "fc" })).toThrow("fc: weight 1");
    expect(() => quantize([1, 2], linear({ bits: 8 }), { shape: [3] })).toThrow(OptionError);
  });

  test("is undone by dequantize(), of the result or of its plain form", () => {
    const result = quantize([0.3, -0.2, 0.9], nf4());
    expect(dequantize(result)).toEqual(result.values);
    expect(dequantize(result.quantized)).toEqual(result.values);
  });
});

test("a method is found by its kind, and a wrong word is answered", () => {
  expect(quantizerOf({ kind: "nf4" })).toBe(nf4Quantizer);
  expect(() => quantizerOf({ kind: "lineer" })).toThrow(
    new OptionError('quantize(): "lineer" is no quantization method; did you mean "linear"?'),
  );
  expect(quantizerLabel(linear({ bits: 3, group: 32 }))).toBe("linear 3-bit g32");
});
