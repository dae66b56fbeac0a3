/** A large layer that only lossless coders take, from its file, a few rows at a time: neither its bytes nor its weights are ever whole in memory. */
import { FileRangeReader, type FileRange } from "../bytes/file-range";
import type { ByteSource } from "../encode";
import { isReadable } from "../formats/values";
import { bytesOfRepeats } from "../loops/values";
import { loops } from "../loops/loops";
import { ChangeMeter } from "../measure/change";
import { entropyOfPieces, valuesAtOnce } from "../measure/entropy-pieces";
import { RangeSearch } from "../measure/range-search";
import type { StepMeasures } from "../report/types";
import type { LayerJob } from "./layer-job";
import { stateOf, type LayerState } from "./layer-state";
import { layerWarnings, noZeroGroups } from "./layer-warnings";
import { kindOfStep, labelOf } from "./operators";
import { isLost, nothingLost, type Walk } from "./walk";
import { weightReader } from "./weight-reader";

/** Layers of fewer bytes are quicker whole. */
const leastBytes = 2 ** 25;
/** Weights of a piece: they stay in the core's own cache. */
const pieceWeights = 2 ** 16;

/** Bytes of the kernels' memory that the walk wants: pieces, and what counting equal values takes. */
export const memoryOfCoded = 4 * pieceWeights + 4 * valuesAtOnce + bytesOfRepeats(valuesAtOnce) + 4096;

/** Whether the layer goes this way. */
export function isCodedInPieces({ steps, input, dtype, surgery }: LayerJob): boolean {
  if (surgery || steps.length === 0 || steps.some((step) => kindOfStep(step) !== "encode")) return false;
  return "range" in input && input.isRaw && isReadable(dtype) && input.range.byteLength >= leastBytes;
}

/** What there is to store: all that a walk without measures gives. */
export function stepCoded({ steps }: Pick<LayerJob, "steps">): LayerState {
  return { ...stateOf(undefined), coder: steps[steps.length - 1] };
}

/** The walk; `undefined` where a weight is a NaN or infinite, of which the measures say more. */
export function walkCoded(job: LayerJob): Walk | undefined {
  const reader = weightReader(job, false);
  try {
    const visit = (visitPiece: (piece: Float32Array) => void): void => {
      for (let start = 0; start < reader.length; start += pieceWeights)
        loops.memory.part(() => visitPiece(reader.again(start, Math.min(start + pieceWeights, reader.length))));
    };
    const search = new RangeSearch(reader.length, (count) => reader.sample(count));
    let isFinite = true;
    visit((piece) => {
      isFinite &&= loops.values.firstNonFinite(piece) < 0;
      if (isFinite) search.add(piece);
    });
    if (!isFinite) return undefined;
    const meter = new ChangeMeter(search.finish(() => reader.whole()));
    visit((piece) => meter.add(piece, piece));
    const change = meter.finish();
    const measures = job.steps.map((step): StepMeasures => {
      return { kind: step.kind, label: labelOf(step), ...nothingLost };
    });
    const warnings = layerWarnings({
      steps: job.steps,
      measures,
      sqnrDb: nothingLost.sqnrDb,
      zeroGroups: noZeroGroups,
      isLost: isLost(change),
      quantized: undefined,
      hasWiderFactors: false,
      nonFinite: 0,
    });
    const valueEntropy = entropyOfPieces(reader.length, visit);
    return { job, state: stepCoded(job), change, error: nothingLost, measures, cutShare: 0, warnings, valueEntropy };
  } finally {
    reader.finish();
  }
}

/** Hands the bytes of a file's range to `work`, which reads them a part at a time. `SourceError` when the file was changed meanwhile. */
export function withRange<Result>(range: FileRange, work: (source: ByteSource) => Result): Result {
  const file = new FileRangeReader(range);
  let buffer = new Uint8Array(0);
  try {
    return work({
      length: range.byteLength,
      part(from, to) {
        if (buffer.length < to - from) buffer = new Uint8Array(to - from);
        const part = buffer.subarray(0, to - from);
        file.read(part, from);
        return part;
      },
    });
  } finally {
    file.finish();
  }
}
