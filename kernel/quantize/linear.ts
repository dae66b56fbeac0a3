/** Uniform quantization, round to nearest: w ≈ w′ = s·(q − z), with one scale s (and zero point z) per group, row or tensor.
 *
 *  weights (out, in) f32 → codes (out, in) integers + scales (out, groups) + zero points (out, groups), one entry per group of
 *  `group` weights along the row (128 unless told; the last group of a row may be shorter), per row, or one for all.
 *
 *  Symmetric (the default):  s = max|w| / qmax,  qmax = 2^(bits−1) − 1,  q = rint(w / s) ∈ [−qmax, qmax],  z = 0.
 *  Symmetric, 1 bit:         s = α = mean|w|,  q = +1 where w ≥ 0, else −1,  w′ = ±α   (Rastegari et al. 2016, XNOR-Net,
 *                            arXiv 1603.05279: the least-squares scale for these signs). There is no zero level.
 *  Asymmetric:               lo = min(0, min w), hi = max(0, max w),  s = (hi − lo) / (2^bits − 1),
 *                            z = clamp(rint(−lo / s), 0, 2^bits − 1),  q = clamp(rint(w / s) + z, 0, 2^bits − 1).
 *                            0 is a level: weights that are exactly zero stay exactly zero.
 *  Fixed step Δ:             q = rint(w / Δ), Int32, for an entropy coder; Δ is rounded to float32.
 *  Target bits:              the fixed step at which the entropy-coded codes take that many bits per weight (entropy-step.ts);
 *                            `compress()` finds one step for all layers, and counts every byte of the coder that follows.
 *
 *  A group of zeros gives s = 0, q = z = 0. `range` narrows [lo, hi]: see range.ts.
 *  |w − w′| ≤ s/2 + 2^-23·max|w| (the second term is float32 rounding) with range "minmax" and with a step; at 1 bit symmetric
 *  |w − w′| ≤ max(α, max|w| − α).
 *
 *  Arithmetic, so that every implementation gives equal bits: the maximum and minimum are exact; s is computed in float64 and
 *  rounded once to its stored type (float32 to nearest; float16, and float32 below 2^-126, upwards); w / s is one float32
 *  division; rint rounds half to even (numpy `rint`, WebAssembly `f32x4.nearest`); w′ is one float32 product. α is a sum in
 *  float64 in order. Scales are stored as float32, in groups as float16, unless `scaleDtype` says otherwise; a zero point takes
 *  `bits` bits. |w| up to 2^126. */
import { OptionError } from "../errors";
import { checkChoice, checkFlag, checkNumber, checkOptionNames } from "../options";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { entropyStep } from "./target/entropy-step";
import {
  checkGranularity,
  freezeStep,
  groupsOf,
  rowsOf,
  tableShape,
  type Granularity,
  type Grouping,
} from "../grid/groups";
import { loops } from "../loops/loops";
import type { UniformCodes } from "../loops/uniform";
import { checkFinite } from "../measure/finite";
import type { CodeArray, Quantized, Quantizer, Table } from "./quantizer";
import { defaultPercentile, type RangeMethod } from "../grid/range";
import { checkHalfScales, scaleBits, type ScaleType } from "../grid/scale";
import { tilingOfGroups } from "../grid/tiles";

/** Options of `linear()`: bits, step or targetBits, and how the grid lies. */
export interface LinearOptions {
  /** Bits per weight: 1–8 or 16. Instead of `step`. */
  bits?: number;
  /** true: levels −qmax…qmax around 0 (default). false: a zero point moves the grid. */
  symmetric?: boolean;
  /** What shares a scale; default "group". */
  per?: Granularity;
  /** Weights per group along the row, at least 1; implies per: "group"; default 128. */
  group?: number;
  /** What the grid spans; default "minmax". */
  range?: RangeMethod;
  /** With range "percentile": the share of weights inside, 1–100 percent; default 99.9. */
  percentile?: number;
  /** A fixed step for the whole tensor, 2^−126 to 2^126, instead of `bits`; the codes are unbounded, to be entropy coded. */
  step?: number;
  /** Instead of `bits`: bits per weight after entropy coding, 0.05–12; the step is chosen to meet them. In `compress()` one step for
   *  all layers of the recipe's entry, with a coder such as `rans()` as the last step; all that is stored counts. */
  targetBits?: number;
  /** How scales are stored; default "F16" in groups, "F32" per channel or tensor. */
  scaleDtype?: ScaleType;
}

