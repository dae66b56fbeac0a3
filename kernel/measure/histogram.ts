/** Histograms for the report: equal bins over a range that outliers do not stretch; what lies outside is counted, not dropped. */
import { OptionError } from "../errors";
import { countBins } from "../loops/errors";
import { loops } from "../loops/loops";
import { checkNumber } from "../options";
import type { Histogram } from "../report/types";
import { outermostValues, plainOutermost, type Outermost } from "./outermost";

/** Bins of a histogram unless told. */
export const histogramBins = 64;
/** The most bins that are counted: 128 MB of counts. */
const mostBins = 2 ** 24;
/** Share of the weights that the range leaves out at each end. */
export const histogramTail = 0.0005;

/** The range from the 0.05th to the 99.95th percentile (nearest rank), widened to hold 0; [−1, 1] when every weight is zero or
 *  there is none. The weights must be finite, unless `outermost` is `plainOutermost`. */
export function robustRange(values: Float32Array, tail = histogramTail, outermost = outermostValues): ValueRange {
  if (values.length === 0) return { minimum: -1, maximum: 1 };
  return rangeBetween(outermost(values, robustCut(values.length, tail))) ?? wholeRange(values);
}

/** The ends of a range. */
export type ValueRange = Pick<Histogram, "minimum" | "maximum">;

/** How many of `count` values the robust range leaves out at each end. */
export function robustCut(count: number, tail = histogramTail): number {
  return Math.floor(count * tail);
}

/** The range between two values, widened to hold 0; `undefined` where both are 0. */
export function rangeBetween({ low, high }: Outermost): ValueRange | undefined {
  const minimum = Math.min(0, low);
  const maximum = Math.max(0, high);
  return minimum < maximum ? { minimum, maximum } : undefined;
}

/** The range where both percentiles are 0: that of the largest magnitude. */
function wholeRange(values: Float32Array): { minimum: number; maximum: number } {
  let largest = 0;
  for (const value of values) if (Math.abs(value) > largest) largest = Math.abs(value);
  return rangeOfLargest(largest);
}

/** The range of values of which the largest magnitude is told. */
export function rangeOfLargest(largest: number): ValueRange {
  return largest === 0 ? { minimum: -1, maximum: 1 } : { minimum: -largest, maximum: largest };
}

/** Counts `values` over `bins` equal bins of [minimum, maximum]: bin i holds minimum + i·width ≤ v < minimum + (i+1)·width, the
 *  last bin its upper end too. `below` + `above` + Σcounts = number of values. Throws `OptionError` for an empty range, and for bins that
 *  are no whole number from 1 to 2²⁴. */
export function countHistogram(
  values: Float32Array,
  range: { minimum: number; maximum: number },
  bins = histogramBins,
): Histogram {
  const { minimum, maximum } = range;
  if (!(minimum < maximum))
    throw new OptionError(`countHistogram(): the range is ${minimum} to ${maximum}; minimum must be below maximum`);
  checkNumber("countHistogram", "bins", bins, { minimum: 1, maximum: mostBins, integer: true });
  return { minimum, maximum, ...countBins(values, { minimum, maximum, bins }) };
}

/** The histogram of a tensor over its own robust range. A NaN ranks above all numbers, as in a sorted array. */
export function histogram(values: Float32Array, bins = histogramBins): Histogram {
  const outermost = loops.values.firstNonFinite(values) < 0 ? outermostValues : plainOutermost;
  return countHistogram(values, robustRange(values, histogramTail, outermost), bins);
}
