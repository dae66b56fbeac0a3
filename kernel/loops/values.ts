/** Loops that look at values: whether they are finite, which lie beyond two edges, how many differ. */
import { distinctValues, isFinite, valuesBeyond, type Beyond } from "../simd/measures";

export type { Beyond };

/** Loops over the values of one array. */
export interface ValueLoops {
  /** The index of the first NaN or infinity; −1 where there is none. */
  firstNonFinite(values: Float32Array): number;
  /** The values below `low` and those above `high`, in their order, and how many are at or beyond them. No NaN. */
  beyond(values: Float32Array, low: number, high: number): Beyond;
  /** The different values, ascending, −0 as 0; `undefined` where there are more than `most`. No NaN. */
  distinct(values: Float32Array, most: number): number[] | undefined;
}

/** The loops over values, in plain TypeScript. */
export const plainValues: ValueLoops = {
  firstNonFinite(values) {
    for (let i = 0; i < values.length; i++) if (values[i] - values[i] !== 0) return i;
    return -1;
  },
  beyond(values, low, high) {
    let [atLow, atHigh] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      if (values[i] <= low) atLow++;
      if (values[i] >= high) atHigh++;
    }
    // A value beyond both edges, where the lower is above the upper, counts as below.
    const below = values.filter((value) => value < low);
    return { below, above: values.filter((value) => value > high && !(value < low)), atLow, atHigh };
  },
  distinct(values, most) {
    const seen = new Set<number>();
    for (let i = 0; i < values.length; i++) {
      seen.add(values[i]);
      if (seen.size > most) return undefined;
    }
    return [...seen].sort((a, b) => a - b);
  },
};

/** Most values that the kernel keeps apart. */
const mostDistinct = 512;

/** The same by WebAssembly SIMD. */
export const fastValues: ValueLoops = {
  firstNonFinite: (values) => (isFinite(values) ? -1 : plainValues.firstNonFinite(values)),
  beyond: valuesBeyond,
  distinct: (values, most) =>
    most <= mostDistinct ? distinctValues(values, most) : plainValues.distinct(values, most),
};
