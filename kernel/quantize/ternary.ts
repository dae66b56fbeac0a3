/** Three levels: w ≈ w′ = α·q, q ∈ {−1, 0, +1}, one α per tensor, channel or group.
 *
 *  weights (out, in) f32 → codes (out, in) i8 + scale: (1), (out, 1) or (out, ⌈in/group⌉), f32, in groups f16.
 *
 *  "absmean" (the default):  α = mean|w|,  q = clamp(rint(w/α), −1, 1): zero below α/2. BitNet b1.58 (Ma et al. 2024, arXiv
 *                            2402.17764), without its ε in the divisor.
 *  "twn":                    q = sign(w) where |w| > Δ, Δ = 0.7·mean|w|;  α = the mean of those |w|: the least-squares scale for
 *                            these signs. Ternary weight networks (Li & Liu 2016, arXiv 1605.04711).
 *  "optimal":                the k largest |w| for the k that makes (Σ of them)²/k greatest, and their mean: the exact least squared
 *                            error; on ties the smaller k. With α in F16 up to that rounding.
 *
 *  Means are sums in float64 in order, rounded once (F16: upwards); w/α is one float32 operation, rint half to even. Zeros give α = 0.
 *  |w − w′| ≤ max(α/2, max|w| − α) with "absmean", max(Δ, max|w| − α, α − Δ) with the others.
 *  A code takes 2 bits as it is, 1.6 with `horner()` after it (five in a byte), the entropy with `rans()`. One bit per weight, ±α
 *  without zero, is `linear({ bits: 1 })`. */
import { OptionError } from "../errors";
import { checkFinite } from "../measure/finite";
import { checkChoice, checkOptionNames } from "../options";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { checkGranularity, forEachGroup, freezeStep, groupsOf, tableShape, type Granularity } from "../grid/groups";
import type { Quantized, Quantizer } from "./quantizer";
import { checkHalfScales, largestWeight, rint, roundScale, scaleBits, type ScaleType } from "../grid/scale";

const { fround } = Math;
const kind = "ternary";

/** How level and threshold are found: BitNet's mean of |w|, Ternary Weight Networks' rule, or the least squared error. */
export type TernaryMethod = "absmean" | "twn" | "optimal";

/** Options of `ternary()`. */
export interface TernaryOptions {
  /** How level and threshold are found; default "absmean". */
  method?: TernaryMethod;
  /** What shares a scale; default "tensor", or "group" when `group` is given. */
  per?: Granularity;
  /** Weights per group along the row, at least 1; implies per: "group"; default 128 with it. */
  group?: number;
  /** How scales are stored; default "F16" in groups, "F32" per channel or tensor. */
  scaleDtype?: ScaleType;
}

/** The step that `ternary()` gives, checked and frozen. */
export interface TernaryStep extends Step {
  /** Names the quantizer. */
  readonly kind: "ternary";
  /** How level and threshold are found. */
  readonly method: TernaryMethod;
  /** What shares a scale. */
  readonly per: Granularity;
  /** Weights per group along the row, with per: "group". */
  readonly group?: number;
  /** How scales are stored. */
  readonly scaleDtype: ScaleType;
}

/** The step "three levels": `ternary()`, `ternary({ method: "twn", group: 128 })`. Throws `OptionError` for an unknown option or a
 *  value out of range. */
export function ternary(options: TernaryOptions = {}): TernaryStep {
  checkOptionNames(kind, options, ["method", "per", "group", "scaleDtype"]);
  const method = checkChoice(kind, "method", options.method ?? "absmean", ["absmean", "twn", "optimal"]);
  const per = options.per ?? (options.group === undefined ? "tensor" : "group");
  const granularity = checkGranularity(kind, { per, group: options.group });
  const natural = granularity.per === "group" ? "F16" : "F32";
  const scaleDtype = checkChoice(kind, "scaleDtype", options.scaleDtype ?? natural, ["F32", "F16"]);
  return freezeStep({ kind, method, ...granularity, scaleDtype } as const);
}

