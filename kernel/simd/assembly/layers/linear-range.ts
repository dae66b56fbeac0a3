/** Ranges of a group's weights other than from the smallest to the largest: formulas in `kernel/grid/range.ts`. */
import { largestCode, roundScales, zeroPoints } from "./_scales";
import { GRID, Grid, GROUP_TABLES, GroupTables, LISTS, RANKS, Ranks } from "./_shared";
import { pinned } from "./_pin";

/** The largest values found so far, in order, while one of a rank is sought. */
const kept = memory.data(64 * 4, 16);

/** The k-th largest of the `count` values at x, 1 ≤ k ≤ min(64, count); of their magnitudes, or of their negatives, when asked. */
function largestOfRank(x: usize, count: i32, k: i32, magnitudes: bool, negated: bool): f32 {
  let filled = 0;
  let least = -Infinity as f32;
  for (let i = 0; i < count; i++, x += 4) {
    let value = load<f32>(x);
    if (magnitudes) value = abs(value);
    if (negated) value = -value;
    if (filled == k && value <= least) continue;
    // The smallest kept value stands last.
    let place = filled < k ? filled++ : k - 1;
    for (; place > 0; place--) {
      const above = load<f32>(kept + ((<usize>(place - 1)) << 2));
      if (above >= value) break;
      store<f32>(kept + ((<usize>place) << 2), above);
    }
    store<f32>(kept + ((<usize>place) << 2), value);
    if (filled == k) least = load<f32>(kept + ((<usize>(k - 1)) << 2));
  }
  return least;
}

