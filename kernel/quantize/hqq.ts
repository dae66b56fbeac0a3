/** Half-quadratic quantization: an asymmetric grid per group whose zero point, a real number, is moved to make the error sparse.
 *
 *  w ≈ w′ = (q − z)/t,  q = clamp(rint(w·t + z), 0, 2^bits − 1),  t the inverse scale.
 *  weights (out, in) f32 → codes (out, in) u8 + scale = 1/t and zeroPoint = z, both (out, ⌈in/group⌉) f32, or stored as f16.
 *
 *  Start:  t = (2^bits − 1)/(max w − min w), 1 where max w − min w ≤ 1e-4, at most 2e4;  z = −min w·t, rounded to a whole number at
 *          4 bits (`roundZero`).
 *  Repeat up to `iterations` times, β ← κβ after each:
 *    w″ = (q − z)/t;  e = shrink(w − w″),  shrink(x) = sign(x)·max(|x| − |x|^(p−1)/β, 0): the minimum over e of φ(e) + β/2·(w − w″ − e)²
 *    for the norm φ = |·|^p;   z = mean over the group of q − (w − e)·t.
 *  A round whose mean |w − w″| over the tensor is not below that of the round before is the last.
 *
 *  All in float32, one operation after the other; |x|^(p−1) in float64 and rounded; means in float64 in order and rounded. Where
 *  |x| = 0, e = 0. Defaults: 4 bits, groups of 64, 20 iterations, p 0.7, β 10, κ 1.01. A group of one value keeps t = 1 and
 *  w′ = w up to rounding while |w| is small; in general |w − w′| ≤ 1/(2t) inside the grid, more for the weights that a moved z clamps.
 *  Where all |w| of a tensor are below 2^-10, w is taken times a power of two, and the scales by its inverse.
 *  The group lies along the row ("axis 1"); the last may be shorter.
 *
 *  Source: Badri & Shaji 2023, Half-Quadratic Quantization of Large Machine Learning Models; the stopping rule and the limits as in
 *  the authors' float32 program. */
