/** Cuts of least error where each interval costs a penalty besides, in whatever number:
 *    F[0] = 0,     F[j] = min over i < j of F[i] + cost(i, j) + penalty.
 *  The cost is concave in the sense of Monge: of two starts the later one, once it is the better, stays so for all ends behind. So the
 *  starts that still can win stand in a queue with the end from which each does, found by doubling and halving steps: O(n log n) time
 *  (Hirschberg & Larmore 1987; Galil & Park 1992). */
import type { PrefixSums } from "./interval-cost";

/** For each place the least total up to there and the number of intervals that have it. */
export interface Penalized {
  readonly totals: Float64Array;
  readonly counts: Int32Array;
}

export function penalizedCuts({ weight, first, second }: PrefixSums, penalty: number): Penalized {
  const n = weight.length - 1;
  const totals = new Float64Array(n + 1);
  const counts = new Int32Array(n + 1);
  const starts = new Int32Array(n + 1);
  const since = new Int32Array(n + 1);
  const total = (i: number, j: number) => {
    const s = first[j] - first[i];
    const c = second[j] - second[i] - (s * s) / (weight[j] - weight[i]);
    return totals[i] + (c > 0 ? c : 0);
  };
  let head = 0;
  let tail = 0;
  since[0] = 1;
  for (let j = 1; j <= n; j++) {
    while (head < tail && since[head + 1] <= j) head++;
    totals[j] = total(starts[head], j) + penalty;
    counts[j] = counts[starts[head]] + 1;
    if (j === n) break;
    since[head] = j + 1;
    while (tail >= head && total(j, since[tail]) < total(starts[tail], since[tail])) tail--;
    let from = j + 1;
    if (tail >= head) {
      // The first end at which j beats the last start in the queue: not at `from`, at `to` perhaps.
      const rival = starts[tail];
      from = since[tail];
      let step = 1;
      let to = from + 1;
      while (to <= n && total(j, to) >= total(rival, to)) {
        from = to;
        step *= 2;
        to = from + step;
      }
      if (to > n) {
        if (from === n || total(j, n) >= total(rival, n)) continue;
        to = n;
      }
      while (to - from > 1) {
        const middle = (from + to) >> 1;
        if (total(j, middle) < total(rival, middle)) to = middle;
        else from = middle;
      }
      from = to;
    }
    tail++;
    starts[tail] = j;
    since[tail] = from;
  }
  return { totals, counts };
}
