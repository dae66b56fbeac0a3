/** What a worker thread measures of two tensors that are to be the same. */
import { NonFiniteError } from "../errors";
import { loops } from "../loops/loops";
import { entropyOfValues, errorMeasures, relativeErrorOf, type ErrorSums } from "../measure";
import { measureChange } from "../measure/change";
import type { Histogram, LayerVariant } from "../report/types";
import { taskModule } from "../threads/tasks";

/** Two tensors of one shape. */
export interface CompareJob {
  /** The layer's name, for errors. */
  readonly name: string;
  /** w. */
  readonly before: Float32Array;
  /** w′. */
  readonly after: Float32Array;
}

/** What lies between them. */
export interface Compared {
  /** Every bit of every weight is the same. */
  readonly isSame: boolean;
  /** The measures of the report. */
  readonly measured: Pick<
    LayerVariant,
    | "meanSquaredError"
    | "rootMeanSquareError"
    | "sqnrDb"
    | "cosine"
    | "maxAbsError"
    | "relativeError"
    | "sparsity"
    | "entropyBits"
    | "histogram"
    | "levels"
  >;
  /** Of w. */
  readonly histogram: Histogram;
  /** The sums of its errors. */
  readonly sums: ErrorSums;
  /** Zeros among w′. */
  readonly zeros: number;
}

/** The tasks of a comparison, for `sharedPool().run`. */
export const tasks = taskModule(__filename, {
  /** `NonFiniteError` for a weight that is NaN or infinite in either. */
  measure({ name, before, after }: CompareJob): Compared {
    for (const values of [before, after]) {
      const odd = loops.values.firstNonFinite(values);
      const where = values === before ? `${name} of the base` : name;
      if (odd >= 0) throw new NonFiniteError(where, odd, values[odd], "compare()");
    }
    const { sums, zeros, histogramBefore, histogramAfter, levels } = measureChange(before, after);
    return {
      isSame: sums.squaredError === 0,
      measured: {
        ...errorMeasures(sums),
        relativeError: relativeErrorOf(sums),
        sparsity: sums.count === 0 ? 0 : zeros / sums.count,
        entropyBits: entropyOfValues(after),
        histogram: histogramAfter,
        ...(levels ? { levels: [...levels] } : {}),
      },
      histogram: histogramBefore,
      sums,
      zeros,
    };
  },
});