import { OptionError } from "../errors";
import { checkChoice, checkFlag, checkNumber, checkOptionNames } from "../options";
import { parametersOf, type Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import {
  checkGranularity,
  forEachGroup,
  freezeStep,
  groupsOf,
  tableShape,
  type Granularity,
  type Grouping,
} from "../grid/groups";

import type { HalfQuadraticGrid } from "../loops/half-quadratic";
import { loops } from "../loops/loops";
import { checkFinite } from "../measure/finite";
import { HalfRangeError, largestWeight, leastHalfScale, rint, roundTo, scaleBits, type ScaleType } from "../grid/scale";
import type { PieceSurvey, Quantized, Quantizer } from "./quantizer";
import { tilingOfGroups } from "../grid/tiles";

const { fround } = Math;
const kind = "hqq";

/** Options of `hqq()`. */
export interface HqqOptions {
  /** Bits per weight, 1–8; default 4. */
  bits?: number;
  /** What shares a scale; default "group". */
  per?: Granularity;
  /** Weights per group along the row, at least 1; default 64. */
  group?: number;
  /** Rounds at most, 0–10,000; default 20. 0 gives the starting grid. */
  iterations?: number;
  /** Exponent p of the norm, 0.01–1, 1 for the absolute error; default 0.7. */
  norm?: number;
  /** Weight β of the half-quadratic term, 10^−6 to 10^12; default 10. */
  beta?: number;
  /** Factor κ of β from round to round, 1–100; default 1.01. */
  kappa?: number;
  /** Start from a whole zero point; default true at 4 bits only. */
  roundZero?: boolean;
  /** How scales and zero points are stored; default "F16". */
  scaleDtype?: ScaleType;
}

/** The step that `hqq()` gives, checked and frozen. */
export interface HqqStep extends Step {
  /** Names the method. */
  readonly kind: "hqq";
  /** Bits per weight, 1–8. */
  readonly bits: number;
  /** What shares a scale. */
  readonly per: Granularity;
  /** Weights per group along the row, with per: "group". */
  readonly group?: number;
  /** Rounds at most; 0 gives the starting grid. */
  readonly iterations: number;
  /** Exponent p of the norm, above 0 and up to 1. */
  readonly norm: number;
  /** Weight β of the half-quadratic term. */
  readonly beta: number;
  /** Factor κ of β from round to round. */
  readonly kappa: number;
  /** True where the start has a whole zero point. */
  readonly roundZero: boolean;
  /** How scales and zero points are stored. */
  readonly scaleDtype: ScaleType;
}

/** The step "half-quadratic quantization": `hqq()`, `hqq({ bits: 3, group: 32 })`. Throws `OptionError` for an unknown option or a
 *  value out of range. */
export function hqq(options: HqqOptions = {}): HqqStep {
  const names = ["bits", "per", "group", "iterations", "norm", "beta", "kappa", "roundZero", "scaleDtype"];
  checkOptionNames(kind, options, names);
  const bits = checkNumber(kind, "bits", options.bits ?? 4, { minimum: 1, maximum: 8, integer: true });
  const per = options.per ?? "group";
  const group = options.group ?? (per === "group" ? 64 : undefined);
  const between = (name: "norm" | "beta" | "kappa", natural: number, minimum: number, maximum: number) =>
    checkNumber(kind, name, options[name] ?? natural, { minimum, maximum });
  return freezeStep({
    kind,
    bits,
    ...checkGranularity(kind, { per, group }),
    iterations: checkNumber(kind, "iterations", options.iterations ?? 20, {
      minimum: 0,
      maximum: 10_000,
      integer: true,
    }),
    norm: between("norm", 0.7, 0.01, 1),
    beta: between("beta", 10, 1e-6, 1e12),
    kappa: between("kappa", 1.01, 1, 100),
    roundZero: checkFlag(kind, "roundZero", options.roundZero ?? bits === 4),
    scaleDtype: checkChoice(kind, "scaleDtype", options.scaleDtype ?? "F16", ["F32", "F16"]),
  } as const);
}

function quantize(weights: Float32Array, shape: Shape, step: HqqStep, name?: string): Quantized {
  checkFinite(weights, kind, name);
  const grouping = groupsOf(kind, shape, weights.length, step);
  const highest = 2 ** step.bits - 1;
  // The method has limits of its own for t: weights that are all tiny are brought near 1, and their scales back.
  const factor = factorOf(largestOf(weights));
  const near = brought(weights, factor);
  const grid = startGrid(near, grouping, highest, step.roundZero);
  refine(near, grouping, grid, highest, step);
  return quantizeOn(grid, near, shape, step, factor);
}

/** The codes of weights that were brought near 1 by `factor`. */
function quantizeOn(
  grid: HalfQuadraticGrid,
  near: Float32Array,
  shape: Shape,
  step: HqqStep,
  factor: number,
): Quantized {
  const grouping = groupsOf(kind, shape, near.length, step);
  const highest = 2 ** step.bits - 1;
  const codes = loops.halfQuadratic.encode(near, tilingOfGroups(grouping), grid, highest);
  const scales = new Float32Array(grid.inverse.length);
  const zeroPoints = new Float32Array(grid.zero.length);
  for (let group = 0; group < scales.length; group++) {
    const scale = fround(fround(1 / grid.inverse[group]) / factor);
    if (step.scaleDtype === "F16" && scale < leastHalfScale)
      throw new HalfRangeError(
        `hqq(): a scale of ${scale} has few digits in float16, which ends at 2^-24; take scaleDtype: "F32"`,
      );
    scales[group] = roundTo(step.scaleDtype, scale, kind);
    zeroPoints[group] = roundTo(step.scaleDtype, grid.zero[group], kind);
  }
  const shared = { shape: tableShape(grouping, step.per), bitsPerEntry: scaleBits[step.scaleDtype] };
  const tables = [
    { name: "scale", data: scales, ...shared },
    { name: "zeroPoint", data: zeroPoints, ...shared },
  ];
  return { step, shape, codes, codeBits: step.bits, tables };
}

/** The largest |w|. */
function largestOf(weights: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < weights.length; i++) largest = Math.max(largest, Math.abs(weights[i]));
  return largest;
}

/** 1, or, where the largest |w| is below 2^-10, the power of two that brings it between ½ and 1. */
function factorOf(largest: number): number {
  return largest === 0 || largest >= 2 ** -10 ? 1 : 2 ** Math.min(126, -1 - Math.floor(Math.log2(largest)));
}

const brought = (weights: Float32Array, factor: number): Float32Array =>
  factor === 1 ? weights : weights.map((weight) => weight * factor);

