/** What a worker thread counts over the layers of a recipe before they are compressed. */
import type { LayerInput } from "../layer/layer-job";
import { countPieces } from "../layer/weight-reader";
import { loops } from "../loops/loops";
import type { Shape } from "../tensor/tensor";
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

/** Halves of 32 bits. */
export const halves = 65_536;

/** The tasks of this room, for `sharedPool().run`. */
export const tasks = taskModule(__filename, {
  histogram: (job: HistogramJob) =>
    transferring(
      countPieces(job, "magnitude", halves, (piece, table) => loops.pruning.countMagnitudes(piece, job.prefix, table)),
    ),
  classes: (job: ClassesJob) => {
    const classes = new Float64Array(halves);
    const found = countPieces(job, "linear", halves, (piece, table) => loops.pruning.countClasses(piece, table));
    found.entries.forEach((entry, at) => (classes[entry] = found.counts[at]));
    return transferring(classes);
  },
});
