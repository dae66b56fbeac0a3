/** How far w′ is from w: mean squared error, root mean square error, SQNR, cosine, largest error.
 *
 *  Sums run in float64, in blocks of 16,384 elements: inside a block element i goes to accumulator i mod 4, a block's total is
 *  (a₀ + a₂) + (a₁ + a₃), and blocks are added in order. A block can therefore be summed on any thread, or by SIMD with two
 *  float64 lanes, and the result is the same to the last bit. */
import { OptionError } from "../errors";
import type { ErrorMeasures } from "../report/types";

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

/** The sums over no element: what sums begin with. */
export const noErrorSums: ErrorSums = {
  count: 0,
  squaredError: 0,
  squaredBefore: 0,
  squaredAfter: 0,
  product: 0,
  maxAbsError: 0,
};

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

/** Sums over two whole arrays of equal length. */
export function sumErrors(before: Float32Array, after: Float32Array): ErrorSums {
  if (before.length !== after.length)
    throw new OptionError(
      `measureError(): ${before.length} weights before and ${after.length} after; both need one shape`,
    );
  let sums = noErrorSums;
  for (let start = 0; start < before.length; start += sumBlock)
    sums = mergeErrorSums(sums, sumErrorBlock(before, after, start, Math.min(start + sumBlock, before.length)));
  return sums;
}

/** The measures of the report from their sums. No element at all: no error, cosine 1. */
export function errorMeasures(sums: ErrorSums): ErrorMeasures {
  const { count, squaredError, squaredBefore, squaredAfter, product, maxAbsError } = sums;
  const meanSquaredError = count === 0 ? 0 : squaredError / count;
  const norms = Math.sqrt(squaredBefore) * Math.sqrt(squaredAfter);
  let cosine = norms === 0 ? 0 : Math.max(-1, Math.min(1, product / norms));
  if (squaredBefore === 0 && squaredAfter === 0) cosine = 1;
  return {
    meanSquaredError,
    rootMeanSquareError: Math.sqrt(meanSquaredError),
    sqnrDb: squaredError === 0 ? null : Math.max(-400, 10 * Math.log10(squaredBefore / squaredError)),
    cosine,
    maxAbsError,
  };
}

/** Error of w′ (`after`) against w (`before`), over every element; the fields are defined in `report/types.ts`. */
export function measureError(before: Float32Array, after: Float32Array): ErrorMeasures {
  return errorMeasures(sumErrors(before, after));
}
