/** The penalty for each interval at which k intervals have the least total (penalized-cuts.ts). The least error D[k] of k intervals is
 *  convex in k, so that there is one, or one at which fewer and more than k tie. */
import { intervalCost, sumsAt, type PrefixSums } from "./interval-cost";
import { penalizedCuts, type Penalized } from "./penalized-cuts";

export interface Found {
  readonly penalty: number;
  readonly forward: Penalized;
  /** D[k] + penalty·k is at most so much above the least total. */
  readonly excess: number;
}

/** The penalty, or one near to it after so many `rounds`; within `rounding` all is the same. The number of intervals falls about as
 *  λ^(−1/3); between two known numbers the next penalty is that at which both have the same total. */
export function findPenalty(
  sums: PrefixSums,
  k: number,
  guess: number,
  rounding: number,
  rounds: number,
  relief?: Float64Array,
): Found {
  const n = sums.weight.length - 1;
  let fewer = { count: 1, error: intervalCost(sums, 0, n) - (relief?.[0] ?? 0), penalty: Infinity };
  let more = { count: n, error: leastError(sums, relief), penalty: 0 };
  let penalty = guess;
  for (let round = 1; ; round++) {
    const forward = penalizedCuts(sums, penalty, relief);
    const count = forward.counts[n];
    if (count === k) return { penalty, forward, excess: 0 };
    const found = { count, error: forward.totals[n] - penalty * count, penalty };
    if (count < k) fewer = found;
    else more = found;
    const chord = (fewer.error - more.error) / (more.count - fewer.count);
    // Convex: D[k] is not above the line from fewer to more.
    const excess = fewer.error - chord * (k - fewer.count) + penalty * k - forward.totals[n];
    if (excess <= rounding || round === rounds) return { penalty, forward, excess };
    const scaled = penalty * ((count + (count < k ? -0.5 : 0.5)) / k) ** (3 + (round >> 2));
    const isKnown = more.count < n && fewer.count > 1;
    const isBetween = scaled > more.penalty && scaled < fewer.penalty;
    penalty = isBetween && !(isKnown && round % 3 === 0) ? scaled : chord;
  }
}

/** The error of intervals that end at every place. */
function leastError(sums: PrefixSums, relief?: Float64Array): number {
  let error = 0;
  for (let p = 1; p < sums.weight.length; p++) error += intervalCost(sums, p - 1, p) - (relief?.[p - 1] ?? 0);
  return error;
}

const gridPlaces = { perInterval: 32, least: 256 };
const rounds = 40;

/** What a search on some of the places gives for one on all. */
export interface CoarseSearch {
  readonly grid: Int32Array;
  readonly sums: PrefixSums;
  /** About the middle of the penalties at which k intervals are best. */
  readonly penalty: number;
  /** D[k] is at most that. */
  readonly error: number;
  /** Ends of fewer intervals on the grid, and their error. */
  readonly fewer: { readonly ends: Int32Array; readonly error: number };
}

/** Searches on places at even distances, and then on more of them, as many in each interval that the first search found: 0.7·k·√n, with
 *  which the grid and the places that it leaves (coarse-bounds.ts) take about the same time, or n/16. Undefined where that is no gain. */
export function searchCoarsely(sums: PrefixSums, k: number, rounding: number): CoarseSearch | undefined {
  const n = sums.weight.length - 1;
  let search: CoarseSearch | undefined;
  let guess = firstGuess(sums, k);
  let ends = Int32Array.of(0, n);
  for (const finer of [0, Math.min(n / 16, 0.7 * k * Math.sqrt(n))]) {
    const wanted = Math.max(gridPlaces.perInterval * k, gridPlaces.least, finer);
    if (4 * wanted > n) break;
    const grid = divided(sums, ends, Math.ceil(wanted / 2 / (ends.length - 1)));
    const some = sumsAt(sums, grid);
    const found = findPenalty(some, k, guess, rounding, rounds);
    const error = found.forward.totals[grid.length - 1] + found.excess - found.penalty * k;
    guess = centred(some, k, found.penalty);
    const path = penalizedCuts(some, 3 * guess);
    const last = path.totals.length - 1;
    // Intervals of another number, lest the new grid suits one number of intervals better than the next.
    ends = endsOf(path.starts).map((p) => grid[p]);
    const fewer = { ends, error: path.totals[last] - 3 * guess * path.counts[last] };
    search = { grid, sums: some, penalty: guess, error, fewer };
  }
  return search;
}

/** For values of density f, D[k] is about (∫ f^(1/3))³ / 12k² (Panter & Dite 1951), and the penalty −dD/dk. */
export function firstGuess(sums: PrefixSums, k: number): number {
  const n = sums.weight.length - 1;
  const blocks = Math.ceil(Math.min(n / 4, Math.max(64, 4 * k)));
  let integral = 0;
  for (let b = 0, start = 0; b < blocks && start < n - 1; b++) {
    const end = Math.min(Math.floor(((b + 1) * n) / blocks), n - 1);
    integral += Math.cbrt((sums.weight[end] - sums.weight[start]) * (valueAt(sums, end) - valueAt(sums, start)) ** 2);
    start = end;
  }
  return integral ** 3 / (6 * k ** 3);
}

function valueAt({ weight, first }: PrefixSums, p: number): number {
  return (first[p + 1] - first[p]) / (weight[p + 1] - weight[p]);
}

/** From a penalty at which k intervals are best towards the middle of all these, which span about 3/k of it. */
function centred(sums: PrefixSums, k: number, penalty: number): number {
  const n = sums.weight.length - 1;
  const isBest = (factor: number) => (penalizedCuts(sums, penalty * factor).counts[n] === k ? 1 : 0);
  const reach = 1.5 / k;
  return penalty * (1 + (reach / 2) * (isBest(1 + reach) - isBest(1 - reach)));
}

/** Places that cut each of the intervals into `parts` of about the same number of places, and into as many of the same width. */
function divided(sums: PrefixSums, ends: Int32Array, parts: number): Int32Array {
  const isThere = new Uint8Array(sums.weight.length);
  isThere[0] = 1;
  for (let e = 1; e < ends.length; e++) {
    const [start, end] = [ends[e - 1], ends[e]];
    const lowest = valueAt(sums, start);
    const width = valueAt(sums, end - 1) - lowest;
    for (let part = 1, place = start; part <= parts; part++) {
      isThere[start + Math.round(((end - start) * part) / parts)] = 1;
      const value = lowest + (width * part) / parts;
      let high = end;
      while (place < high) {
        const middle = (place + high) >> 1;
        if (valueAt(sums, middle) < value) place = middle + 1;
        else high = middle;
      }
      isThere[place] = 1;
    }
  }
  const grid: number[] = [];
  for (let p = 0; p < isThere.length; p++) if (isThere[p]) grid.push(p);
  return Int32Array.from(grid);
}

/** 0 and the ends of all intervals, from where the one that ends at each place starts. */
function endsOf(starts: Int32Array): Int32Array {
  const ends: number[] = [];
  for (let p = starts.length - 1; p > 0; p = starts[p]) ends.push(p);
  ends.push(0);
  return Int32Array.from(ends.reverse());
}
