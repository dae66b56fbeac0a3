/** Every quantizer on weights that are stacked or lie otherwise: what torch's weight gives, in the tensor's own order, bit for bit. */
import {
  dequantize,
  fp4,
  fp8,
  ggml,
  hqq,
  int,
  kMeans,
  linear,
  meanConstrained,
  mxfp4,
  mxfp8,
  nf4,
  nvfp4,
  quantize,
  sorted,
  ternary,
  trellis,
  NonFiniteError,
  OptionError,
} from "../../../kernel";
import { quantizerOf } from "../../../kernel/quantize";
import { quantizers } from "../../../kernel/quantize/quantizers";
import { dequantizeMatrices, isByRows, quantizeMatrices } from "../../../kernel/quantize/stack/matrices";
import type { Step } from "../../../kernel/tensor/step";
import { measureError } from "../../../kernel/measure";
import { bytesOf, layouts, ownValues, torchValues } from "../../tensor/layouts";

const steps: readonly Step[] = [
  linear({ bits: 4, group: 16 }),
  linear({ bits: 8, per: "channel" }),
  linear({ bits: 3, per: "tensor", symmetric: false }),
  linear({ step: 0.01 }),
  int({ bits: 8, per: "channel", symmetric: false }),
  int({ bits: 4, per: "tensor" }),
  sorted({ bits: 3 }),
  sorted({ bits: 2, per: "channel", refine: "optimal" }),
  kMeans({ bits: 2 }),
  kMeans({ bits: 3, per: "channel", exact: false }),
  ternary(),
  ternary({ per: "channel", method: "optimal" }),
  hqq({ bits: 4, group: 16 }),
  hqq({ bits: 3, per: "channel" }),
  meanConstrained({ bits: 3, group: 16 }),
  meanConstrained({ bits: 2, per: "tensor" }),
  fp8({ per: "tensor" }),
  fp8({ per: "channel" }),
  fp8({ block: [5, 7] }),
  nf4({ group: 32 }),
  nf4({ group: 32, doubleQuant: true }),
  fp4({ group: 64 }),
  mxfp4(),
  mxfp8(),
  nvfp4(),
  trellis({ step: 0.01 }),
  ggml({ type: "Q4_0" }),
  ggml({ type: "Q8_0" }),
];

test("every quantizer is here", () => {
  expect(new Set(steps.map(({ kind }) => kind))).toEqual(new Set(quantizers.keys()));
});

describe.each(Object.entries(layouts))("%s", (_, lying) => {
  const { shape, axes, matrix, matrices } = lying;
  const torch = torchValues(lying);
  const own = ownValues(lying, torch);
  const size = torch.length / matrices;
  const partsOf = (step: Step) =>
    Array.from({ length: matrices }, (_, at) =>
      quantize(torch.subarray(at * size, (at + 1) * size), step, { shape: matrix }),
    );

  test.each(steps.map((step) => [quantizerOf(step).label(step), step] as const))("%s", (_, step) => {
    const parts = partsOf(step);
    const expected = new Float32Array(torch.length);
    parts.forEach(({ values }, at) => expected.set(values, at * size));
    const result = quantize(own, step, { shape, axes });
    expect(bytesOf(result.values)).toBe(bytesOf(ownValues(lying, expected)));
    expect(result.shape).toBe(shape);
    expect(result.codes.join()).toBe(parts.map(({ codes }) => codes.join()).join());
    expect(result.error).toEqual(measureError(own, result.values));
    expect(bytesOf(dequantize(result))).toBe(bytesOf(result.values));
    expect(bytesOf(dequantize(result.quantized))).toBe(bytesOf(result.values));
    // Fixed steps are one for all, and codebooks of one table have the length of the longest.
    const sum = parts.reduce((total, { bits }) => total + bits, 0);
    if (matrices === 1) expect(result.bits).toBe(sum);
    if (/per channel|g\d+|group|mx|nv/.test(result.label) && !/sorted|kMeans/.test(result.label))
      expect(result.bits).toBe(sum);
  });
});