/** The value of rank `rank` (0 is the smallest). Partitions the values in place. */
function valueOfRank(x: usize, count: i32, rank: i32): f32 {
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const pivot = load<f32>(x + ((<usize>((low + high) >> 1)) << 2));
    let i = low;
    let j = high;
    while (i <= j) {
      while (load<f32>(x + ((<usize>i) << 2)) < pivot) i++;
      while (load<f32>(x + ((<usize>j) << 2)) > pivot) j--;
      if (i > j) break;
      const swapped = load<f32>(x + ((<usize>i) << 2));
      store<f32>(x + ((<usize>i) << 2), load<f32>(x + ((<usize>j) << 2)));
      i++;
      store<f32>(x + ((<usize>j) << 2), swapped);
      j--;
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
  return load<f32>(x + ((<usize>rank) << 2));
}

/** The value of rank `rank` among x or |x|; `scratch` is the address of (count) f32. */
function ranked(x: usize, count: i32, rank: i32, magnitudes: bool, scratch: usize): f32 {
  if (count - rank <= 64) return largestOfRank(x, count, count - rank, magnitudes, false);
  if (rank < 64) return -largestOfRank(x, count, rank + 1, magnitudes, true);
  for (let i: usize = 0; i < (<usize>count) << 2; i += 4) {
    const value = load<f32>(x + i);
    store<f32>(scratch + i, magnitudes ? abs(value) : value);
  }
  return valueOfRank(scratch, count, rank);
}

/** Replaces the bounds that `linearRanges` gave by percentiles where these give a range: for symmetric grids of |w|, at both ends. One row of
 *  groups, whose number in the tables at GROUP_TABLES begins with `firstGroup`; the ranks stand at RANKS. `scratch`: (columns) f32. */
export function percentileRanges(weights: usize, columns: i32, group: i32, firstGroup: i32, scratch: usize): void {
  const symmetric = changetype<Grid>(GRID).symmetric;
  const ranks = changetype<Ranks>(RANKS);
  let bounds = changetype<GroupTables>(GROUP_TABLES).bounds + ((<usize>firstGroup) << 3);
  for (let start = 0; start < columns; start += group) {
    const length = min(group, columns - start);
    const isFull = length == group;
    // A group without a range is all zeros, and keeps its bounds.
    if (load<f32>(bounds) < 0 || load<f32>(bounds, 4) > 0) {
      const high = max<f32>(0, ranked(weights, length, isFull ? ranks.high : ranks.highRest, symmetric, scratch));
      const low = symmetric
        ? -high
        : min<f32>(0, ranked(weights, length, isFull ? ranks.low : ranks.lowRest, false, scratch));
      if (low < high) {
        store<f32>(bounds, low);
        store<f32>(bounds, high, 4);
      }
    }
    weights += (<usize>length) << 2;
    bounds += 8;
  }
}

/** Scales f32 and zero points i32 of the four grids that are tried at a time. */
const trialScales = memory.data(16, 16);
const trialZeros = memory.data(16, 16);
/** Σ(w′ − w)² f64 on each of these grids. */
const trialErrors = memory.data(32, 16);

/** Fits the four grids over [lo·c, hi·c], one for each factor c at `factors` (4) f64. */
function fitTrials(lo: f64, hi: f64, factors: usize, top: f64, symmetric: bool, half: bool): void {
  const tops = f64x2.splat(top);
  for (let k: usize = 0; k < 2; k++) {
    const factor = v128.load(factors + 16 * k);
    const low = f64x2.mul(f64x2.splat(lo), factor);
    const high = f64x2.mul(f64x2.splat(hi), factor);
    const span = symmetric ? f64x2.pmax(high, f64x2.neg(low)) : f64x2.sub(high, low);
    const scales = roundScales(f64x2.div(span, tops), half);
    store<u64>(trialScales + 8 * k, i64x2.extract_lane(scales, 0));
    const zeros = symmetric ? i32x4.splat(0) : zeroPoints(low, scales, top);
    store<u64>(trialZeros + 8 * k, i64x2.extract_lane(zeros, 0));
  }
}

/** Sums Σ(w′ − w)² in float64, in the order of the weights, on four grids at a time. It stops early when all four sums are above `limit`. */
function sumTrials(weights: usize, count: i32, minimum: f32, maximum: f32, limit: f64): void {
  const scales = v128.load(trialScales);
  const zeros = f32x4.convert_i32x4_s(v128.load(trialZeros));
  const none = f32x4.eq(scales, f32x4.splat(0));
  const divisors = pinned(v128.bitselect(f32x4.splat(1), scales, none));
  const lows = pinned(f32x4.sub(f32x4.splat(minimum), zeros));
  const highs = pinned(f32x4.sub(f32x4.splat(maximum), zeros));
  const steps = v128.load(trialScales);
  let first = f64x2.splat(0);
  let second = first;
  const limits = f64x2.splat(limit);
  const end = weights + ((<usize>count) << 2);
  while (weights < end) {
    for (const pause = min(end, weights + 256); weights < pause; weights += 4) {
      const w = v128.load32_splat(weights);
      const q = f32x4.pmin(highs, f32x4.pmax(lows, f32x4.nearest(f32x4.div(w, divisors))));
      const value = f32x4.mul(steps, q);
      const wide = f64x2.promote_low_f32x4(w);
      const d = f64x2.sub(f64x2.promote_low_f32x4(value), wide);
      const e = f64x2.sub(f64x2.promote_low_f32x4(v128.shuffle<f32>(value, value, 2, 3, 2, 3)), wide);
      first = f64x2.add(first, f64x2.mul(d, d));
      second = f64x2.add(second, f64x2.mul(e, e));
    }
    if (i64x2.all_true(v128.and(f64x2.gt(first, limits), f64x2.gt(second, limits)))) break;
  }
  v128.store(trialErrors, first);
  v128.store(trialErrors, second, 16);
}

const fineFactors = memory.data(16 * 8, 16);

/** Scales and zero points of the grids of least squared error, one row of groups, whose number in the tables at GROUP_TABLES begins with
 *  `firstGroup`: the bounds that `linearRanges` gave are shrunk by each of the `coarseCount` coarse factors f64 at LISTS (a multiple of four,
 *  ended by repeats of the last), then by the best of them times each of the 16 fine factors f64 behind those. Returns false when a scale
 *  is beyond float16. */
export function leastErrorGrids(weights: usize, columns: i32, group: i32, firstGroup: i32, coarseCount: i32): bool {
  const tables = changetype<GroupTables>(GROUP_TABLES);
  let bounds = tables.bounds + ((<usize>firstGroup) << 3);
  let scales = tables.scales + ((<usize>firstGroup) << 2);
  let zeros = tables.zeros + <usize>firstGroup;
  const coarse = LISTS;
  const fine = LISTS + ((<usize>coarseCount) << 3);
  const grid = changetype<Grid>(GRID);
  const symmetric = grid.symmetric;
  const half = grid.half;
  const maximum = largestCode(grid);
  const minimum = symmetric ? -maximum : 0;
  for (let start = 0; start < columns; start += group) {
    const length = min(group, columns - start);
    const lo = min<f64>(0, load<f32>(bounds));
    const hi = max<f64>(0, load<f32>(bounds, 4));
    let best: f64 = 1;
    let bestError: f64 = Infinity;
    if (lo < 0 || hi > 0)
      for (let stage = 0; stage < 2; stage++) {
        let factors = coarse;
        let count = coarseCount;
        if (stage == 1) {
          factors = fineFactors;
          count = 16;
          for (let k: usize = 0; k < 128; k += 8) store<f64>(fineFactors + k, best * load<f64>(fine + k));
        }
        for (let k = 0; k < count; k += 4, factors += 32) {
          fitTrials(lo, hi, factors, <f64>maximum, symmetric, half);
          sumTrials(weights, length, <f32>minimum, <f32>maximum, bestError);
          for (let t: usize = 0; t < 32; t += 8) {
            const factor = load<f64>(factors + t);
            const error = load<f64>(trialErrors + t);
            if (factor > 1 || error > bestError || (error == bestError && factor <= best)) continue;
            bestError = error;
            best = factor;
          }
        }
      }
    store<f64>(fineFactors, best);
    store<f64>(fineFactors, best, 8);
    fitTrials(lo, hi, fineFactors, <f64>maximum, symmetric, half);
    const scale = load<f32>(trialScales);
    if (half && scale > 65504) return false;
    store<f32>(scales, scale);
    store<u8>(zeros, <u8>load<i32>(trialZeros));
    weights += (<usize>length) << 2;
    bounds += 8;
    scales += 4;
    zeros += 1;
  }
  return true;
}
