/** One layer through its steps, with every measure of the report: the work of one task on a worker thread. It detaches the values of its
 *  input, so that the thread holds them once. */
import type { SpilledArray, SpillFile } from "../bytes/spill-file";
import { loops } from "../loops/loops";
import { bytesOfRepeats } from "../loops/values";
import { entropyOfCounts, entropyOfValues, relativeErrorOf, type ErrorSums } from "../measure";
import type { Histogram, LayerVariant } from "../report/types";
import { countsOf } from "../stored/packed-codes";
import { storedBytes } from "../stored/stored-size";
import type { Sized, StoredTensor } from "../stored/stored-tensor";
import { parametersOf } from "../tensor/tensor";
import type { LayerJob } from "./layer-job";
import { kindOfStep, labelOf } from "./operators";
import { orderedJob } from "./ordered-job";
import { fileShelf, memoryShelf, type Shelf } from "./shelf";
import { storeLayer } from "./store-layer";
import type { Walk } from "./walk";
import { isCodedInPieces, memoryOfCoded, stepCoded, walkCoded } from "./walk-coded";
import { memoryOfPieces, pieceWalkOf, stepPieces, walkPieces } from "./walk-pieces";
import { memoryOfPruned, prunedWalkOf, walkPruned } from "./walk-pruned";
import { stepWhole, walkWhole } from "./walk-whole";

/** What a layer gave: what is kept of it, what the report says of it, and its part of the sums over the model. `Place`: as of `StoredTensor`. */
export interface LayerOutcome<Place extends Sized = never> {
  /** What is kept of the layer; absent where no step remained after parts were taken out. */
  readonly stored: StoredTensor<Place> | undefined;
  /** What the report says of the layer. */
  readonly variant: LayerVariant;
  /** How the weights were distributed before the first step. */
  readonly histogram: Histogram;
  /** Sums over all weights, from which the errors of the whole model are made. */
  readonly sums: ErrorSums;
  /** Number of w′ that are exactly zero. */
  readonly zeros: number;
}

/** Compresses a layer; the same bytes and measures on every machine. The array of `job.input.values` may be detached, with length 0 after. */
export function compressLayer(job: LayerJob): LayerOutcome {
  return compressOnto(job, memoryShelf);
}

/** Layers of fewer bytes of float32 are stored from memory. */
export const leastSpilled = 2 ** 25;

/** The same with the arrays of a large layer at the end of `file`, so that they are never whole in memory. */
export function compressLayerInto(job: LayerJob, file: SpillFile): LayerOutcome<SpilledArray> {
  return 4 * parametersOf(job.shape) >= leastSpilled ? compressOnto(job, fileShelf(file)) : compressLayer(job);
}

function compressOnto<Place extends Sized>(job: LayerJob, shelf: Shelf<Place>): LayerOutcome<Place> {
  const { job: ordered, own } = orderedJob(job);
  if (isCodedInPieces(ordered)) {
    const outcome = loops.memory.during(memoryOfCoded, () => {
      const walk = walkCoded(ordered);
      return walk && outcomeOf(job, { ...walk, job: own(walk.job) }, shelf);
    });
    if (outcome) return outcome;
  }
  const { bytes, walk } = walkOf(ordered);
  return loops.memory.during(bytes + 4096, () => {
    const found = walk();
    return outcomeOf(job, { ...found, job: own(found.job) }, shelf);
  });
}

/** How a layer goes through its steps, and the bytes of the kernels' memory that it wants for them. */
function walkOf(job: LayerJob): { readonly bytes: number; readonly walk: () => Walk } {
  const pieces = pieceWalkOf(job);
  if (pieces) return { bytes: memoryOfPieces(job), walk: () => walkPieces(job, pieces) };
  const pruned = prunedWalkOf(job);
  if (pruned) return { bytes: memoryOfPruned(job), walk: () => walkPruned(job, pruned) };
  return { bytes: memoryOfWhole(job), walk: () => walkWhole(job) };
}

/** The bytes that are kept of the layer after its steps, and nothing else: what `compressLayer` keeps has that size. The weights must be finite.
 *  The array of `job.input.values` may be detached. */
export function sizeOfLayer(job: LayerJob): number {
  const { job: ordered, own } = orderedJob(job);
  const size = ({ job: small, state }: Pick<Walk, "job" | "state">): number =>
    storedBytes(storeLayer(own(small), state, memoryShelf));
  if (isCodedInPieces(ordered)) return size({ job: ordered, state: stepCoded(ordered) });
  const pieces = pieceWalkOf(ordered);
  const { bytes, walk } = walkOf(ordered);
  const pruned = !pieces && prunedWalkOf(ordered) !== undefined;
  return loops.memory.during(bytes + 4096, () => {
    if (pieces) return size(stepPieces(ordered, pieces));
    return size(pruned ? walk() : stepWhole(ordered));
  });
}

/** The values, those after each lossy step, and the codes or the mask; where w′ is no codes, what counting equal values takes. */
function memoryOfWhole({ shape, steps }: LayerJob): number {
  const weights = parametersOf(shape);
  const kinds = steps.map(kindOfStep);
  const lossy = kinds.filter((kind) => kind !== "encode").length;
  return weights * (4 + lossy * 5) + (kinds.includes("quantize") ? 0 : bytesOfRepeats(weights));
}

function outcomeOf<Place extends Sized>(
  { shape, steps, surgery }: LayerJob,
  walk: Walk,
  shelf: Shelf<Place>,
): LayerOutcome<Place> {
  const { job, state, change, error, measures, cutShare, warnings, valueEntropy } = walk;
  const { sums, zeros, histogramBefore, histogramAfter, levels } = change;
  const weights = parametersOf(shape);
  const stored = steps.length === 0 && surgery ? undefined : storeLayer(job, state, shelf);
  const bytes = stored ? storedBytes(stored) : 0;
  const target =
    surgery || state.targetSparsity !== undefined ? 1 - (1 - cutShare) * (1 - (state.targetSparsity ?? 0)) : undefined;
  const { quantized, values = new Float32Array(0) } = state;
  const variant: LayerVariant = {
    scheme: [...(surgery?.steps ?? []), ...steps].map(labelOf).join(" · "),
    ...(surgery ? { shape: job.shape } : {}),
    bytes,
    bitsPerWeight: weights === 0 ? 0 : (8 * bytes) / weights,
    ...error,
    relativeError: error.sqnrDb === null ? 0 : relativeErrorOf(sums),
    sparsity: weights === 0 ? 0 : zeros / weights,
    ...(target === undefined ? {} : { targetSparsity: target }),
    entropyBits: quantized
      ? entropyOfCounts(countsOf(quantized.codes).counts) * (quantized.codes.length / Math.max(1, weights))
      : (valueEntropy ?? entropyOfValues(values)),
    steps: [...measures],
    ...(warnings.length > 0 ? { warnings } : {}),
    histogram: histogramAfter,
    ...(levels ? { levels: [...levels] } : {}),
  };
  return { stored, variant, histogram: histogramBefore, sums, zeros };
}
