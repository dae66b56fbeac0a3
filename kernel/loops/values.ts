/** Loops that look at values: whether they are finite, what their outermost ones are, how many differ. */
import { valueOfRank } from "../grid/order";
import { distinctValues, extremeRanks, isFinite } from "../simd/measures";

/** Loops over the values of one array. */
export interface ValueLoops {
  /** The index of the first NaN or infinity; −1 where there is none. */
  firstNonFinite(values: Float32Array): number;
  /** The values of rank `cut` and of rank n − 1 − cut among n ≥ 1 (0 is the smallest), −0 as 0. No NaN. */
  outermost(values: Float32Array, cut: number): Outermost;
  /** The different values, ascending, −0 as 0; `undefined` where there are more than `most`. No NaN. */
  distinct(values: Float32Array, most: number): number[] | undefined;
}

/** One value from each end. */
export interface Outermost {
  readonly low: number;
  readonly high: number;
}

/** The loops over values, in plain TypeScript. */
export const plainValues: ValueLoops = {
  firstNonFinite(values) {
    for (let i = 0; i < values.length; i++) if (values[i] - values[i] !== 0) return i;
    return -1;
  },
  outermost: (values, cut) => ({
    low: valueOfRank(values, cut) + 0,
    high: valueOfRank(values, values.length - 1 - cut) + 0,
  }),
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
  outermost(values, cut) {
    // The kernel collects the ends; cuts that reach further are sorted.
    const found = extremeRanks(values, cut);
    return found ? { low: found.low + 0, high: found.high + 0 } : plainValues.outermost(values, cut);
  },
  distinct: (values, most) =>
    most <= mostDistinct ? distinctValues(values, most) : plainValues.distinct(values, most),
};
