/** Stored forms made by hand, which need not fit: codes of another type, too few scales, a step without its options. */
import { OptionError } from "../../kernel/errors";
import type { CodeArray } from "../../kernel/grid/arrays";
import { fp4, fp8, ggml, int, linear, mxfp4, mxfp8, nf4, nvfp4, type Quantized } from "../../kernel/quantize";
import { dequantize, quantize } from "../../kernel/quantize/quantize";
import type { Step } from "../../kernel/tensor/step";
import { gaussianWeights } from "../blocks/weights";

const weights = gaussianWeights(256, 7);
const shape = [4, 64];
const quantizedBy = (step: Step): Quantized => quantize(weights, step, { shape }).quantized;
const withCodes = (quantized: Quantized, codes: CodeArray): Quantized => ({ ...quantized, codes });

test.each([
  fp8(),
  fp8({ per: "tensor" }),
  nf4(),
  fp4(),
  mxfp4(),
  mxfp8(),
  nvfp4(),
  int({ bits: 8 }),
  linear({ bits: 4 }),
])("codes of %p as 32-bit integers mean the same", (step) => {
  const quantized = quantizedBy(step);
  expect(dequantize(withCodes(quantized, Int32Array.from(quantized.codes)))).toEqual(dequantize(quantized));
});

test.each([fp8({ per: "channel" }), nf4(), mxfp8(), int({ bits: 8 }), linear({ bits: 4, group: 64 })])(
  "weights of %p whose scale is missing are NaN, and no other numbers",
  (step) => {
    const quantized = quantizedBy(step);
    const [scales, ...others] = quantized.tables;
    const fewer = { ...scales, data: scales.data.slice(0, scales.data.length - 1) };
    const values = dequantize({ ...quantized, tables: [fewer, ...others] });
    const whole = dequantize(quantized);
    const missing = 256 / scales.data.length;
    expect([...values.subarray(0, 256 - missing)]).toEqual([...whole.subarray(0, 256 - missing)]);
    expect([...values.subarray(256 - missing)].every(Number.isNaN)).toBe(true);
  },
);

test.each(["nf4", "fp4"])("a step of %s without its group is refused, and later blocks are as before", (kind) => {
  const blocks = () => quantize(weights, ggml({ type: "IQ4_NL" }), { shape }).values;
  const before = blocks();
  expect(() => quantize(weights, { kind } as Step, { shape })).toThrow(OptionError);
  expect(() => quantize(weights, { kind } as Step, { shape })).toThrow(`${kind}(): group is undefined; it takes`);
  expect(blocks()).toEqual(before);
});
