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

/** What became of a layer. */
export interface Change {
  /** The sums of all error measures. */
  readonly sums: ErrorSums;
  /** Values of `after` that are 0 of either sign. */
  readonly zeros: number;
  /** The histogram of w. */
  readonly binsBefore: BinCounts;
  /** The histogram of w′, over the same bins. */
  readonly binsAfter: BinCounts;
}

/** Loops over two arrays of equal length, w before and w′ after. */
export interface ErrorLoops {
  /** The five sums. NaN and infinities take part as IEEE 754 has it. */
  sum(before: Float32Array, after: Float32Array): ErrorSums;
  /** The sums, zeros and bins of both, in one pass. */
  compare(before: Float32Array, after: Float32Array, range: BinRange): Change;
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

/** The loops over two arrays, in plain TypeScript. */
export const plainErrors: ErrorLoops = {
  sum(before, after) {
    let sums = noErrorSums;
    for (let start = 0; start < before.length; start += sumBlock)
      sums = mergeErrorSums(sums, sumErrorBlock(before, after, start, Math.min(start + sumBlock, before.length)));
    return sums;
  },
  compare: (before, after, range) => ({
    sums: plainErrors.sum(before, after),
    zeros: countZeros(after),
    binsBefore: countBins(before, range),
    binsAfter: countBins(after, range),
  }),
};

/** The same by WebAssembly SIMD, but for sums that are no number, and other bins than 64. */
export const fastErrors: ErrorLoops = {
  sum(before, after) {
    const change = measureChange(before, after);
    // Sums that are no number are left to the plain loop.
    if (!change) return plainErrors.sum(before, after);
    const { squaredError, squaredBefore, squaredAfter, product, maxAbsError } = change;
    return { count: before.length, squaredError, squaredBefore, squaredAfter, product, maxAbsError };
  },
  compare(before, after, range) {
    const change = range.bins === kernelBins ? measureChange(before, after, range) : undefined;
    if (!change?.binsBefore || !change.binsAfter) return plainErrors.compare(before, after, range);
    const { zeros, binsBefore, binsAfter, ...sums } = change;
    return {
      sums: { count: before.length, ...sums },
      zeros,
      binsBefore: binCounts(binsBefore),
      binsAfter: binCounts(binsAfter),
    };
  },
};

/** From slots: below, the bins, above. */
function binCounts(slots: Float64Array): BinCounts {
  return { counts: [...slots.subarray(1, -1)], below: slots[0], above: slots[slots.length - 1] };
}
