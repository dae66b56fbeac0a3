/** Correlation of ranks, with its interval: over few layers it is wide, and says so. */
import { interval } from "./intervals";

/** A correlation of ranks. */
export interface RankCorrelation {
  /** Spearman's ρ, −1 to 1; null where one of the two is the same for all. */
  readonly rho: number | null;
  /** The middle 95 % over 2,000 bootstrap draws of the pairs; absent for fewer than four. */
  readonly interval?: readonly [number, number];
  /** Pairs. */
  readonly pairs: number;
}

/** Ranks from 1; equal values share the mean of theirs. */
export function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b]);
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && values[order[to]] === values[order[from]]) to++;
    for (let i = from; i < to; i++) ranks[order[i]] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

function rho(a: readonly number[], b: readonly number[]): number | null {
  const [x, y] = [ranksOf(a), ranksOf(b)];
  const mean = (a.length + 1) / 2;
  let [product, first, second] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    product += (x[i] - mean) * (y[i] - mean);
    first += (x[i] - mean) ** 2;
    second += (y[i] - mean) ** 2;
  }
  return first === 0 || second === 0 ? null : product / Math.sqrt(first * second);
}

/** Spearman's ρ between two lists of one length. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): RankCorrelation {
  const range = interval(a.length, (times) => {
    const drawn = Array.from(times, (count, i) => new Array<number>(count).fill(i)).flat();
    // A draw of one value only says nothing of an order.
    return (
      rho(
        drawn.map((i) => a[i]),
        drawn.map((i) => b[i]),
      ) ?? 0
    );
  });
  return { rho: rho(a, b), ...(range && { interval: range }), pairs: a.length };
}
