/** What became of a layer, in one pass over its weights before and after. */
import { loops } from "../loops/loops";
import type { ErrorSums } from "../loops/errors";
import { levelLimit, type Histogram } from "../report/types";
import { histogramBins, robustRange } from "./histogram";

/** What became of a layer. */
export interface LayerChange {
  /** The sums of all error measures. */
  readonly sums: ErrorSums;
  /** Zeros of w′. */
  readonly zeros: number;
  /** w over its robust range. */
  readonly histogramBefore: Histogram;
  /** w′ over the robust range of w. */
  readonly histogramAfter: Histogram;
}

/** Sums, zeros and histograms of w (`before`, finite) and w′ (`after`), arrays of equal length. */
export function measureChange(before: Float32Array, after: Float32Array): LayerChange {
  const range = robustRange(before);
  const { sums, zeros, binsBefore, binsAfter } = loops.errors.compare(before, after, { ...range, bins: histogramBins });
  return { sums, zeros, histogramBefore: { ...range, ...binsBefore }, histogramAfter: { ...range, ...binsAfter } };
}

/** The different values, ascending, when there are at most `levelLimit`. */
export function levelsOf(values: Float32Array): number[] | undefined {
  return loops.values.distinct(values, levelLimit);
}
