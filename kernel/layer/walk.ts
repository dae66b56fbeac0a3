/** What a walk through a layer's steps gives, be it on all weights at once or piece by piece. */
import { errorMeasures, noErrorSums } from "../measure";
import type { LayerChange } from "../measure/change";
import type { ErrorMeasures, LayerWarning, StepMeasures } from "../report/types";
import type { LayerJob } from "./layer-job";
import type { LayerState } from "./layer-state";

/** A layer after its steps, and what they did to it. */
export interface Walk {
  /** The job as its steps saw it: without the parts that surgery took out. */
  readonly job: LayerJob;
  readonly state: LayerState;
  readonly change: LayerChange;
  /** What all steps together did. */
  readonly error: ErrorMeasures;
  /** What each step did. */
  readonly measures: readonly StepMeasures[];
  /** The share of the weights that surgery cut away, 0–1. */
  readonly cutShare: number;
  /** What its reader has to know. */
  readonly warnings: readonly LayerWarning[];
  /** The entropy of the different w′ in bits per weight, where w′ was never whole in memory and is no codes. */
  readonly valueEntropy?: number;
}

/** The measures of a layer of which every element stayed as it was. */
export const nothingLost: ErrorMeasures = errorMeasures(noErrorSums);

/** Whether all w′ are zero, and some w are not. */
export function isLost({ zeros, sums }: Pick<LayerChange, "zeros" | "sums">): boolean {
  return sums.count > 0 && zeros === sums.count && sums.squaredBefore > 0;
}
