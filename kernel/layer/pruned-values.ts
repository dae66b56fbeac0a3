/** w′ of a layer that was pruned in pieces, made from its weights and the bits of those that stay. */
import { loops } from "../loops/loops";
import type { FloatSource } from "./float-source";
import type { KeptBits } from "./kept-bits";
import type { LayerJob } from "./layer-job";
import { weightReader } from "./weight-reader";

/** Weights of a piece. */
const pieceWeights = 2 ** 18;

/** Reads the weights [start, end) into the job's memory. */
export type ReadWeights = (start: number, end: number) => Float32Array;

/** Reads from the job's input, which is opened each time. `SourceError` where its file was changed meanwhile. */
export function readAnew(job: Pick<LayerJob, "input" | "dtype" | "shape">): ReadWeights {
  return (start, end) => {
    const reader = weightReader(job, false);
    try {
      return reader.again(start, end);
    } finally {
      reader.finish();
    }
  };
}

/** w′ of all weights, or of those that stay one behind the other. */
export function prunedValues(read: ReadWeights, kept: KeptBits, onlyKept: boolean, most = pieceWeights): FloatSource {
  const pieces = Math.ceil(kept.length / most);
  const endOf = (at: number): number => Math.min(kept.length, (at + 1) * most);
  const starts = new Float64Array(pieces + 1);
  for (let at = 0; at < pieces; at++)
    starts[at + 1] = onlyKept ? starts[at] + kept.count(at * most, endOf(at)) : endOf(at);
  return {
    length: starts[pieces],
    pieces,
    startOf: (at) => starts[at],
    piece: (at) =>
      loops.memory.part(() => {
        const before = read(at * most, endOf(at));
        const mask = kept.mask(at * most, endOf(at));
        if (onlyKept) return loops.pruning.gather(before, mask, starts[at + 1] - starts[at]);
        return loops.memory.keep(loops.pruning.apply(before, mask));
      }),
  };
}
