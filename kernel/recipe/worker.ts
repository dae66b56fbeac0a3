/** What the worker threads of `compress()` can do. */
import { countPlanes } from "../encode/byte-planes/plane-counts";
import { checkFinite } from "../measure";
import { magnitudeHistogram } from "../prune/magnitude";
import { sharing, transferring } from "../threads/transferring";
import { countByClass } from "../quantize/target/entropy-step";
import type { ClassesJob, HistogramJob, LayerJob } from "../layer/job";
import type { LayerSummary } from "../layer/kept";
import { compressLayer, type LayerOutcome } from "../layer/compress-layer";
import { packBitsandbytes } from "../save/bitsandbytes-layout";
import { packCompressed } from "../save/compressed-tensors-layout";
import { packBlocks } from "../save/gguf-blocks";
import { readLayerFile, storedAt, type KeptTensor, type LayerFile } from "../layer/kept";
import { encodeLayerFile } from "../layer/checkpoint-file";
import { restoreValues } from "../stored/stored";
import { formOf } from "../stored/form";
import * as surgery from "../surgery/tasks";

type Place = KeptTensor["place"];

function withForm({ stored, ...rest }: LayerOutcome): LayerSummary {
  return { ...rest, form: stored && formOf(stored) };
}

/** The tasks by name: each takes a job and gives its result, both as plain data. */
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
    const outcome = compressLayer(job);
    // A layer is posted to a thread each time it is read.
    return transferring({ ...withForm(outcome), stored: sharing(outcome.stored) });
  },
  /** The outcome as a file of a checkpoint, and all of it but the arrays. */
  compressToFile: ({ job, key }: { job: LayerJob; key: string }) => {
    const outcome = compressLayer(job);
    return transferring({ file: encodeLayerFile(key, outcome), summary: withForm(outcome) });
  },
  /** Such a file, checked to the last byte. */
  takeUp: (file: LayerFile) => withForm(readLayerFile(file)),
  pack: ({ place, isDynamic, suffix }: { place: Place; isDynamic: boolean; suffix: string }) =>
    transferring(packCompressed(storedAt(place), isDynamic, suffix)),
  packBlocks: (place: Place) => transferring(packBlocks(storedAt(place))),
  packBitsandbytes: ({ place, suffix }: { place: Place; suffix: string }) =>
    transferring(packBitsandbytes(storedAt(place), suffix)),
  countPlanes: ({ bytes, dtype }: { bytes: Uint8Array; dtype: string }) => countPlanes(bytes, dtype),
  restore: (place: Place) => transferring(restoreValues(storedAt(place))),
};
