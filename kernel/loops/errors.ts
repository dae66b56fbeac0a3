/** Loops over two arrays of equal length, w before and w′ after: sums of their difference, zeros, histograms.
 *
 *  Sums run in float64, in blocks of 16,384 elements: inside a block element i goes to accumulator i mod 4, a block's total is
 *  (a₀ + a₂) + (a₁ + a₃), and blocks are added in order. A block can therefore be summed on any thread, or by SIMD with two
 *  float64 lanes, and the result is the same to the last bit. */
import { bins as kernelBins, measureChange } from "../simd/measures";

/** Elements of one block of every sum. */
export const sumBlock = 16_384;

/** The five sums that all error measures come from. */
export interface ErrorSums {
  /** Number of elements. */
  readonly count: number;
  /** Σ(w′ − w)². */
  readonly squaredError: number;
  /** Σw². */
  readonly squaredBefore: number;
  /** Σw′². */
  readonly squaredAfter: number;
  /** Σ w·w′. */
  readonly product: number;
  /** max |w′ − w|. */
  readonly maxAbsError: number;
}

/** The sums over nothing. */
export const noErrorSums: ErrorSums = {
  count: 0,
  squaredError: 0,
  squaredBefore: 0,
  squaredAfter: 0,
  product: 0,
  maxAbsError: 0,
};

/** Equal bins of [minimum, maximum], two float32 numbers, minimum < maximum. */
export interface BinRange {
  /** The least value of the first bin. */
  readonly minimum: number;
  /** The greatest value of the last bin. */
  readonly maximum: number;
  /** Number of bins. */
  readonly bins: number;
}

/** How many values lie in each bin, and how many below and above all of them. */
export interface BinCounts {
  /** Values in each bin, from the least. */
  readonly counts: number[];
  /** Values below the first bin. */
  readonly below: number;
  /** Values above the last bin. */
  readonly above: number;
}

/** What is known of a layer so far. */
export interface RunningChange {
  /** The sums of all error measures. */
  sums: ErrorSums;
  /** Values of `after` that are 0 of either sign. */
  zeros: number;
  /** Values of w below the bins, in each bin, and above. */
  readonly binsBefore: Float64Array;
  /** The same of w′. */
  readonly binsAfter: Float64Array;
}

/** What is known before the first weight. */
export function noChange(bins: number): RunningChange {
  return { sums: noErrorSums, zeros: 0, binsBefore: new Float64Array(bins + 2), binsAfter: new Float64Array(bins + 2) };
}

/** Counts from slots: below, the bins, above. */
export function binCounts(slots: Float64Array): BinCounts {
  return { counts: Array.from(slots.subarray(1, -1)), below: slots[0], above: slots[slots.length - 1] };
}

/** Loops over two arrays of equal length, w before and w′ after. */
export interface ErrorLoops {
  /** The five sums. NaN and infinities take part as IEEE 754 has it. */
  sum(before: Float32Array, after: Float32Array): ErrorSums;
  /** Adds sums, zeros and bins of both to `change` in one pass, block after block. Of a layer that comes in parts, all but the last have whole
   *  blocks: then the sums have the bits that one array of all would have given. Returns `change`. */
  compare(before: Float32Array, after: Float32Array, range: BinRange, change: RunningChange): RunningChange;
}

/** Sums over elements [start, end) of both arrays; `end − start` at most `sumBlock`. */
export function sumErrorBlock(before: Float32Array, after: Float32Array, start: number, end: number): ErrorSums {
  const e = [0, 0, 0, 0];
  const b = [0, 0, 0, 0];
  const a = [0, 0, 0, 0];
  const p = [0, 0, 0, 0];
  let largest = 0;
  for (let lane = 0; lane < 4; lane++) {
    let squaredError = 0;
    let squaredBefore = 0;
    let squaredAfter = 0;
    let product = 0;
    for (let i = start + lane; i < end; i += 4) {
      const w = before[i];
      const v = after[i];
      const d = v - w;
      squaredError += d * d;
      squaredBefore += w * w;
      squaredAfter += v * v;
      product += w * v;
      const size = d < 0 ? -d : d;
      if (!(size <= largest)) largest = size;
    }
    e[lane] = squaredError;
    b[lane] = squaredBefore;
    a[lane] = squaredAfter;
    p[lane] = product;
  }
  const total = (x: number[]) => x[0] + x[2] + (x[1] + x[3]);
  return {
    count: end - start,
    squaredError: total(e),
    squaredBefore: total(b),
    squaredAfter: total(a),
    product: total(p),
    maxAbsError: largest,
  };
}