/** The step that `linear()` gives, checked and frozen. */
export interface LinearStep extends Step {
  /** Names the method. */
  readonly kind: "linear";
  /** Bits per weight, 1–8 or 16; absent with `step` and `targetBits`. */
  readonly bits?: number;
  /** True: levels around 0; false: a zero point moves the grid. */
  readonly symmetric: boolean;
  /** What shares a scale. */
  readonly per: Granularity;
  /** Weights per group along the row, with per: "group". */
  readonly group?: number;
  /** What the grid spans. */
  readonly range: RangeMethod;
  /** Share of the weights inside, in percent, with range: "percentile". */
  readonly percentile?: number;
  /** The distance between levels, one for the whole tensor, a float32. */
  readonly step?: number;
  /** Bits per weight after entropy coding, 0.05–12, for which a step is yet to be found. */
  readonly targetBits?: number;
  /** How scales are stored. */
  readonly scaleDtype: ScaleType;
}

const optionNames = ["bits", "symmetric", "per", "group", "range", "percentile", "step", "targetBits", "scaleDtype"];

/** The step "uniform quantization": `linear({ bits: 4 })`, `linear({ bits: 8, per: "channel" })`, `linear({ step: 0.01 })`,
 *  `linear({ targetBits: 4.5 })`.
 *  Throws `OptionError` for an unknown option, a value out of range, or two options that exclude each other. */
export function linear(options: LinearOptions): LinearStep {
  checkOptionNames("linear", options, optionNames);
  if (options.step !== undefined) return fixedStep("step", options.step, options);
  if (options.targetBits !== undefined) return fixedStep("targetBits", options.targetBits, options);
  const grid = checkGridOptions("linear", options);
  return freezeStep({ kind: "linear", ...grid } as const);
}

const fixedGrid = { symmetric: true, per: "tensor", range: "minmax", scaleDtype: "F32" } as const;

function fixedStep(by: "step" | "targetBits", value: number, options: LinearOptions): LinearStep {
  // What a step has of itself may be said again: steps are read from reports.
  const filled: LinearOptions = fixedGrid;
  for (const name of optionNames as readonly (keyof LinearOptions)[])
    if (name !== by && options[name] !== undefined && options[name] !== filled[name])
      throw new OptionError(
        `linear(): ${by} and ${name} exclude each other; a fixed step is one grid for the whole tensor`,
      );
  const range = by === "step" ? { minimum: 2 ** -126, maximum: 2 ** 126 } : { minimum: 0.05, maximum: 12 };
  checkNumber("linear", by, value, range);
  return freezeStep({
    kind: "linear",
    [by]: by === "step" ? Math.fround(value) : value,
    ...fixedGrid,
  } as const);
}

/** Checks the options that every uniform grid takes, and fills in the defaults. */
export function checkGridOptions(method: string, options: LinearOptions) {
  const bits = checkBits(method, options.bits);
  const symmetric = checkFlag(method, "symmetric", options.symmetric ?? true);
  const granularity = checkGranularity(method, options);
  const range = checkChoice(
    method,
    "range",
    options.range ?? (options.percentile === undefined ? "minmax" : "percentile"),
    ["minmax", "percentile", "mse"],
  );
  if (options.percentile !== undefined && range !== "percentile")
    throw new OptionError(`${method}(): percentile goes with range: "percentile", not "${range}"`);
  if (bits === 1 && symmetric && range !== "minmax")
    throw new OptionError(
      `${method}(): 1 bit has the levels of least squared error already; range "${range}" has no meaning`,
    );
  const percentile =
    range === "percentile"
      ? checkNumber(method, "percentile", options.percentile ?? defaultPercentile, { minimum: 1, maximum: 100 })
      : undefined;
  const scaleDtype = checkChoice(
    method,
    "scaleDtype",
    options.scaleDtype ?? (granularity.per === "group" ? "F16" : "F32"),
    ["F32", "F16"],
  );
  return { bits, symmetric, ...granularity, range, percentile, scaleDtype };
}

