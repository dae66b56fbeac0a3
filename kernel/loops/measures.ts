/** What `compress()` measures of a layer: by SIMD where that gives the bits of `kernel/measure`, else by its functions. */
import { checkFinite, countSymbols, entropyOfCounts, sumErrors, type ErrorSums } from "../measure";
import { countHistogram, histogramBins, histogramTail, robustRange, wholeRange } from "../measure/histogram";
import { countZeros } from "../measure/sparsity";
import type { CodeArray } from "../grid/arrays";
import { levelLimit, type Histogram } from "../report/types";
import { bins, countCodes, distinctValues, extremeRanks, isFinite, measureChange } from "../simd/measures";

/** As `checkFinite`: throws `NonFiniteError` with the first index. */
export function checkFiniteFast(values: Float32Array, method: string, layer: string): void {
  if (!isFinite(values)) checkFinite(values, method, layer);
}

interface BinRange {
  readonly minimum: number;
  readonly maximum: number;
}

/** As `robustRange`. */
export function robustRangeFast(values: Float32Array): BinRange {
  const ends = extremeRanks(values, Math.floor(values.length * histogramTail));
  if (!ends) return robustRange(values);
  const minimum = Math.min(0, ends.low) + 0;
  const maximum = Math.max(0, ends.high);
  return minimum < maximum ? { minimum, maximum } : wholeRange(values);
}

export interface LayerChange {
  readonly sums: ErrorSums;
  /** Zeros of w′. */
  readonly zeros: number;
  readonly histogramBefore: Histogram;
  readonly histogramAfter: Histogram;
}

/** Sums, zeros and histograms of a layer before and after, in one pass. */
export function measureLayer(before: Float32Array, after: Float32Array): LayerChange {
  const range = robustRangeFast(before);
  const change = bins === histogramBins ? measureChange(before, after, range) : undefined;
  if (!change?.binsBefore || !change.binsAfter)
    return {
      sums: sumErrors(before, after),
      zeros: countZeros(after),
      histogramBefore: countHistogram(before, range),
      histogramAfter: countHistogram(after, range),
    };
  const { zeros, binsBefore, binsAfter, ...sums } = change;
  return {
    sums: { count: before.length, ...sums },
    zeros,
    histogramBefore: histogramOf(range, binsBefore),
    histogramAfter: histogramOf(range, binsAfter),
  };
}

function histogramOf({ minimum, maximum }: BinRange, slots: Float64Array): Histogram {
  const counts = [...slots.subarray(1, bins + 1)];
  return { minimum, maximum, counts, below: slots[0], above: slots[bins + 1] };
}

/** As `sumErrors`. */
export function sumErrorsFast(before: Float32Array, after: Float32Array): ErrorSums {
  const change = measureChange(before, after);
  if (!change) return sumErrors(before, after);
  const { squaredError, squaredBefore, squaredAfter, product, maxAbsError } = change;
  return { count: before.length, squaredError, squaredBefore, squaredAfter, product, maxAbsError };
}

interface SymbolCounts {
  readonly symbols: readonly number[];
  readonly counts: readonly number[];
}

/** Counts of arrays that nobody changes: a layer's codes are counted for their entropy and for their packing. */
const counted = new WeakMap<CodeArray, SymbolCounts>();

/** As `countSymbols`. The codes must not change afterwards. */
export function countSymbolsFast(codes: CodeArray): SymbolCounts {
  const known = counted.get(codes) ?? countCodes(codes) ?? countSymbols(codes);
  counted.set(codes, known);
  return known;
}

/** As `entropyOfCodes`. */
export function entropyOfCodesFast(codes: CodeArray): number {
  return entropyOfCounts(countSymbolsFast(codes).counts);
}

/** The different values, ascending, when there are few. */
export function levelsOf(values: Float32Array): number[] | undefined {
  return distinctValues(values, levelLimit);
}
