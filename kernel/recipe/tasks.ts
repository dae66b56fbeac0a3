/** What a worker thread counts over the layers of a recipe before they are compressed. */
import type { LayerInput } from "../layer/layer-job";
import { forEachPiece } from "../layer/weight-reader";
import type { Shape } from "../tensor/tensor";
import { addHistogram, magnitudeHistogram } from "../prune/magnitude";
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

/** Halves of 32 bits. */
const halves = 65_536;

/** The tasks of this room, for `sharedPool().run`. */
export const tasks = taskModule(__filename, {
  histogram: (job: HistogramJob) => {
    const counts = new Float64Array(halves);
    forEachPiece(job, "magnitude", (piece) => addHistogram(counts, magnitudeHistogram(piece, job.prefix)));
    return transferring(counts);
  },
  classes: (job: ClassesJob) => {
    const counts = new Float64Array(halves);
    forEachPiece(job, "linear", (piece) => addHistogram(counts, countByClass(piece)));
    return transferring(counts);
  },
});
