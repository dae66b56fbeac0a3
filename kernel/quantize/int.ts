/** Integer schemes as compressed-tensors defines them (W4A16, W8A16, W8A8 and their kin): signed codes, both ends of the range used.
 *
 *  w ≈ w′ = s·(q − z),  q = rint(clamp(w/s + z, −2^(bits−1), 2^(bits−1) − 1)).
 *  Symmetric (the default):  s = max|w| / ((2^bits − 1)/2),  z = 0: at 4 bits max|w|/7.5 and −8 … 7.
 *  Asymmetric:               lo = min(0, min w), hi = max(0, max w),  s = (hi − lo)/(2^bits − 1),
 *                            z = rint(clamp(−2^(bits−1) − lo/s, −2^(bits−1), 2^(bits−1) − 1)).
 *  weights (out, in) f32 → codes (out, in) i8 + scale and zeroPoint: (1), (out, 1) or (out, ⌈in/group⌉). Groups lie along the row;
 *  the last may be shorter (compressed-tensors itself takes rows of whole groups only). In files compressed-tensors calls `per` the
 *  strategy.
 *
 *  Every operation is one float32 operation, rint rounds half to even, the zero point is added before rounding. The scale is rounded
 *  to `scaleDtype`; one that is then 0 becomes the spacing of that type at 1: 2^-23 for F32, 2^-10 for F16, 2^-7 for BF16. What
 *  shares a scale and holds only zeros gets that scale, z = 0, and w′ = 0. |w| up to 2^126.
 *  |w − w′| ≤ s/2 with a scale stored in F32, symmetric; ≤ s asymmetric (the rounding of z adds up to s/2 at the ends); up to float32
 *  rounding. A scale rounded down to F16 or BF16 adds up to 2^(bits−1)·s times its relative error (2^-11, 2^-8).
 *
 *  Source: compressed-tensors 0.20.0, whose codes, scales, zero points and values these equal. `linear` is the same idea with the
 *  symmetric range −qmax … qmax. */
import { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from "../bytes/half-float";
import { checkChoice, checkFlag, checkNumber, checkOptionNames } from "../options";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { checkGranularity, freezeStep, type Granularity } from "../grid/groups";

import { loops } from "../loops/loops";
import { checkFinite } from "../measure/finite";
import { checkLargest } from "./blocks/microscaling";
import type { Quantized, Quantizer, Table } from "./quantizer";
import { HalfRangeError, leastHalfScale, rint } from "../grid/scale";
import { forEachRun, tilesOf, type Tiling } from "../grid/tiles";

const { fround } = Math;
const kind = "int";

/** Options of `int()`. */
export interface IntOptions {
  /** Bits per weight, 2–8. */
  bits: number;
  /** true: no zero points (default). false: a zero point moves the grid. */
  symmetric?: boolean;
  /** What shares a scale; default "group" below 8 bits, "channel" at 8, or "group" when `group` is given. */
  per?: Granularity;
  /** Weights per group along the row, at least 1; implies per: "group"; default 128. */
  group?: number;
  /** How scales are stored; default "F32". compressed-tensors stores them in the type of the model's weights. */
  scaleDtype?: "F32" | "F16" | "BF16";
}

/** The step that `int()` gives, checked and frozen. */
export interface IntStep extends Step {
  /** Names the method. */
  readonly kind: "int";
  /** Bits per weight, 2–8. */
  readonly bits: number;
  /** True without zero points. */
  readonly symmetric: boolean;
  /** What shares a scale. */
  readonly per: Granularity;
  /** Weights per group along the row, with per: "group". */
  readonly group?: number;
  /** How scales are stored. */
  readonly scaleDtype: "F32" | "F16" | "BF16";
}

/** How scales are rounded, the largest of them and the least that keeps its digits, the stand-in for 0, and their bits. */
const scaleTypes = {
  F32: { round: (x: number) => x, largest: 3.4028234663852886e38, least: 0, zero: 2 ** -23, bits: 32 },
  F16: {
    round: (x: number) => decodeFloat16(encodeFloat16(x)),
    largest: 65504,
    least: leastHalfScale,
    zero: 2 ** -10,
    bits: 16,
  },
  BF16: {
    round: (x: number) => decodeBfloat16(encodeBfloat16(x)),
    largest: 3.3895313892515355e38,
    least: 0,
    zero: 2 ** -7,
    bits: 16,
  },
};

/** The step "integers as in compressed-tensors": `int({ bits: 4 })`, `int({ bits: 8, per: "channel" })`,
 *  `int({ bits: 4, symmetric: false, group: 32 })`. Throws `OptionError` for an unknown option or a value out of range. */
export function int(options: IntOptions): IntStep {
  checkOptionNames(kind, options, ["bits", "symmetric", "per", "group", "scaleDtype"]);
  const bits = checkNumber(kind, "bits", options.bits, { minimum: 2, maximum: 8, integer: true });
  const symmetric = checkFlag(kind, "symmetric", options.symmetric ?? true);
  const natural = bits === 8 && options.group === undefined ? "channel" : "group";
  const granularity = checkGranularity(kind, { per: options.per ?? natural, group: options.group });
  const scaleDtype = checkChoice(kind, "scaleDtype", options.scaleDtype ?? "F32", ["F32", "F16", "BF16"]);
  return freezeStep({ kind, bits, symmetric, ...granularity, scaleDtype } as const);
}

function tilingOf(shape: Shape, count: number, step: IntStep): Tiling {
  return tilesOf(kind, shape, count, step.per, 1, step.group ?? 1);
}

function quantize(weights: Float32Array, shape: Shape, step: IntStep, name?: string): Quantized {
  checkFinite(weights, kind, name);
  const tiling = tilingOf(shape, weights.length, step);
  const high = 2 ** (step.bits - 1) - 1;
  const low = -high - 1;
  const { scales, zeroPoints } = fitScales(weights, tiling, step, low, high);
  const codes = loops.tiles.encodeIntegers(weights, tiling, scales, zeroPoints, { low, high });
  const { tableShape } = tiling;
  const tables: Table[] = [
    { name: "scale", data: scales, shape: tableShape, bitsPerEntry: scaleTypes[step.scaleDtype].bits },
  ];
  if (!step.symmetric) tables.push({ name: "zeroPoint", data: zeroPoints, shape: tableShape, bitsPerEntry: step.bits });
  return { step, shape, codes, codeBits: step.bits, tables };
}

function fitScales(weights: Float32Array, tiling: Tiling, step: IntStep, low: number, high: number) {
  const range = high - low;
  const magnitudes = loops.tiles.largestMagnitudes(weights, tiling);
  checkLargest(kind, magnitudes);
  const zeroPoints = new Int8Array(tiling.tiles);
  const { round, largest, least: leastScale, zero } = scaleTypes[step.scaleDtype];
  const stored = (scale: number) => {
    if (scale > largest || (scale > 0 && scale < leastScale))
      throw new HalfRangeError(
        `int(): a scale of ${scale} is beyond ${step.scaleDtype}, which holds ${leastScale} to ${largest}; take scaleDtype: "F32"`,
      );
    return round(scale) || zero;
  };
  if (step.symmetric) {
    const scales = Float32Array.from(magnitudes, (magnitude) => stored(fround(magnitude / (range / 2))));
    return { scales, zeroPoints };
  }
  const { lows, highs } = extremes(weights, tiling);
  const scales = Float32Array.from(lows, (lo, tile) => {
    const exact = fround(fround(highs[tile] - lo) / range);
    const offset = exact === 0 ? 0 : fround(low - fround(lo / exact));
    zeroPoints[tile] = rint(offset < low ? low : offset > high ? high : offset);
    return stored(exact);
  });
  return { scales, zeroPoints };
}

/** The smallest and the largest of 0 and the weights of each tile. */
function extremes(weights: Float32Array, tiling: Tiling): { lows: Float32Array; highs: Float32Array } {
  const lows = new Float32Array(tiling.tiles);
  const highs = new Float32Array(tiling.tiles);
  forEachRun(tiling, (tile, start, end) => {
    for (let i = start; i < end; i++) {
      if (weights[i] < lows[tile]) lows[tile] = weights[i];
      else if (weights[i] > highs[tile]) highs[tile] = weights[i];
    }
  });
  return { lows, highs };
}

function dequantize(quantized: Quantized): Float32Array {
  const { codes, shape, tables } = quantized;
  const tiling = tilingOf(shape, codes.length, quantized.step as IntStep);
  const zeroPoints = tables.length > 1 ? (tables[1].data as Int8Array) : undefined;
  return loops.uniform.decode(codes, tiling, tables[0].data as Float32Array, zeroPoints);
}

/** "int 4-bit g128", "int 8-bit asymmetric per channel". */
function label(step: IntStep): string {
  const words = [`int ${step.bits}-bit`];
  if (!step.symmetric) words.push("asymmetric");
  words.push(step.per === "group" ? `g${step.group}` : `per ${step.per}`);
  return words.join(" ");
}

/** The quantizer of `int()` steps. */
export const intQuantizer: Quantizer<IntStep> = {
  kind,
  quantize,
  dequantize,
  label,
  pieces: { rows: ({ per }) => (per === "tensor" ? undefined : 1) },
};
