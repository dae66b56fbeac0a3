/** Intervals of means over windows of text, by the bootstrap: windows are drawn anew, with all their tokens, since the tokens of one window hang
 *  together. The same draws for every variant make a paired comparison. */

/** Windows drawn anew so many times. */
const draws = 2000;
const seed = 0x9e3779b9;

/** A sum over the scored tokens of each window, and their number. */
export interface WindowSums {
  readonly sums: ArrayLike<number>;
  readonly counts: ArrayLike<number>;
}

/** The middle 95 % of `statistic` over draws of the windows, or `undefined` for fewer than four windows, of which draws say little. `statistic`
 *  is told how often each window was drawn. */
export function interval(
  windows: number,
  statistic: (times: Uint32Array) => number,
): readonly [number, number] | undefined {
  if (windows < 4) return undefined;
  const found = new Float64Array(draws);
  const times = new Uint32Array(windows);
  let state = seed;
  for (let draw = 0; draw < draws; draw++) {
    times.fill(0);
    for (let i = 0; i < windows; i++) {
      // Xorshift of 32 bits (G. Marsaglia, 2003): any draw with a fixed seed serves.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      times[Math.floor(((state >>> 0) / 2 ** 32) * windows)]++;
    }
    found[draw] = statistic(times);
  }
  found.sort();
  return [percentile(found, 0.025), percentile(found, 0.975)];
}

/** The mean per token of windows that were drawn so often. */
export function meanOf({ sums, counts }: WindowSums, times?: Uint32Array): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < sums.length; i++) {
    const weight = times ? times[i] : 1;
    sum += weight * sums[i];
    count += weight * counts[i];
  }
  return sum / count;
}

/** The value below which a share of the sorted ones lie, by linear interpolation. */
export function percentile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}
