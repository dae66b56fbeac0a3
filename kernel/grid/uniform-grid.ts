/** The uniform grid s·(q − z) of one group: its scale and zero point, its codes. Shared by `linear` and `meanConstrained`;
 *  formulas, rounding and bounds stand in linear.ts. */
import { OptionError } from "../errors";
import {
  defaultPercentile,
  leastErrorRange,
  minMaxRange,
  percentileRange,
  type Range,
  type RangeMethod,
} from "./range";
import { largestWeight, rint, roundScale, type ScaleType } from "./scale";

const { fround } = Math;

export interface GridOptions {
  readonly bits: number;
  readonly symmetric: boolean;
  readonly range: RangeMethod;
  readonly percentile?: number;
  readonly scaleDtype: ScaleType;
}

/** One group's grid: w′ = s·(q − z), low ≤ q ≤ high. */
export interface Grid {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly low: number;
  readonly high: number;
}

/** The type that holds codes of that grid: signed when symmetric. */
export function codeArray(
  bits: number,
  symmetric: boolean,
  length: number,
): Int8Array | Int16Array | Uint8Array | Uint16Array {
  if (symmetric) return bits <= 8 ? new Int8Array(length) : new Int16Array(length);
  return bits <= 8 ? new Uint8Array(length) : new Uint16Array(length);
}

/** The grid over `range`. Scales are computed in float64 and rounded once (`roundScale`). */
export function gridOver(range: Range, options: GridOptions, method: string): Grid {
  const { bits, symmetric, scaleDtype } = options;
  if (symmetric) {
    const high = 2 ** (bits - 1) - 1;
    return {
      scale: roundScale(Math.max(-range.lo, range.hi) / high, scaleDtype, method),
      zeroPoint: 0,
      low: -high,
      high,
    };
  }
  const high = 2 ** bits - 1;
  const scale = roundScale((range.hi - range.lo) / high, scaleDtype, method);
  const zeroPoint = scale === 0 ? 0 : Math.min(high, Math.max(0, rint(-range.lo / scale)));
  return { scale, zeroPoint, low: 0, high };
}

/** Finds the grid of weights [start, end) by the chosen range. */
export function fitGrid(weights: Float32Array, start: number, end: number, options: GridOptions, method: string): Grid {
  const full = minMaxRange(weights, start, end);
  if (full.hi > largestWeight || -full.lo > largestWeight)
    throw new OptionError(
      `${method}(): a weight of ${Math.max(full.hi, -full.lo)} is beyond 2^126; scale the weights first`,
    );
  if (full.hi === 0 && full.lo === 0) return gridOver(full, options, method);
  if (options.range === "percentile") {
    const percentile = options.percentile ?? defaultPercentile;
    return gridOver(percentileRange(weights, start, end, percentile, options.symmetric), options, method);
  }
  if (options.range === "mse") {
    const sum = (range: Range, limit: number) =>
      squaredGridError(weights, start, end, gridOver(range, options, method), limit);
    return gridOver(leastErrorRange(full, sum), options, method);
  }
  return gridOver(full, options, method);
}

/** q = clamp(rint(w / s) + z, low, high), w / s in float32; a scale of 0 gives q = z. */
export function codeOf(weight: number, grid: Grid): number {
  if (grid.scale === 0) return grid.zeroPoint;
  const q = rint(fround(weight / grid.scale)) + grid.zeroPoint;
  return q < grid.low ? grid.low : q > grid.high ? grid.high : q;
}

/** Σ(w′ − w)² of weights [start, end) on `grid`, in float64, in order; stops once the sum is above `limit`. */
function squaredGridError(weights: Float32Array, start: number, end: number, grid: Grid, limit: number): number {
  let sum = 0;
  for (let i = start; i < end;) {
    for (const pause = Math.min(end, i + 64); i < pause; i++) {
      const d = fround(grid.scale * (codeOf(weights[i], grid) - grid.zeroPoint)) - weights[i];
      sum += d * d;
    }
    if (sum > limit) return sum;
  }
  return sum;
}