describe("a stack whose matrices differ by powers of ten", () => {
  const lying = { ...layouts["experts (experts, in, out)"], shape: [5, 32, 12], matrices: 5 };
  const own = ownValues(lying, torchValues(lying));
  const { shape, axes } = lying;
  const decibels = (values: Float32Array) =>
    [0, 1, 2, 3, 4].map((e) => {
      const part = (all: Float32Array) => all.subarray(e * 384, (e + 1) * 384);
      return measureError(part(own), part(values)).sqnrDb ?? Infinity;
    });

  test.each([
    [linear({ bits: 8, per: "channel" }), 40],
    [linear({ bits: 4, per: "channel" }), 15],
    [linear({ bits: 4, group: 16 }), 18],
    [linear({ bits: 8, per: "tensor" }), 35],
    [sorted({ bits: 5 }), 19],
    [ternary(), 4],
    [nf4({ group: 64, doubleQuant: true }), 18],
    [fp8({ per: "tensor" }), 25],
  ] as const)("$0.kind keeps every one of them alike", (step, least) => {
    const all = decibels(quantize(own, step, { shape, axes }).values);
    expect(Math.min(...all)).toBeGreaterThan(least);
    expect(Math.max(...all) - Math.min(...all)).toBeLessThan(4);
  });

  test("without axes one scale for each expert and its inputs leaves little of the last rows", () => {
    const rows = Float32Array.from({ length: 5 * 32 }, (_, i) => 10 ** -Math.floor(i / 32) * (1 + (i % 7)));
    const wrong = quantize(rows, linear({ bits: 4, per: "tensor" }), { shape: [5, 32] });
    expect(measureError(rows.subarray(128), wrong.values.subarray(128)).sqnrDb).toBe(0);
  });
});

test("one codebook, one scale, one global scale for each matrix of a stack", () => {
  const { shape, axes } = layouts["experts (experts, out, in)"];
  const lying = layouts["experts (experts, out, in)"];
  const own = torchValues(lying);
  const tables = (step: Step) => quantize(own, step, { shape, axes }).quantized.tables.map(({ shape }) => shape);
  expect(tables(linear({ bits: 4, per: "tensor" }))).toEqual([[3]]);
  expect(tables(linear({ bits: 4, per: "channel" }))).toEqual([[36, 1]]);
  expect(tables(sorted({ bits: 3 }))).toEqual([[3, 8]]);
  expect(tables(nvfp4())).toEqual([[36, 2], [3]]);
  expect(tables(fp8({ block: [5, 7] }))).toEqual([[9, 5]]);
  expect(tables(linear({ step: 0.01 }))).toEqual([[1]]);
});

test("methods that see rows take those of all matrices at once, unless what they take together runs over two", () => {
  const layout = { matrices: 3, matrix: [12, 32] };
  const isSo = (step: Step) => isByRows(quantizerOf(step), layout, step);
  expect(isSo(linear({ bits: 4 }))).toBe(true);
  expect(isSo(fp8({ block: [4, 8] }))).toBe(true);
  expect(isSo(fp8({ block: [5, 8] }))).toBe(false);
  expect(isSo(linear({ bits: 4, per: "tensor" }))).toBe(false);
  expect(isByRows(quantizerOf(sorted({ bits: 2 })), { ...layout, matrices: 1 }, sorted({ bits: 2 }))).toBe(true);
});

test("what is wrong is told by the place in the tensor", () => {
  const { shape, axes } = layouts["Conv1D of GPT-2 (in, out)"];
  const own = new Float32Array(960);
  own[21] = NaN;
  const run = () => quantize(own, linear({ bits: 4 }), { shape, axes, name: "w" });
  expect(run).toThrow(NonFiniteError);
  expect(run).toThrow(/21/);
  const twice = { output: [0], input: [0], stacked: [] };
  expect(() => quantize(own, linear({ bits: 4 }), { shape, axes: twice })).toThrow(OptionError);
  const stack = { matrices: 2, matrix: [480] };
  const step = sorted({ bits: 2 });
  expect(() => quantizeMatrices(quantizerOf(step), own, stack, step, "w")).toThrow(/21/);
});

test("an empty stack is no stack", () => {
  const step = sorted({ bits: 2 });
  const empty = quantizeMatrices(quantizerOf(step), new Float32Array(0), { matrices: 3, matrix: [0, 4] }, step);
  expect(dequantizeMatrices(quantizerOf(step), empty)).toHaveLength(0);
});

test("a tensor's own description may be given as it is", async () => {
  const lying = layouts["Conv1D of GPT-2 (in, out)"];
  const own = ownValues(lying, torchValues(lying));
  const tensor = { name: "h.0.attn.c_attn.weight", shape: lying.shape, axes: lying.axes, dtype: "F32" };
  expect(quantize(own, linear({ bits: 8, per: "channel" }), tensor).scales).toHaveLength(20);
});
