/** Uniform quantization under a constraint: the mean of each group (row, tensor) of w′ equals that of w.
 *
 *  Rounding moves the mean of a group; the layer that follows sums over it, so the errors add up instead of averaging out. The
 *  bias is folded into one offset per group (bias correction: Banner et al. 2019, arXiv 1810.05723, section 4.2).
 *
 *  weights (out, in) f32 → codes (out, in) integers + scales, offsets (and zero points, when asymmetric), each (out, groups).
 *
 *  ŵ = s·(q − z) exactly as `linear` with the same options, then
 *  all weights:      w′ = ŵ + o,              o = mean(w − ŵ).
 *  keepZeros:        w′ = ŵ + o where q ≠ z, else 0,   o = Σ(w − ŵ) / #{q ≠ z}. Pruned weights, and those that round to zero, stay
 *                    exactly zero; the others carry the correction. This is the default from 2 bits on.
 *  1 bit:            q = +1 where w ≥ μ = mean(w), else −1;  w′ = o + α·q, where o ± α are the means of the weights above and
 *                    below μ: the least-squares pair, which keeps the mean. With as many weights above as below, w′ = μ ± α,
 *                    α = mean|w − μ|. `symmetric`, `range` and `keepZeros` have no meaning there: zeros do not stay zero.
 *
 *  |mean(w′) − mean(w)| ≤ 2^-24·(|o| + max|w′|) with scaleDtype "F32", 2^-11·|o| more with "F16" (at 1 bit 2^-11·(|o| + α)).
 *  |w − w′| ≤ s/2 + |o| + 2^-23·max|w|, and |o| ≤ s/2 (keepZeros: s/2·n / #{q ≠ z}), with range "minmax".
 *
 *  Sums run in float64 in order; o is rounded once, to nearest, to the type of the scales; w′ is float32(float32(s·(q − z)) + o). */
import { OptionError } from "../errors";
import { checkFinite } from "../measure/finite";
import { checkFlag, checkOptionNames } from "../options";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { forEachGroup, freezeStep, groupsOf, tableShape, type Granularity } from "../grid/groups";
import { checkGridOptions, gridLabel, type LinearOptions } from "./linear";
import type { Quantized, Quantizer, Table } from "./quantizer";
import type { RangeMethod } from "../grid/range";
import { checkHalfScales, roundTo, scaleBits, type ScaleType } from "../grid/scale";
import { codeArray, codeOf, fitGrid } from "../grid/uniform-grid";

const { fround } = Math;
const method = "meanConstrained";

/** Options of `meanConstrained()`: those of `linear()` without a fixed step. */
export interface MeanConstrainedOptions extends Omit<LinearOptions, "step"> {
  /** Leave weights whose code is the zero point at exactly zero; default true, false at 1 bit. */
  keepZeros?: boolean;
}

/** The step that `meanConstrained()` gives, checked and frozen. */
export interface MeanConstrainedStep extends Step {
  /** Names the method. */
  readonly kind: "meanConstrained";
  /** Bits per weight, 1–8 or 16. */
  readonly bits: number;
  /** True: levels around 0; false: a zero point moves the grid. */
  readonly symmetric: boolean;
  /** What shares a scale and an offset. */
  readonly per: Granularity;
  /** Weights per group along the row, with per: "group". */
  readonly group?: number;
  /** What the grid spans. */
  readonly range: RangeMethod;
  /** Share of the weights inside, in percent, with range: "percentile". */
  readonly percentile?: number;
  /** How scales and offsets are stored. */
  readonly scaleDtype: ScaleType;
  /** True where weights whose code is the zero point stay exactly zero. */
  readonly keepZeros: boolean;
}

/** The step "uniform quantization that keeps every group's mean": `meanConstrained({ bits: 3 })`; the options of `linear`
 *  without `step`, and `keepZeros`. Throws `OptionError` as `linear` does. */
export function meanConstrained(options: MeanConstrainedOptions): MeanConstrainedStep {
  const names = ["bits", "symmetric", "per", "group", "range", "percentile", "scaleDtype", "keepZeros"];
  checkOptionNames(method, options, names);
  if (options.bits === 1 && options.symmetric === false)
    throw new OptionError(`${method}(): 1 bit has the two levels o ± α; symmetric: false has no meaning`);
  const grid = checkGridOptions(method, options);
  const keepZeros = checkFlag(method, "keepZeros", options.keepZeros ?? grid.bits > 1);
  if (keepZeros && grid.bits === 1)
    throw new OptionError(`${method}(): 1 bit has no level for zero; keepZeros needs 2 bits or more`);
  return freezeStep({ kind: method, ...grid, keepZeros } as const);
}

