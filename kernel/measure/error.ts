/** How far w′ is from w: mean squared error, root mean square error, SQNR, cosine, largest error. The sums that they come from, and their
 *  order, stand in loops/errors.ts. */
import { OptionError } from "../errors";
import { loops } from "../loops/loops";
import type { ErrorSums } from "../loops/errors";
import type { ErrorMeasures } from "../report/types";

export { mergeErrorSums, noErrorSums, sumBlock, sumErrorBlock, type ErrorSums } from "../loops/errors";

/** Sums over two whole arrays. Throws `OptionError` when their lengths differ. */
export function sumErrors(before: Float32Array, after: Float32Array): ErrorSums {
  if (before.length !== after.length)
    throw new OptionError(
      `measureError(): ${before.length} weights before and ${after.length} after; both need one shape`,
    );
  return loops.errors.sum(before, after);
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

/** Σ(w′ − w)² / Σw² (t²): 0 where nothing was lost, 1e40 at most, which stands for w = 0 and w′ ≠ 0. */
export function relativeErrorOf({ squaredError, squaredBefore }: ErrorSums): number {
  return squaredError === 0 ? 0 : Math.min(1e40, squaredError / squaredBefore);
}

/** Error of w′ (`after`) against w (`before`), over every element; the fields are defined in `report/types.ts`. */
export function measureError(before: Float32Array, after: Float32Array): ErrorMeasures {
  return errorMeasures(sumErrors(before, after));
}
