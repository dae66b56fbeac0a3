/** Loops over bins of values: equally filled ones, and the number of each value's bin. */
import { binsOfRuns, distinctRuns, equalCuts, meansOf, prefixSums, startsOfCuts } from "../grid/bins";
import { sortValues } from "../grid/order";
import { encodeByBuckets } from "../simd/order";
import { findEqualBins, rangesOfThresholds } from "./buckets";
import { fastValues } from "./values";

/** Loops over bins. Values are finite, and there is one at least; codes are as many as they. */
export interface BinLoops {
  /** Sorts the values into `levels` equally filled bins (2–256; quantize/sorted.ts says how ties fall), or, where there are that many
   *  different values or fewer, into one for each; writes each value's bin to `codes`, and returns the means of all bins, ascending. */
  equal(values: Float32Array, levels: number, codes: Uint8Array): number[];
  /** Writes to `codes` the last bin whose threshold (256 at most, ascending) is not above the value; 0 where all are. */
  encode(values: Float32Array, thresholds: Float32Array, codes: Uint8Array): void;
}

/** The loops over bins, in plain TypeScript. */
export const plainBins: BinLoops = {
  equal(values, levels, codes) {
    const ordered = sortValues(values);
    const runs = distinctRuns(ordered, levels);
    const { starts, values: means } = runs.length <= levels ? binsOfRuns(ordered, runs) : equalBins(ordered, levels);
    plainBins.encode(
      values,
      Float32Array.from(starts, (start) => ordered[start]),
      codes,
    );
    return means.map((mean) => mean + 0);
  },
  encode(values, thresholds, codes) {
    let half = 1;
    while (half * 2 < thresholds.length) half *= 2;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      let code = 0;
      for (let jump = half; jump >= 1; jump >>= 1)
        if (code + jump < thresholds.length && thresholds[code + jump] <= value) code += jump;
      codes[i] = code;
    }
  },
};

function equalBins(ordered: Float32Array, levels: number) {
  const starts = startsOfCuts(ordered, equalCuts(ordered.length, levels));
  return { starts, values: meansOf(starts, prefixSums(ordered)) };
}

/** Fewer values are sorted sooner than the tables of all buckets are read. */
const leastBucketed = 32_768;

/** The same by buckets of values: no more than a few of these are sorted. Few values, and those that crowd in few buckets, are handed to the
 *  plain loops. */
export const fastBins: BinLoops = {
  equal(values, levels, codes) {
    if (values.length < leastBucketed) return plainBins.equal(values, levels, codes);
    const single = fastValues.distinct(values, levels);
    if (single) {
      fastBins.encode(values, Float32Array.from(single), codes);
      return single;
    }
    const found = findEqualBins(values, levels);
    if (!found) return plainBins.equal(values, levels, codes);
    encodeByBuckets(values, found.ranges, found.thresholds, codes);
    return found.means;
  },
  encode(values, thresholds, codes) {
    if (values.length < leastBucketed) plainBins.encode(values, thresholds, codes);
    else encodeByBuckets(values, rangesOfThresholds(thresholds), thresholds, codes);
  },
};
