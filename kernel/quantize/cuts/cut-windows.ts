/** Where the cuts of the best k intervals can lie, without computing them.
 *
 *  With a penalty λ for each interval, let F[p] be the least total from the first place to p and B[p] from p to the last, G = F[n]. The
 *  least error D[k] of k intervals is convex in k, and G = min over k of D[k] + λk. Once λ is such that k intervals have that minimum (or
 *  lie between two numbers that have it), every place p of an optimal cut has F[p] + B[p] = G, and the other places are out
 *  (Aggarwal, Schieber & Tokuyama 1994; for k-means Grønlund et al. 2017, arXiv 1701.07204). Before that, a coarse grid leaves out most
 *  places where k is small (coarse-bounds.ts).
 *
 *  How many intervals end at a place left, a cut's number, is bounded by the same means: let prefixes with c intervals cost D[c]. If they
 *  are within `slack` of F[p] and the penalty λ − δ, δ > slack, prefers m intervals, then c ≤ m; and c ≥ m by λ + δ.
 *
 *  What the bound has to cover besides is the rounding of float64 sums: `slack` holds 2⁻⁵⁰ of Σ n(v − mean)², once for each weight. */
import { placesLeft } from "./coarse-bounds";
import { reversedSums, sumsAt, type PrefixSums } from "./interval-cost";
import { penalizedCuts } from "./penalized-cuts";
import { findPenalty, firstGuess, searchCoarsely } from "./penalty-search";

/** The places left, the first and last of all among them, and for each of the k + 1 ends of intervals the range where it lies among them. */
export interface CutWindows {
  readonly places: Int32Array;
  readonly lowest: Int32Array;
  readonly highest: Int32Array;
}

const rounds = 12;

/** The windows of k intervals, 2 ≤ k < n, or undefined where rounding covers all. */
export function cutWindows(all: PrefixSums, k: number): CutWindows | undefined {
  const count = all.weight.length - 1;
  const rounding = (all.second[count] * (all.weight[count] + 4 * k + 64)) / 2 ** 50;
  const search = searchCoarsely(all, k, rounding);
  const left = search && search.grid.length > 1.5 * k ** 2 ? placesLeft(all, k, search, rounding) : undefined;
  const sums = left ? sumsAt(all, left) : all;
  const n = sums.weight.length - 1;
  const guess = search?.penalty ?? firstGuess(all, k);
  const { penalty, excess, forward } = findPenalty(sums, k, guess, rounding, rounds);
  const slack = excess + rounding + forward.totals[n] / 2 ** 40;
  if (!(2 * slack < penalty)) return undefined;
  const backward = penalizedCuts(reversedSums(sums), penalty).totals;
  const most = forward.totals[n] + slack;
  const kept: number[] = [];
  for (let p = 0; p <= n; p++) if (forward.totals[p] + backward[n - p] <= most) kept.push(p);
  const places = Int32Array.from(kept, (p) => left?.[p] ?? p);
  if (places.length <= k) return undefined;
  const numbers = Int32Array.from({ length: k + 1 }, (_, l) => l);
  if (places.length === k + 1) return { places, lowest: numbers, highest: numbers };
  const { lowest, highest } = rangesOf(sumsAt(all, places), k, penalty, 2 * slack);
  return lowest.every((lower, l) => lower <= highest[l]) ? { places, lowest, highest } : undefined;
}

/** Ranges of the ends of the intervals 0 … k among the places left. */
function rangesOf(
  sums: PrefixSums,
  k: number,
  penalty: number,
  delta: number,
): { lowest: Int32Array; highest: Int32Array } {
  const n = sums.weight.length - 1;
  const most = penalizedCuts(sums, penalty - delta).counts;
  const least = penalizedCuts(sums, penalty + delta).counts;
  const lowest = new Int32Array(k + 1).fill(n);
  const highest = new Int32Array(k + 1);
  for (let p = 0; p <= n; p++)
    for (let l = least[p], last = Math.min(most[p], k); l <= last; l++) {
      if (p < lowest[l]) lowest[l] = p;
      highest[l] = p;
    }
  return { lowest, highest };
}
