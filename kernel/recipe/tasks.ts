/** What a worker thread counts over the layers of a recipe before they are compressed. */
import { checkFinite } from "../measure";
import { magnitudeHistogram } from "../prune/magnitude";
import { countByClass } from "../quantize/target/entropy-step";
import { taskModule } from "../threads/tasks";
import { transferring } from "../threads/transferring";

/** One pass of counting for a global threshold. */
export interface HistogramJob {
  /** The layer's name, for errors. */
  readonly name: string;
  /** Its weights. */
  readonly values: Float32Array;
  /** Absent: count the upper halves of the bits of |w|; else the lower halves under this upper one. */
  readonly prefix: number | undefined;
}

/** Counting for a target of bits. */
export interface ClassesJob {
  /** The layer's name, for errors. */
  readonly name: string;
  /** Its weights. */
  readonly values: Float32Array;
}

/** The tasks of this room, for `sharedPool().run`. */
export const tasks = taskModule(__filename, {
  histogram: ({ name, values, prefix }: HistogramJob) => {
    checkFinite(values, "magnitude", name);
    return transferring(magnitudeHistogram(values, prefix));
  },
  classes: ({ name, values }: ClassesJob) => {
    checkFinite(values, "linear", name);
    return transferring(countByClass(values));
  },
});
