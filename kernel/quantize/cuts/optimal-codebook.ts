/** Exact one-dimensional k-means. Sorted distinct values v₀ < v₁ < … with multiplicities nᵢ are cut into k intervals so that
 *  Σ over intervals of Σ nᵢ(vᵢ − mean)² is least. The best cut into k intervals that end at place j is
 *    D[k][j] = min over i of D[k−1][i] + cost(i, j),     cost by prefix sums (interval-cost.ts).
 *  The best i never falls as j grows, so each layer is filled by divide and conquer: O(k·n log n) time and k·n numbers of memory (Wang &
 *  Song 2011, Ckmeans.1d.dp; Grønlund et al. 2017, arXiv 1701.07204). All that is done only for the places where an optimal cut can lie
 *  (cut-windows.ts), mostly one or two for each cut. On ties the lowest cut. */
import { cutWindows, type CutWindows } from "./cut-windows";
import { intervalSums, sumsAt, type PrefixSums } from "./interval-cost";

/** Positions where the k intervals start: k ascending numbers, the first 0. `values` ascending and distinct, at least k of them. */
export function optimalCuts(values: Float64Array, multiplicity: Uint32Array, k: number): number[] {
  const n = values.length;
  const sums = intervalSums(values, multiplicity);
  const windows = k > 1 && k < n ? cutWindows(sums, k) : undefined;
  if (!windows) return cutsWithin(sums, k, allPlaces(n, k));
  const { places } = windows;
  if (places.length === k + 1) return [...places.subarray(0, k)];
  return cutsWithin(sumsAt(sums, places), k, windows).map((p) => places[p]);
}

/** The ends of interval l anywhere. */
function allPlaces(n: number, k: number): Pick<CutWindows, "lowest" | "highest"> {
  const lowest = Int32Array.from({ length: k + 1 }, (_, l) => l);
  const highest = Int32Array.from({ length: k + 1 }, (_, l) => (l === 0 ? 0 : n));
  return { lowest, highest };
}

/** The best cuts with the end of interval l in lowest[l] … highest[l]. */
function cutsWithin(
  sums: PrefixSums,
  k: number,
  { lowest, highest }: Pick<CutWindows, "lowest" | "highest">,
): number[] {
  const n = sums.weight.length - 1;
  let before = new Float64Array(n + 1).fill(Infinity);
  let now = new Float64Array(n + 1).fill(Infinity);
  before[0] = 0;
  const starts: Int32Array[] = [];
  for (let layer = 1; layer <= k; layer++) {
    const start = new Int32Array(highest[layer] - lowest[layer] + 1);
    fillLayer(sums, [lowest[layer], highest[layer]], [lowest[layer - 1], highest[layer - 1]], start, before, now);
    starts.push(start);
    before.fill(Infinity, lowest[layer - 1], highest[layer - 1] + 1);
    [before, now] = [now, before];
  }
  const cuts = new Array<number>(k).fill(0);
  for (let layer = k, j = n; layer >= 1; layer--) {
    j = starts[layer - 1][j - lowest[layer]];
    cuts[layer - 1] = j;
  }
  return cuts;
}

type Range = readonly [lowest: number, highest: number];

/** Fills D[layer][j] for the ends j, middle first, so that the answers on both sides bound the search. */
function fillLayer(
  { weight, first, second }: PrefixSums,
  ends: Range,
  from: Range,
  start: Int32Array,
  before: Float64Array,
  now: Float64Array,
): void {
  const pending: [number, number, number, number][] = [[ends[0], ends[1], from[0], from[1]]];
  for (let task = pending.pop(); task; task = pending.pop()) {
    const [left, right, lowest, highest] = task;
    if (left > right) continue;
    const j = (left + right) >> 1;
    let best = Infinity;
    let bestStart = lowest;
    for (let i = lowest, last = Math.min(j - 1, highest); i <= last; i++) {
      const s = first[j] - first[i];
      const c = second[j] - second[i] - (s * s) / (weight[j] - weight[i]);
      const total = before[i] + (c > 0 ? c : 0);
      if (total >= best) continue;
      best = total;
      bestStart = i;
    }
    now[j] = best;
    start[j - ends[0]] = bestStart;
    pending.push([left, j - 1, lowest, bestStart], [j + 1, right, bestStart, highest]);
  }
}
