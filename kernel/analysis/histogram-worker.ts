/** What the worker threads of `histograms()` can do. */
import type { Histogram } from "../report/types";
import { histogram } from "../measure/histogram";

/** The tasks by name: each takes a job and gives its result, both as plain data. */
export const tasks = {
  histogram: ({ values, bins }: { values: Float32Array; bins: number }): Histogram =>
    histogram(values.every(Number.isFinite) ? values : values.filter(Number.isFinite), bins),
};