function quantize(weights: Float32Array, shape: Shape, step: TernaryStep, name?: string): Quantized {
  checkFinite(weights, kind, name);
  const grouping = groupsOf(kind, shape, weights.length, step);
  const codes = new Int8Array(weights.length);
  const scales = new Float32Array(grouping.rows * grouping.groupsPerRow);
  forEachGroup(grouping, (group, start, end) => {
    const sizes = magnitudes(weights, start, end);
    const fit = fits[step.method](sizes);
    const scale = roundScale(fit.scale, step.scaleDtype, kind);
    scales[group] = scale;
    if (scale === 0) return;
    for (let i = start; i < end; i++) {
      const size = sizes[i - start];
      const kept = fit.threshold === undefined ? rint(fround(size / scale)) >= 1 : size > fit.threshold;
      codes[i] = kept ? (weights[i] < 0 ? -1 : 1) : 0;
    }
  });
  checkHalfScales(scales, step.scaleDtype, kind);
  const bitsPerEntry = scaleBits[step.scaleDtype];
  const table = { name: "scale", data: scales, shape: tableShape(grouping, step.per), bitsPerEntry };
  return { step, shape, codes, codeBits: 2, tables: [table] };
}

function magnitudes(weights: Float32Array, start: number, end: number): Float32Array {
  const sizes = weights.slice(start, end);
  for (let i = 0; i < sizes.length; i++) {
    if (sizes[i] < 0) sizes[i] = -sizes[i];
    if (sizes[i] > largestWeight)
      throw new OptionError(`ternary(): a weight of ${sizes[i]} is beyond 2^126; scale the weights first`);
  }
  return sizes;
}

interface Fit {
  readonly scale: number;
  /** |w| above it are kept; absent: those that w/α rounds to 1 or more. */
  readonly threshold?: number;
}

const fits: Record<TernaryMethod, (sizes: Float32Array) => Fit> = {
  absmean: (sizes) => ({ scale: meanAbove(sizes, -1) }),
  twn: (sizes) => {
    const threshold = 0.7 * meanAbove(sizes, -1);
    return { scale: meanAbove(sizes, threshold), threshold };
  },
  optimal: (sizes) => {
    const sorted = sizes.slice().sort();
    let best = 0;
    let threshold = Infinity;
    for (let i = sorted.length - 1, sum = 0; i >= 0; i--) {
      sum += sorted[i];
      const gain = (sum * sum) / (sorted.length - i);
      // Equal magnitudes stay together.
      if (i > 0 && sorted[i - 1] === sorted[i]) continue;
      if (gain > best) {
        best = gain;
        threshold = i > 0 ? sorted[i - 1] : -1;
      }
    }
    return { scale: meanAbove(sizes, threshold), threshold };
  },
};

/** Mean of the magnitudes above `threshold`; 0 when there are none. */
function meanAbove(sizes: Float32Array, threshold: number): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < sizes.length; i++) {
    if (sizes[i] <= threshold) continue;
    sum += sizes[i];
    count++;
  }
  return count === 0 ? 0 : sum / count;
}

function dequantize({ codes, shape, tables, step }: Quantized): Float32Array {
  const scales = tables[0].data;
  const values = new Float32Array(codes.length);
  forEachGroup(groupsOf(kind, shape, codes.length, step as TernaryStep), (group, start, end) => {
    const scale = scales[group];
    for (let i = start; i < end; i++) values[i] = codes[i] * scale;
  });
  return values;
}

/** "ternary per tensor", "ternary twn g128". */
function label({ method, per, group }: TernaryStep): string {
  return `ternary ${method === "absmean" ? "" : `${method} `}${per === "group" ? `g${group}` : `per ${per}`}`;
}

/** The quantizer of `ternary()` steps. */
export const ternaryQuantizer: Quantizer<TernaryStep> = {
  kind,
  quantize,
  dequantize,
  label,
  pieces: { rows: ({ per }) => (per === "tensor" ? undefined : 1) },
};
