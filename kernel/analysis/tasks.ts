/** What a worker thread does for the questions of this room: counts the weights, or the bytes, of a tensor. */
import { countPlanes } from "../encode/byte-planes/plane-counts";
import { histogram } from "../measure/histogram";
import type { Histogram } from "../report/types";
import { taskModule } from "../threads/tasks";

/** The tasks of this room, for `sharedPool().run`. */
export const tasks = taskModule(__filename, {
  /** The finite values of a tensor in `bins` bins. */
  histogram: ({ values, bins }: { readonly values: Float32Array; readonly bins: number }): Histogram =>
    histogram(values.every(Number.isFinite) ? values : values.filter(Number.isFinite), bins),
  /** How often each byte stands in each byte plane of the tensor. */
  countPlanes: ({ bytes, dtype }: { readonly bytes: Uint8Array; readonly dtype: string }) => countPlanes(bytes, dtype),
});
