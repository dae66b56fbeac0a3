/** The rounds of half-quadratic quantization; what they are for stands in quantize/hqq.ts. */
import type { CodeArray } from "../grid/arrays";
import { rint } from "../grid/scale";
import { forEachRun, type Tiling } from "../grid/tiles";
import { decodeHqq, hqqCodes, hqqRound } from "../simd/codes";
import { arenaBytes, arenaFloats } from "../simd/layer-memory";
import { ownCodes } from "./own-codes";
import { fitsTiling, tileShapeOf } from "./tiles";

const { fround } = Math;

/** Arrays with an entry for each group. */
export interface HalfQuadraticGrid {
  /** Inverse scales t. */
  readonly inverse: Float32Array;
  /** Zero points z. */
  readonly zero: Float32Array;
}

/** What stays the same for all groups of a round. */
export interface HalfQuadraticRound {
  /** 2^bits − 1. */
  readonly highest: number;
  /** p of the norm |e|^p. */
  readonly norm: number;
  readonly beta: number;
  /** The sum over the weights before these. */
  readonly total: number;
}

/** Loops of half-quadratic quantization. */
export interface HalfQuadraticLoops {
  /** One round over groups along the rows: the next zero points into `next`, one for each group, and `total` + Σ|w − w″| over all weights,
   *  in float64 in order. */
  round(
    weights: Float32Array,
    tiling: Tiling,
    grid: HalfQuadraticGrid,
    round: HalfQuadraticRound,
    next: Float32Array,
  ): number;
  /** clamp(rint(w·t + z), 0, highest), each a float32 operation. */
  encode(weights: Float32Array, tiling: Tiling, grid: HalfQuadraticGrid, highest: number): Uint8Array;
  /** (q − z)·scale, each a float32 operation. */
  decode(codes: CodeArray, tiling: Tiling, scales: Float32Array, zeroPoints: Float32Array): Float32Array;
}

/** q = clamp(rint(w·t + z), 0, highest), each a float32 operation. */
export function halfQuadraticCode(w: number, t: number, z: number, highest: number): number {
  const q = rint(fround(fround(w * t) + z));
  return q < 0 ? 0 : q > highest ? highest : q;
}

/** Below it every error shrinks to zero: |x| − |x|^(p−1)/β ≤ 0 up to |x| = β^(−1/(2−p)), and one percent below that no rounding brings it
 *  above zero. */
function shrinkLimit({ norm, beta }: HalfQuadraticRound): number {
  return fround(0.99 * beta ** (-1 / (2 - norm)));
}

function shrink(x: number, norm: number, beta: number): number {
  const size = x < 0 ? -x : x;
  if (size === 0) return 0;
  const left = fround(size - fround(fround(1 / beta) * fround(size ** (norm - 1))));
  return left <= 0 ? 0 : x < 0 ? -left : left;
}

/** The round in plain TypeScript. */
export const plainHalfQuadratic: HalfQuadraticLoops = {
  round(weights, tiling, { inverse, zero }, round, next) {
    const { highest, norm, beta } = round;
    const limit = shrinkLimit(round);
    let { total } = round;
    forEachRun(tiling, (group, start, end) => {
      const t = inverse[group];
      const z = zero[group];
      let sum = 0;
      for (let i = start; i < end; i++) {
        const w = weights[i];
        const q = halfQuadraticCode(w, t, z, highest);
        const x = fround(w - fround(fround(q - z) / t));
        const size = x < 0 ? -x : x;
        total += size;
        const error = size < limit ? 0 : shrink(x, norm, beta);
        sum += fround(q - fround(fround(w - error) * t));
      }
      next[group] = start === end ? z : sum / (end - start);
    });
    return total;
  },
  encode(weights, tiling, { inverse, zero }, highest) {
    const codes = new Uint8Array(weights.length);
    forEachRun(tiling, (group, start, end) => {
      const t = inverse[group];
      const z = zero[group];
      for (let i = start; i < end; i++) codes[i] = halfQuadraticCode(weights[i], t, z, highest);
    });
    return codes;
  },
  decode(codes, tiling, scales, zeroPoints) {
    const values = new Float32Array(codes.length);
    forEachRun(tiling, (group, start, end) => {
      const scale = scales[group];
      const zeroPoint = zeroPoints[group];
      for (let i = start; i < end; i++) values[i] = fround(codes[i] - zeroPoint) * scale;
    });
    return values;
  },
};

/** The same by WebAssembly SIMD, but for rounds in which an error stays, and for stored forms that do not fit. */
export const fastHalfQuadratic: HalfQuadraticLoops = {
  round(weights, tiling, grid, round, next) {
    // The kernel takes rounds over some weights in which all errors shrink to zero.
    const total =
      weights.length === 0
        ? undefined
        : hqqRound(weights, tileShapeOf(tiling), { ...grid, next }, { ...round, limit: shrinkLimit(round) });
    return total ?? plainHalfQuadratic.round(weights, tiling, grid, round, next);
  },
  encode: (weights, tiling, grid, highest) =>
    hqqCodes(weights, tileShapeOf(tiling), grid, highest, arenaBytes(weights.length)),
  decode(codes, tiling, scales, zeroPoints) {
    const own = ownCodes(codes);
    const fits = fitsTiling(codes, scales, tiling) && scales.length === zeroPoints.length;
    return own instanceof Uint8Array && fits
      ? decodeHqq(own, tileShapeOf(tiling), scales, zeroPoints, arenaFloats(own.length))
      : plainHalfQuadratic.decode(codes, tiling, scales, zeroPoints);
  },
};