/** Adds the sums of a block to the sums so far. Blocks are merged in their order. */
export function mergeErrorSums(sums: ErrorSums, block: ErrorSums): ErrorSums {
  return {
    count: sums.count + block.count,
    squaredError: sums.squaredError + block.squaredError,
    squaredBefore: sums.squaredBefore + block.squaredBefore,
    squaredAfter: sums.squaredAfter + block.squaredAfter,
    product: sums.product + block.product,
    maxAbsError: block.maxAbsError > sums.maxAbsError ? block.maxAbsError : sums.maxAbsError,
  };
}

/** Counts `values` over equal bins: bin i holds minimum + i·width ≤ v < minimum + (i+1)·width, the last bin its upper end too. */
export function countBins(values: Float32Array, { minimum, maximum, bins }: BinRange): BinCounts {
  const counts = new Array<number>(bins).fill(0);
  const perWidth = bins / (maximum - minimum);
  let below = 0;
  let above = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < minimum) below++;
    else if (value > maximum) above++;
    else counts[Math.min(bins - 1, Math.floor((value - minimum) * perWidth))]++;
  }
  return { counts, below, above };
}

/** Number of values that are exactly zero; −0 is zero. */
export function countZeros(values: ArrayLike<number>): number {
  let zeros = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === 0) zeros++;
  return zeros;
}

function sumsFrom(earlier: ErrorSums, before: Float32Array, after: Float32Array): ErrorSums {
  let sums = earlier;
  for (let start = 0; start < before.length; start += sumBlock)
    sums = mergeErrorSums(sums, sumErrorBlock(before, after, start, Math.min(start + sumBlock, before.length)));
  return sums;
}

/** The loops over two arrays, in plain TypeScript. */
export const plainErrors: ErrorLoops = {
  sum: (before, after) => sumsFrom(noErrorSums, before, after),
  compare(before, after, range, change) {
    change.sums = sumsFrom(change.sums, before, after);
    change.zeros += countZeros(after);
    addBins(change.binsBefore, countBins(before, range));
    addBins(change.binsAfter, countBins(after, range));
    return change;
  },
};

function addBins(slots: Float64Array, { counts, below, above }: BinCounts): void {
  slots[0] += below;
  counts.forEach((count, bin) => (slots[bin + 1] += count));
  slots[slots.length - 1] += above;
}

/** The same by WebAssembly SIMD, but for sums that are no number, and other bins than 64. */
export const fastErrors: ErrorLoops = {
  sum(before, after) {
    const sums = listOf(noErrorSums);
    // Sums that are no number are left to the plain loop.
    if (measureChange(before, after, sums) === undefined) return plainErrors.sum(before, after);
    return sumsOf(sums, before.length);
  },
  compare(before, after, range, change) {
    if (range.bins !== kernelBins) return plainErrors.compare(before, after, range, change);
    const sums = listOf(change.sums);
    const bins = { ...range, before: change.binsBefore, after: change.binsAfter };
    const zeros = measureChange(before, after, sums, bins);
    if (zeros === undefined) return plainErrors.compare(before, after, range, change);
    change.sums = sumsOf(sums, change.sums.count + before.length);
    change.zeros += zeros;
    return change;
  },
};

function listOf({ squaredError, squaredBefore, squaredAfter, product, maxAbsError }: ErrorSums): Float64Array {
  return Float64Array.of(squaredError, squaredBefore, squaredAfter, product, maxAbsError);
}

function sumsOf(sums: Float64Array, count: number): ErrorSums {
  const [squaredError, squaredBefore, squaredAfter, product, maxAbsError] = sums;
  return { count, squaredError, squaredBefore, squaredAfter, product, maxAbsError };
}
