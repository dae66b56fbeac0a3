/** What became of a layer, in one pass over its weights before and after. */
import { loops } from "../loops/loops";
import { binCounts, noChange, sumBlock, type ErrorSums } from "../loops/errors";
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
  /** The different values of w′, ascending, where there are at most `levelLimit`. */
  readonly levels: readonly number[] | undefined;
}

/** Sums, zeros, histograms and levels of w (`before`, finite) and w′ (`after`), arrays of equal length. */
export function measureChange(before: Float32Array, after: Float32Array): LayerChange {
  const meter = new ChangeMeter(robustRange(before));
  meter.add(before, after);
  return meter.finish();
}

/** The different values, ascending, when there are at most `levelLimit`. */
export function levelsOf(values: Float32Array): number[] | undefined {
  return loops.values.distinct(values, levelLimit);
}

/** Measures a layer piece by piece, in the order of its weights; the result has the same bits whatever the pieces are. Sums go by blocks of
 *  16,384 weights, so what a piece has beyond the last whole block is held until the next. */
export class ChangeMeter {
  private readonly change = noChange(histogramBins);
  private levels: Set<number> | undefined;
  private readonly heldBefore = new Float32Array(sumBlock);
  private readonly heldAfter = new Float32Array(sumBlock);
  private held = 0;

  /** `range`: the robust range of all weights before. Without `findsLevels` no levels are looked for. */
  constructor(
    private readonly range: Pick<Histogram, "minimum" | "maximum">,
    { findsLevels = true }: { readonly findsLevels?: boolean } = {},
  ) {
    this.levels = findsLevels ? new Set() : undefined;
  }

  /** The next weights, before and after. */
  add(before: Float32Array, after: Float32Array): void {
    this.addLevels(after);
    let done = 0;
    if (this.held > 0) {
      done = Math.min(sumBlock - this.held, before.length);
      this.hold(before.subarray(0, done), after.subarray(0, done));
      if (this.held < sumBlock) return;
      this.measure(this.heldBefore, this.heldAfter);
      this.held = 0;
    }
    const end = before.length - ((before.length - done) % sumBlock);
    if (end > done) this.measure(before.subarray(done, end), after.subarray(done, end));
    this.hold(before.subarray(end), after.subarray(end));
  }

  /** What became of all that was added. */
  finish(): LayerChange {
    if (this.held > 0) this.measure(this.heldBefore.subarray(0, this.held), this.heldAfter.subarray(0, this.held));
    this.held = 0;
    const { range, change, levels } = this;
    return {
      sums: change.sums,
      zeros: change.zeros,
      histogramBefore: { ...range, ...binCounts(change.binsBefore) },
      histogramAfter: { ...range, ...binCounts(change.binsAfter) },
      levels: levels && [...levels].sort((a, b) => a - b),
    };
  }

  private hold(before: Float32Array, after: Float32Array): void {
    this.heldBefore.set(before, this.held);
    this.heldAfter.set(after, this.held);
    this.held += before.length;
  }

  private measure(before: Float32Array, after: Float32Array): void {
    loops.errors.compare(before, after, { ...this.range, bins: histogramBins }, this.change);
  }

  private addLevels(after: Float32Array): void {
    if (!this.levels) return;
    const found = levelsOf(after);
    found?.forEach((level) => this.levels?.add(level));
    if (!found || this.levels.size > levelLimit) this.levels = undefined;
  }
}
