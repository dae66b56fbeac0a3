/** What the worker threads of `compress()` can do. */
import { countPlanes } from "../encode/plane-counts";
import { checkFinite } from "../measure";
import { magnitudeHistogram } from "../prune/magnitude";
import { sharing, transferring } from "../simd/transferring";
import { countByClass } from "../quantize/entropy-step";
import type { ClassesJob, HistogramJob, LayerJob } from "./job";
import { compressLayer } from "./layer";
import { packBitsandbytes } from "./bitsandbytes";
import { packCompressedCodes } from "./compressed-tensors";
import { packBlocks } from "./ggml-blocks";
import { restoreValues, type StoredTensor } from "./stored";
import * as surgery from "./surgery-tasks";

export const tasks = {
  histogram: ({ name, values, prefix }: HistogramJob) => {
    checkFinite(values, "magnitude", name);
    return transferring(magnitudeHistogram(values, prefix));
  },
  classes: ({ name, values }: ClassesJob) => {
    checkFinite(values, "linear", name);
    return transferring(countByClass(values));
  },
  channelSums: (job: surgery.SumsJob) => transferring(surgery.sumsOfChannels(job)),
  headScores: (job: surgery.HeadsJob) => transferring(surgery.scoresOfHeads(job)),
  mergeChannels: (job: surgery.MergeJob) => transferring(surgery.clustersOfChannels(job)),
  sumOfSquares: (job: surgery.SquaresJob) => surgery.sumOfSquares(job),
  compress: (job: LayerJob) => {
    const { stored, ...rest } = compressLayer(job);
    // A layer is posted to a thread each time it is read.
    return transferring({ ...rest, stored: sharing(stored) });
  },
  pack: ({ stored, isDynamic }: { stored: StoredTensor; isDynamic: boolean }) =>
    transferring(packCompressedCodes(stored, isDynamic)),
  packBlocks: (stored: StoredTensor) => transferring(packBlocks(stored)),
  packBitsandbytes: (stored: StoredTensor) => transferring(packBitsandbytes(stored)),
  countPlanes: ({ bytes, dtype }: { bytes: Uint8Array; dtype: string }) => countPlanes(bytes, dtype),
  restore: (stored: StoredTensor) => transferring(restoreValues(stored)),
};
