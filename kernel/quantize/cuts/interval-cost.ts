/** Squared error of intervals of sorted distinct values about their means, from prefix sums in float64 about the mean of all:
 *    cost(i, j) = S₂(i…j−1) − S₁(i…j−1)² / N(i…j−1),     0 where rounding brings it below.
 *  Place p stands before value p, and place n behind the last one; an interval goes from one place to another. */

/** Prefix sums up to each place: number of weights, Σ n(v − mean), Σ n(v − mean)². */
export interface PrefixSums {
  readonly weight: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** The sums of n values at their n + 1 places. */
export function intervalSums(values: Float64Array, multiplicity: Uint32Array): PrefixSums {
  const n = values.length;
  let total = 0;
  let count = 0;
  for (let i = 0; i < n; i++) {
    total += values[i] * multiplicity[i];
    count += multiplicity[i];
  }
  const mean = total / count;
  const weight = new Float64Array(n + 1);
  const first = new Float64Array(n + 1);
  const second = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    const d = values[i] - mean;
    weight[i + 1] = weight[i] + multiplicity[i];
    first[i + 1] = first[i] + multiplicity[i] * d;
    second[i + 1] = second[i] + multiplicity[i] * d * d;
  }
  return { weight, first, second };
}

/** Cost of the interval from place i to a later place j. */
export function intervalCost({ weight, first, second }: PrefixSums, i: number, j: number): number {
  const s = first[j] - first[i];
  const c = second[j] - second[i] - (s * s) / (weight[j] - weight[i]);
  return c > 0 ? c : 0;
}

/** The sums at some of the places: intervals may begin and end at these only. */
export function sumsAt(sums: PrefixSums, places: Int32Array): PrefixSums {
  const at = (all: Float64Array) => {
    const some = new Float64Array(places.length);
    for (let p = 0; p < places.length; p++) some[p] = all[places[p]];
    return some;
  };
  return { weight: at(sums.weight), first: at(sums.first), second: at(sums.second) };
}

/** The same intervals from the other end: place p becomes place n − p. */
export function reversedSums(sums: PrefixSums): PrefixSums {
  const turned = (all: Float64Array) => {
    const n = all.length - 1;
    const result = new Float64Array(n + 1);
    for (let p = 0; p <= n; p++) result[p] = -all[n - p];
    return result;
  };
  return { weight: turned(sums.weight), first: turned(sums.first), second: turned(sums.second) };
}