function checkBits(method: string, bits: unknown): number {
  if (bits === 16) return 16;
  if (typeof bits === "number" && Number.isInteger(bits) && bits >= 1 && bits <= 8) return bits;
  throw new OptionError(`${method}(): bits is ${String(bits)}; it takes a whole number from 1 to 8, or 16`);
}

function quantize(weights: Float32Array, shape: Shape, step: LinearStep, name?: string): Quantized {
  checkFinite(weights, "linear", name);
  if (step.step !== undefined) return quantizeByStep(weights, shape, step, step.step);
  if (step.targetBits !== undefined)
    return quantizeByStep(weights, shape, step, entropyStep([weights], step.targetBits));
  const grouping = groupsOf("linear", shape, weights.length, step);
  const grid = { ...step, bits: step.bits ?? 8 };
  return quantizedBy(step, shape, loops.uniform.encode(weights, tilingOfGroups(grouping), grid, "linear"), grouping);
}

function quantizedBy(
  step: LinearStep,
  shape: Shape,
  { codes, scales, zeroPoints }: UniformCodes,
  grouping: Grouping,
): Quantized {
  const { bits = 8, symmetric, scaleDtype } = step;
  checkHalfScales(scales, scaleDtype, "linear", bits);
  const entries = tableShape(grouping, step.per);
  const tables: Table[] = [{ name: "scale", data: scales, shape: entries, bitsPerEntry: scaleBits[scaleDtype] }];
  if (!symmetric) tables.push({ name: "zeroPoint", data: zeroPoints, shape: entries, bitsPerEntry: bits });
  return { step, shape, codes, codeBits: bits, tables };
}

/** Codes of a fixed step. `codeBits` is the fixed length in two's complement that holds every code: what an entropy coder saves on. */
function quantizeByStep(weights: Float32Array, shape: Shape, step: LinearStep, size: number): Quantized {
  rowsOf("linear", shape, weights.length);
  const codes = loops.uniform.encodeSteps(weights, size, "linear");
  const range = loops.codes.range(codes);
  const low = Math.min(0, range.low);
  const high = Math.max(0, range.high);
  let codeBits = 1;
  while (low < -(2 ** (codeBits - 1)) || high > 2 ** (codeBits - 1) - 1) codeBits++;
  const table: Table = { name: "scale", data: Float32Array.of(size), shape: [1], bitsPerEntry: 32 };
  return { step, shape, codes, codeBits, tables: [table] };
}

function dequantize(quantized: Quantized): Float32Array {
  const { codes, shape, tables } = quantized;
  const tiling = tilingOfGroups(groupsOf("linear", shape, codes.length, quantized.step as LinearStep));
  const zeroPoints = tables.length > 1 ? (tables[1].data as CodeArray) : undefined;
  return loops.uniform.decode(codes, tiling, tables[0].data as Float32Array, zeroPoints);
}

/** "4-bit g128", "8-bit asymmetric per channel mse": what a uniform grid's label says after its name. */
export function gridLabel(step: Omit<LinearStep, "kind">): string {
  const words = [`${step.bits}-bit`];
  if (!step.symmetric) words.push("asymmetric");
  words.push(step.per === "group" ? `g${step.group}` : `per ${step.per}`);
  if (step.range === "percentile") words.push(`p${step.percentile}`);
  if (step.range === "mse") words.push("mse");
  return words.join(" ");
}

function label(step: LinearStep): string {
  if (step.targetBits !== undefined) return `linear to ${step.targetBits} bits`;
  return step.step === undefined ? `linear ${gridLabel(step)}` : `linear step ${Number(step.step.toPrecision(6))}`;
}

/** The quantizer of `linear()` steps. */
export const linearQuantizer: Quantizer<LinearStep> = {
  kind: "linear",
  quantize,
  dequantize,
  label,
  pieces: {
    rows: ({ per, step, targetBits }) =>
      targetBits === undefined && (per !== "tensor" || step !== undefined) ? 1 : undefined,
    sharesTables: ({ step }) => step !== undefined,
  },
  rate: { targetBits: (step) => step.targetBits, atSize: (_, step) => linear({ step }) },
};
