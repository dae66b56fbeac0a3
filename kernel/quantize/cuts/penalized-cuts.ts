/** Cuts of least error where each interval costs a penalty besides, in whatever number:
 *    F[0] = 0,     F[j] = min over i < j of F[i] + cost(i, j) + penalty.
 *  The cost is concave in the sense of Monge: of two starts the later one, once it is the better, stays so for all ends behind. So the
 *  starts that still can win stand in a queue with the end from which each does, found by doubling and halving steps: O(n log n) time
 *  (Hirschberg & Larmore 1987; Galil & Park 1992). */
import type { PrefixSums } from "./interval-cost";

/** For each place the least total up to there, the number of intervals that have it, and where the last of them starts. */
export interface Penalized {
  readonly totals: Float64Array;
  readonly counts: Int32Array;
  readonly starts: Int32Array;
}

/** With `relief`, an interval that starts at place i costs relief[i] less. */
export function penalizedCuts(
  { weight, first, second }: PrefixSums,
  penalty: number,
  relief?: Float64Array,
): Penalized {
  const n = weight.length - 1;
  const bases = new Float64Array(n + 1);
  const totals = new Float64Array(n + 1);
  const counts = new Int32Array(n + 1);
  const starts = new Int32Array(n + 1);
  const queue = new Int32Array(n + 1);
  const since = new Int32Array(n + 1);
  // F[i] + cost(i, j) < F[h] + cost(h, j), with S₂ of j taken from both sides and without dividing; bases[i] is F[i] − S₂ of i.
  const beats = (i: number, h: number, j: number) => {
    const wi = weight[j] - weight[i];
    const wh = weight[j] - weight[h];
    const si = first[j] - first[i];
    const sh = first[j] - first[h];
    return (bases[i] - bases[h]) * wi * wh < si * si * wh - sh * sh * wi;
  };
  bases[0] = (relief ? -relief[0] : 0) - second[0];
  let head = 0;
  let tail = 0;
  for (let j = 1; j <= n; j++) {
    while (head < tail && since[head + 1] <= j) head++;
    const start = queue[head];
    const s = first[j] - first[start];
    const c = second[j] - second[start] - (s * s) / (weight[j] - weight[start]);
    totals[j] = (relief ? totals[start] - relief[start] : totals[start]) + (c > 0 ? c : 0) + penalty;
    bases[j] = (relief ? totals[j] - relief[j] : totals[j]) - second[j];
    counts[j] = counts[start] + 1;
    starts[j] = start;
    if (j === n) break;
    since[head] = j + 1;
    while (tail >= head && beats(j, queue[tail], since[tail])) tail--;
    let from = j + 1;
    if (tail >= head) {
      // The first end at which j beats the last start of the queue: behind `from`, not behind `to`.
      const rival = queue[tail];
      from = since[tail];
      let to = from + 1;
      for (let step = 2; to < n && !beats(j, rival, to); step *= 2) {
        from = to;
        to += step;
      }
      if (to >= n) {
        to = n;
        if (from >= n || !beats(j, rival, n)) continue;
      }
      while (to - from > 1) {
        const middle = (from + to) >> 1;
        if (beats(j, rival, middle)) to = middle;
        else from = middle;
      }
      from = to;
    }
    tail++;
    queue[tail] = j;
    since[tail] = from;
  }
  return { totals, counts, starts };
}
