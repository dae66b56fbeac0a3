/** Bins of sorted values: a bin is an interval of them and has one value, its mean; equal values are in one bin. */

/** Bin b holds positions starts[b] … starts[b+1] − 1 of the sorted values, the last one all that are left. */
export interface Bins {
  readonly starts: readonly number[];
  readonly values: readonly number[];
}

/** Positions where a new value begins; stops early once there are more than `limit`. */
export function distinctRuns(ordered: Float32Array, limit: number): Int32Array {
  const runs = new Int32Array(Math.min(ordered.length, limit + 1));
  let count = 0;
  for (let i = 0; i < ordered.length && count < runs.length; i++)
    if (i === 0 || ordered[i] !== ordered[i - 1]) runs[count++] = i;
  return runs.subarray(0, count);
}

/** Bins of a single value each. */
export function binsOfRuns(ordered: Float32Array, runs: Int32Array): Bins {
  return { starts: [...runs], values: Array.from(runs, (start) => ordered[start]) };
}

/** Σ of the values before each position (n + 1), in float64, in their order. */
export function prefixSums(ordered: Float32Array): Float64Array {
  const sums = new Float64Array(ordered.length + 1);
  for (let i = 0; i < ordered.length; i++) sums[i + 1] = sums[i] + ordered[i];
  return sums;
}

/** The first position in [low, high) whose value is not below (`orEqual`: is above) `value`; `high` when there is none. */
export function firstPosition(
  ordered: Float32Array,
  value: number,
  low: number,
  high: number,
  orEqual = false,
): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ordered[middle] < value || (orEqual && ordered[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The means of bins that begin at `starts`. */
export function meansOf(starts: readonly number[], sums: Float64Array): number[] {
  return starts.map((start, b) => {
    const end = b + 1 < starts.length ? starts[b + 1] : sums.length - 1;
    return (sums[end] - sums[start]) / (end - start);
  });
}

/** The positions ⌊b·n/levels⌋ of b = 1 … levels − 1, at which n values are cut into equally filled bins. */
export function equalCuts(n: number, levels: number): number[] {
  return Array.from({ length: levels - 1 }, (_, b) => Math.floor(((b + 1) * n) / levels));
}

/** Where bins begin when the values are cut at `cuts`: each at the nearer end of a run of equal values; a bin left empty is dropped. */
export function startsOfCuts(ordered: Float32Array, cuts: readonly number[]): number[] {
  const starts = [0];
  for (const cut of cuts) {
    const start = nearerEnd(ordered, cut);
    if (start > starts[starts.length - 1] && start < ordered.length) starts.push(start);
  }
  return starts;
}

/** The start of the run of equal values in which the position `cut` lies, or its end where that is nearer. */
export function nearerEnd(ordered: Float32Array, cut: number): number {
  const runStart = firstPosition(ordered, ordered[cut], 0, cut);
  const runEnd = firstPosition(ordered, ordered[cut], cut, ordered.length, true);
  return cut - runStart <= runEnd - cut ? runStart : runEnd;
}