function quantize(weights: Float32Array, shape: Shape, step: MeanConstrainedStep, name?: string): Quantized {
  checkFinite(weights, method, name);
  const { bits, symmetric, scaleDtype, keepZeros } = step;
  const grouping = groupsOf(method, shape, weights.length, step);
  const groups = grouping.rows * grouping.groupsPerRow;
  const codes = codeArray(bits, symmetric, weights.length);
  const scales = new Float32Array(groups);
  const offsets = new Float32Array(groups);
  const zeroPoints = codeArray(bits, false, symmetric ? 0 : groups);
  forEachGroup(grouping, (group, start, end) => {
    if (start === end) return;
    if (bits === 1) {
      const { offset, scale } = fitTwoLevels(weights, codes, start, end);
      scales[group] = roundTo(scaleDtype, scale, method) || (scaleDtype === "F16" && scale > 0 ? 2 ** -24 : 0);
      offsets[group] = roundTo(scaleDtype, offset, method);
      return;
    }
    const grid = fitGrid(weights, start, end, step, method);
    const { scale, zeroPoint } = grid;
    let bias = 0;
    let moved = 0;
    for (let i = start; i < end; i++) {
      const q = codeOf(weights[i], grid);
      codes[i] = q;
      bias += weights[i] - fround(scale * (q - zeroPoint));
      if (!keepZeros || q !== zeroPoint) moved++;
    }
    scales[group] = scale;
    if (!symmetric) zeroPoints[group] = zeroPoint;
    offsets[group] = moved === 0 ? 0 : roundTo(scaleDtype, bias / moved, method);
  });
  checkHalfScales(scales, scaleDtype, method, bits);
  const groupTable = { shape: tableShape(grouping, step.per) };
  const tables: Table[] = [
    { name: "scale", data: scales, ...groupTable, bitsPerEntry: scaleBits[scaleDtype] },
    { name: "offset", data: offsets, ...groupTable, bitsPerEntry: scaleBits[scaleDtype] },
  ];
  if (!symmetric) tables.push({ name: "zeroPoint", data: zeroPoints, ...groupTable, bitsPerEntry: bits });
  return { step, shape, codes, codeBits: bits, tables };
}

/** Cuts weights [start, end) at their mean, writes the codes ±1, and gives the two levels as offset ± scale. */
function fitTwoLevels(
  weights: Float32Array,
  codes: Int8Array | Int16Array | Uint8Array | Uint16Array,
  start: number,
  end: number,
) {
  let sum = 0;
  for (let i = start; i < end; i++) sum += weights[i];
  const mean = sum / (end - start);
  let upperSum = 0;
  let upper = 0;
  for (let i = start; i < end; i++) {
    const above = weights[i] >= mean;
    codes[i] = above ? 1 : -1;
    if (above) {
      upperSum += weights[i];
      upper++;
    }
  }
  const lower = end - start - upper;
  // all on one side: they are equal, or so near that rounding the mean hides the difference
  if (upper === 0 || lower === 0) return { offset: mean, scale: 0 };
  const high = upperSum / upper;
  const low = (sum - upperSum) / lower;
  return { offset: (high + low) / 2, scale: (high - low) / 2 };
}

function dequantize(quantized: Quantized): Float32Array {
  const { codes, shape, tables } = quantized;
  const step = quantized.step as MeanConstrainedStep;
  const [scales, offsets, zeroPoints] = tables.map((table) => table.data);
  const values = new Float32Array(codes.length);
  forEachGroup(groupsOf(method, shape, codes.length, step), (group, start, end) => {
    const scale = scales[group];
    const offset = offsets[group];
    const zeroPoint = step.symmetric ? 0 : zeroPoints[group];
    for (let i = start; i < end; i++) {
      const q = codes[i] - zeroPoint;
      values[i] = q === 0 && step.keepZeros ? 0 : fround(scale * q) + offset;
    }
  });
  return values;
}

/** "mean-constrained 4-bit g128", with "all offset" where zeros do not stay zero. */
function label(step: MeanConstrainedStep): string {
  const suffix = step.keepZeros || step.bits === 1 ? "" : " all offset";
  return `mean-constrained ${gridLabel(step)}${suffix}`;
}

/** The quantizer of `meanConstrained()` steps. */
export const meanConstrainedQuantizer: Quantizer<MeanConstrainedStep> = {
  kind: method,
  quantize,
  dequantize,
  label,
  pieces: { rows: ({ per }) => (per === "tensor" ? undefined : 1) },
};