function startGrid(weights: Float32Array, grouping: Grouping, highest: number, roundZero: boolean): HalfQuadraticGrid {
  const groups = grouping.rows * grouping.groupsPerRow;
  const inverse = new Float32Array(groups);
  const zero = new Float32Array(groups);
  forEachGroup(grouping, (group, start, end) => {
    let least = Infinity;
    let most = -Infinity;
    for (let i = start; i < end; i++) {
      if (weights[i] < least) least = weights[i];
      if (weights[i] > most) most = weights[i];
    }
    if (start === end) least = most = 0;
    if (most > largestWeight || -least > largestWeight)
      throw new OptionError(`hqq(): a weight of ${Math.max(most, -least)} is beyond 2^126; scale the weights first`);
    const width = fround(most - least);
    const t = width <= fround(1e-4) ? 1 : Math.min(fround(highest / width), 2e4);
    const z = fround(-least * t);
    inverse[group] = t;
    zero[group] = roundZero ? rint(z) : z;
  });
  return { inverse, zero };
}

/** Moves the zero points, in place. */
function refine(
  weights: Float32Array,
  grouping: Grouping,
  grid: HalfQuadraticGrid,
  highest: number,
  { norm, beta: firstBeta, kappa, iterations }: HqqStep,
): void {
  const tiling = tilingOfGroups(grouping);
  let beta = firstBeta;
  let bestError = Infinity;
  const next = new Float32Array(grid.zero.length);
  for (let round = 0; round < iterations; round++, beta *= kappa) {
    const total = loops.halfQuadratic.round(weights, tiling, grid, { highest, norm, beta, total: 0 }, next);
    const error = total / Math.max(1, weights.length);
    grid.zero.set(next);
    if (error >= bestError) return;
    bestError = error;
  }
}

function dequantize({ codes, shape, tables, step }: Quantized): Float32Array {
  const [scales, zeroPoints] = tables.map((table) => table.data as Float32Array);
  const tiling = tilingOfGroups(groupsOf(kind, shape, codes.length, step as HqqStep));
  return loops.halfQuadratic.decode(codes, tiling, scales, zeroPoints);
}

/** "hqq 4-bit g64". */
function label({ bits, per, group }: HqqStep): string {
  return `hqq ${bits}-bit ${per === "group" ? `g${group}` : `per ${per}`}`;
}

/** The rounds are passes over the tensor, because the error over all of it says which is the last; between them the grid is all that is kept. */
function survey(step: HqqStep, shape: Shape): PieceSurvey {
  const highest = 2 ** step.bits - 1;
  const { groupsPerRow, rows } = groupsOf(kind, shape, parametersOf(shape), step);
  const grid = { inverse: new Float32Array(rows * groupsPerRow), zero: new Float32Array(rows * groupsPerRow) };
  const next = new Float32Array(grid.zero.length);
  const groupingOf = (piece: Float32Array): Grouping =>
    groupsOf(kind, [piece.length / (parametersOf(shape) / rows), parametersOf(shape) / rows], piece.length, step);
  const partOf = (values: Float32Array, row: number, { rows: count }: Grouping): Float32Array =>
    values.subarray(row * groupsPerRow, (row + count) * groupsPerRow);
  const gridOf = (row: number, grouping: Grouping): HalfQuadraticGrid => ({
    inverse: partOf(grid.inverse, row, grouping),
    zero: partOf(grid.zero, row, grouping),
  });
  // The first pass finds the largest weight, the second makes the starting grid.
  let round = -2;
  let largest = 0;
  let factor = 1;
  let beta = step.beta;
  let total = 0;
  let bestError = Infinity;
  return {
    add(piece, row) {
      if (round === -2) {
        largest = Math.max(largest, largestOf(piece));
        return;
      }
      const grouping = groupingOf(piece);
      const near = brought(piece, factor);
      if (round === -1) {
        const start = startGrid(near, grouping, highest, step.roundZero);
        grid.inverse.set(start.inverse, row * groupsPerRow);
        grid.zero.set(start.zero, row * groupsPerRow);
        return;
      }
      const settings = { highest, norm: step.norm, beta, total };
      const into = partOf(next, row, grouping);
      total = loops.halfQuadratic.round(near, tilingOfGroups(grouping), gridOf(row, grouping), settings, into);
    },
    wantsMore() {
      if (round === -2) factor = factorOf(largest);
      if (round >= 0) {
        const error = total / Math.max(1, parametersOf(shape));
        grid.zero.set(next);
        beta *= step.kappa;
        if (error >= bestError) return false;
        bestError = error;
      }
      total = 0;
      return ++round < step.iterations;
    },
    quantize: (piece, own, row) =>
      quantizeOn(gridOf(row, groupingOf(piece)), brought(piece, factor), own, step, factor),
  };
}

/** The quantizer of `hqq()` steps. */
export const hqqQuantizer: Quantizer<HqqStep> = {
  kind,
  quantize,
  dequantize,
  label,
  pieces: { rows: ({ per }) => (per === "tensor" ? undefined : 1), survey },
};
