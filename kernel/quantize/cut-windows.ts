/** Where the cuts of the best k intervals can lie, without computing them.
 *
 *  With a penalty λ for each interval, let F[p] be the least total from the first place to p and B[p] from p to the last, G = F[n]. The
 *  least error D[k] of k intervals is convex in k, and G = min over k of D[k] + λk. Once λ is such that k intervals have that minimum (or
 *  lie between two numbers that have it), every place p of an optimal cut has F[p] + B[p] = G, and the other places are out
 *  (Aggarwal, Schieber & Tokuyama 1994; for k-means Grønlund et al. 2017, arXiv 1701.07204).
 *
 *  How many intervals end at a place left, a cut's number, is bounded by the same means: let prefixes with c intervals cost D[c]. If they
 *  are within `slack` of F[p] and the penalty λ − δ, δ > slack, prefers m intervals, then c ≤ m; and c ≥ m by λ + δ.
 *
 *  What the bound has to cover besides is the rounding of float64 sums: `slack` holds 2⁻⁵⁰ of Σ n(v − mean)², once for each weight. */
import { intervalCost, reversedSums, sumsAt, type PrefixSums } from "./interval-cost";
import { penalizedCuts, type Penalized } from "./penalized-cuts";

/** The places left, the first and last of all among them, and for each of the k + 1 ends of intervals the range where it lies among them. */
export interface CutWindows {
  readonly places: Int32Array;
  readonly lowest: Int32Array;
  readonly highest: Int32Array;
}

/** Places per interval in the first searches for the penalty. */
const coarse = 32;
const roundsCoarse = 40;
const roundsFine = 12;

/** The windows of k intervals, 2 ≤ k < n, or undefined where rounding covers all. */
export function cutWindows(sums: PrefixSums, k: number): CutWindows | undefined {
  const n = sums.weight.length - 1;
  const rounding = (sums.second[n] * (sums.weight[n] + 4 * k + 64)) / 2 ** 50;
  let guess = (2 * intervalCost(sums, 0, n)) / k ** 3;
  let ends = [0, n];
  for (const least of [coarse * k, n / 16]) {
    const places = dividedEvenly(ends, Math.ceil(Math.max(least, coarse * k, 256) / (ends.length - 1)));
    if (4 * places.length > n) break;
    const some = sumsAt(sums, places);
    const found = findPenalty(some, k, guess, rounding, roundsCoarse);
    guess = centred(some, k, found.penalty);
    ends = pathOf(penalizedCuts(some, 3 * guess).starts).map((p) => places[p]);
  }
  const { penalty, excess, forward } = findPenalty(sums, k, guess, rounding, roundsFine);
  const slack = excess + rounding + forward.totals[n] / 2 ** 40;
  if (!(2 * slack < penalty)) return undefined;
  const backward = penalizedCuts(reversedSums(sums), penalty).totals;
  const most = forward.totals[n] + slack;
  const left: number[] = [];
  for (let p = 0; p <= n; p++) if (forward.totals[p] + backward[n - p] <= most) left.push(p);
  const places = Int32Array.from(left);
  return { places, ...rangesOf(sumsAt(sums, places), k, penalty, 2 * slack) };
}

/** From a penalty at which k intervals are best towards the middle of those penalties: they span about 3/k of it. */
function centred(sums: PrefixSums, k: number, penalty: number): number {
  const n = sums.weight.length - 1;
  const isBest = (factor: number) => (penalizedCuts(sums, penalty * factor).counts[n] === k ? 1 : 0);
  const reach = 1.5 / k;
  return penalty * (1 + (reach / 2) * (isBest(1 + reach) - isBest(1 - reach)));
}

/** Each of the intervals in `parts` of about the same number of places. */
function dividedEvenly(ends: readonly number[], parts: number): Int32Array {
  const places = [0];
  for (let e = 1; e < ends.length; e++)
    for (let part = 1; part <= parts; part++) {
      const place = ends[e - 1] + Math.round(((ends[e] - ends[e - 1]) * part) / parts);
      if (place > places[places.length - 1]) places.push(place);
    }
  return Int32Array.from(places);
}

/** The ends of all intervals, from where the last of each place starts. */
function pathOf(starts: Int32Array): number[] {
  const path: number[] = [];
  for (let p = starts.length - 1; p > 0; p = starts[p]) path.push(p);
  return [0, ...path.reverse()];
}

interface Found {
  readonly penalty: number;
  /** D[k] + λk is at most so much above G. */
  readonly excess: number;
  readonly forward: Penalized;
}

/** A penalty at which k intervals are best, or nearly so. The number of intervals falls about as λ^(−1/3); between two known numbers the
 *  next penalty is that at which both cost the same. */
function findPenalty(sums: PrefixSums, k: number, guess: number, rounding: number, rounds: number): Found {
  const n = sums.weight.length - 1;
  let fewer = { count: 1, error: intervalCost(sums, 0, n), penalty: Infinity };
  let more = { count: n, error: leastError(sums), penalty: 0 };
  let penalty = guess;
  for (let round = 1; ; round++) {
    const forward = penalizedCuts(sums, penalty);
    const count = forward.counts[n];
    const found = { count, error: forward.totals[n] - penalty * count, penalty };
    if (count === k) return { penalty, excess: 0, forward };
    if (count < k) fewer = found;
    else more = found;
    const chord = (fewer.error - more.error) / (more.count - fewer.count);
    // Convex: D[k] lies below the line from fewer to more.
    const excess = fewer.error - chord * (k - fewer.count) + penalty * k - forward.totals[n];
    if (excess <= rounding || round === rounds) return { penalty, excess, forward };
    const scaled = penalty * ((count + (count < k ? -0.5 : 0.5)) / k) ** (3 + (round >> 2));
    const isKnown = more.count < n && fewer.count > 1;
    const isBetween = scaled > more.penalty && scaled < fewer.penalty;
    penalty = isBetween && !(isKnown && round % 3 === 0) ? scaled : chord;
  }
}

/** The error of intervals that end at every place. */
function leastError(sums: PrefixSums): number {
  let error = 0;
  for (let p = 1; p < sums.weight.length; p++) error += intervalCost(sums, p - 1, p);
  return error;
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
