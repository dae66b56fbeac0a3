/** What part of a group's weights the grid spans: [lo, hi] with lo ≤ 0 ≤ hi. Symmetric grids use hi = −lo = max(−lo, hi).
 *  - minmax: the smallest and the largest weight.
 *  - percentile p: symmetric, the p-th percentile of |w|; asymmetric, the (100−p)/2-th and the (100+p)/2-th percentile of w.
 *    Nearest rank: the ⌈n·p/100⌉-th smallest (numpy's "inverted_cdf"). Weights outside are clamped. When that range is empty
 *    though some weight is not zero (most are), min–max stands in.
 *  - mse: min–max shrunk by the factor c that gives the least Σ(w′ − w)². c = 2^(−i/8), i = 0…48, then c·2^(±j/64), j = 1…7,
 *    around the best; not above 1; on ties the larger range, then the earlier try. */
import { sortValues, valueOfRank } from "./order";

/** What the grid spans: all weights, all but a few, or what gives the least squared error; the formulas stand above. */
export type RangeMethod = "minmax" | "percentile" | "mse";

/** Share of the weights inside, in percent, unless told. */
export const defaultPercentile = 99.9;

/** What a grid spans: lo ≤ 0 ≤ hi. */
export interface Range {
  /** The lower end. */
  readonly lo: number;
  /** The upper end. */
  readonly hi: number;
}

/** From the smallest to the largest of weights[start … end), 0 included. */
export function minMaxRange(weights: Float32Array, start: number, end: number): Range {
  let lo = 0;
  let hi = 0;
  for (let i = start; i < end; i++) {
    const w = weights[i];
    if (w < lo) lo = w;
    else if (w > hi) hi = w;
  }
  return { lo, hi };
}

/** Position of the p-th percentile among n sorted values, by nearest rank. */
export function rankOfPercentile(percentile: number, count: number): number {
  return Math.min(count - 1, Math.max(0, Math.ceil((percentile * count) / 100 - 1e-9) - 1));
}

/** The range that holds `percentile` percent of weights[start … end); min–max where it would be empty. */
export function percentileRange(
  weights: Float32Array,
  start: number,
  end: number,
  percentile: number,
  symmetric: boolean,
): Range {
  const group = weights.slice(start, end);
  if (symmetric) for (let i = 0; i < group.length; i++) group[i] = Math.abs(group[i]);
  const sorted = group.length <= 4096 ? sortValues(group) : undefined;
  const at = (p: number) => {
    const rank = rankOfPercentile(p, group.length);
    return sorted ? sorted[rank] : valueOfRank(group, rank);
  };
  const hi = Math.max(0, at(symmetric ? percentile : (100 + percentile) / 2));
  const lo = symmetric ? -hi : Math.min(0, at((100 - percentile) / 2));
  return lo < hi ? { lo, hi } : minMaxRange(weights, start, end);
}

/** Shrinks `range` to the least squared error. `squaredError(range, limit)` gives Σ(w′ − w)², or anything above `limit` as soon
 *  as the sum has passed it. */
export function leastErrorRange(range: Range, squaredError: (range: Range, limit: number) => number): Range {
  let best = 1;
  let bestError = Infinity;
  const attempt = (factor: number) => {
    if (factor > 1) return;
    const error = squaredError(shrink(range, factor), bestError);
    if (error > bestError || (error === bestError && factor <= best)) return;
    bestError = error;
    best = factor;
  };
  shrinkFactors.coarse.forEach(attempt);
  const coarse = best;
  for (const factor of shrinkFactors.fine) attempt(coarse * factor);
  return shrink(range, best);
}

/** Factors tried in order, and those by which the best of them is varied. */
export const shrinkFactors: { readonly coarse: readonly number[]; readonly fine: readonly number[] } = {
  coarse: Array.from({ length: 49 }, (_, i) => 2 ** (-i / 8)),
  fine: [1, 2, 3, 4, 5, 6, 7].flatMap((j) => [2 ** (j / 64), 2 ** (-j / 64)]),
};

function shrink(range: Range, factor: number): Range {
  return { lo: range.lo * factor, hi: range.hi * factor };
}
