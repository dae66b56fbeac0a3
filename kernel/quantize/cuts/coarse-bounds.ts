/** Which cells of a grid of places can hold a cut of the best k intervals: a branch and bound with one step.
 *
 *  Take the best intervals and move each cut to one of the two ends of its cell, so that all its points x go to the interval on the one
 *  side or on the other. With a and b the means of these, m that of the cell and mid = (a + b)/2, the part left of the cut changes sides
 *  for 2(b − a)·Σ (mid − x), which rises with mid, the part right of it for 2(b − a)·Σ (x − mid), which falls. They meet at mid = m; so
 *  the cheaper way adds
 *    at most (b − a) · Σ |x − m|.
 *  Where two or more cuts lie in a cell, one interval lies inside; let it have the whole cell: that adds at most
 *  Σ (x − m)². So `relief[r]`, taken off for each cut at grid place r, makes a penalized total (penalized-cuts.ts) a lower bound of all
 *  partitions with a cut in the cells at r. Two cuts that meet in one place have left an interval empty, which saves its penalty.
 *
 *  How far b and a are apart: no interval of the best k can be split in two to a gain above D[k] − D[k+1], which is at most
 *  D[c] / (k + 1 − c) for any c ≤ k, since D is convex and not negative; and what holds an interval can be split to no smaller gain. */
import { intervalCost, reversedSums, type PrefixSums } from "./interval-cost";
import { penalizedCuts } from "./penalized-cuts";
import { findPenalty, type CoarseSearch } from "./penalty-search";

const rounds = 8;

/** All places of the cells that are left, and the first and last place of all. `rounding` as in cut-windows.ts. */
export function placesLeft(
  sums: PrefixSums,
  k: number,
  search: CoarseSearch,
  rounding: number,
): Int32Array | undefined {
  const { grid, sums: some, error, fewer } = search;
  if (fewer.ends.length > k + 1) return undefined;
  const cells = grid.length - 1;
  const gain = fewer.error / (k + 2 - fewer.ends.length);
  const relief = reliefs(sums, search, gain + 2 * rounding);
  const { penalty, forward } = findPenalty(some, k, search.penalty, rounding, rounds, relief);
  if (!(search.penalty > 0 && penalty >= search.penalty / 2)) return undefined; // `reliefs` counts on it
  const before = forward.totals;
  const behind = penalizedCuts(reversedSums(some), penalty, relief.slice().reverse()).totals;
  const most = error + penalty * k;
  const slack = rounding + most / 2 ** 40;
  const isLeft = (r: number) => before[r] + behind[cells - r] - relief[r] <= most + slack;
  const places = new Int32Array(sums.weight.length);
  let count = 1;
  for (let q = 0, left = true; q < cells; q++) {
    const right = q + 1 === cells || isLeft(q + 1);
    if (left || right) {
      if (places[count - 1] < grid[q]) places[count++] = grid[q];
      for (let p = grid[q] + 1; p <= grid[q + 1]; p++) places[count++] = p;
    }
    left = right;
  }
  return places.slice(0, count);
}

/** What a cut at each grid place may have cost too much. */
function reliefs(sums: PrefixSums, { grid, sums: some, penalty }: CoarseSearch, gain: number): Float64Array {
  const cells = grid.length - 1;
  const n = sums.weight.length - 1;
  // A bound of the error of means from rounded sums.
  const blur = Math.sqrt(sums.second[n] * sums.weight[n]) / 2 ** 50;
  const meanOf = (from: PrefixSums, i: number, j: number) =>
    (from.first[j] - from.first[i]) / (from.weight[j] - from.weight[i]);
  const longest = longestStarts(some, gain);
  const losses = new Float64Array(cells);
  for (let q = 0, y = 1; q < cells; q++) {
    while (y < cells && longest[y] < q + 1) y++;
    const lower = q === 0 ? meanOf(sums, 0, 1) : meanOf(some, Math.max(0, longest[q]), q);
    const upper = q + 1 === cells ? meanOf(sums, n - 1, n) : meanOf(some, q + 1, Math.max(y, q + 2));
    const mean = meanOf(some, q, q + 1);
    let absolute = 0;
    let squared = 0;
    if (grid[q + 1] - grid[q] > 1)
      for (let p = grid[q]; p < grid[q + 1]; p++) {
        const weight = sums.weight[p + 1] - sums.weight[p];
        const distance = Math.abs((sums.first[p + 1] - sums.first[p]) / weight - mean) + blur;
        absolute += weight * distance;
        squared += weight * distance * distance;
      }
    losses[q] = Math.max((upper - lower + 2 * blur) * absolute, squared / 2);
  }
  return Float64Array.from({ length: cells + 1 }, (_, r) => {
    const left = r === 0 ? 0 : losses[r - 1];
    const right = r === cells ? 0 : losses[r];
    return Math.max(left, right) + Math.max(0, Math.min(left, right) - penalty / 2);
  });
}

/** For each grid place the last start from which an interval up to there can be split to more than that gain; −1 when none. */
function longestStarts(some: PrefixSums, gain: number): Int32Array {
  const cells = some.weight.length - 1;
  const longest = new Int32Array(cells + 1);
  let start = -1;
  let split = 1;
  const halves = (m: number, q: number) => intervalCost(some, start + 1, m) + intervalCost(some, m, q);
  for (let q = 1; q <= cells; q++) {
    for (; start + 2 < q; start++) {
      split = Math.max(split, start + 2);
      while (split + 1 < q && halves(split + 1, q) < halves(split, q)) split++;
      if (!(intervalCost(some, start + 1, q) - halves(split, q) > gain)) break;
    }
    longest[q] = start;
  }
  longest[0] = -1;
  return longest;
}
