/** What a worker thread counts over the layers of a recipe before they are compressed. */
import { valuesOf, type LayerInput } from "../layer/layer-job";
import { checkFinite } from "../measure";
import type { Shape } from "../tensor/tensor";
import { magnitudeHistogram } from "../prune/magnitude";
import { countByClass } from "../quantize/target/entropy-step";
import { taskModule } from "../threads/tasks";
import { transferring } from "../threads/transferring";

/** One pass of counting for a global threshold. */
export interface HistogramJob {
  /** The layer's name, for errors. */
  readonly name: string;
  /** Its weights. */
  readonly input: LayerInput;
  /** The type of the tensor. */
  readonly dtype: string;
  /** Its shape. */
  readonly shape: Shape;
  /** Absent: count the upper halves of the bits of |w|; else the lower halves under this upper one. */
  readonly prefix: number | undefined;
}

/** Counting for a target of bits. */
export interface ClassesJob {
  /** The layer's name, for errors. */
  readonly name: string;
  /** Its weights. */
  readonly input: LayerInput;
  /** The type of the tensor. */
  readonly dtype: string;
  /** Its shape. */
  readonly shape: Shape;
}

/** The tasks of this room, for `sharedPool().run`. */
export const tasks = taskModule(__filename, {
  histogram: ({ name, input, dtype, shape, prefix }: HistogramJob) => {
    const values = valuesOf(input, dtype, shape);
    checkFinite(values, "magnitude", name);
    return transferring(magnitudeHistogram(values, prefix));
  },
  classes: ({ name, input, dtype, shape }: ClassesJob) => {
    const values = valuesOf(input, dtype, shape);
    checkFinite(values, "linear", name);
    return transferring(countByClass(values));
  },
});
