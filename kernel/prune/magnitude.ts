/** Magnitude pruning: the weights of least |w| become zero (Han et al. 2015, arXiv 1506.02626).
 *
 *  weights (out, in) f32 → mask (out, in). Exactly k = round(sparsity·n) weights are pruned (a half rounds up), n counted over
 *  all layers ("global"), the layer ("layer") or each row ("row"). Equal magnitudes: the lowest index goes first, and over
 *  several layers the first layer. Weights that are zero already are the least, so they count among the k first.
 *
 *  Exact selection without sorting and without all weights in memory: the bits of |w| as an unsigned integer order as |w| does.
 *  One pass counts their upper 16 bits over all layers; the digit that holds the k-th magnitude is the prefix; a second pass
 *  counts the lower 16 bits under that prefix; a third pass masks. Histograms of layers add up in any order. */
import { loops } from "../loops/loops";
import { checkFinite } from "../measure/finite";
import { checkChoice, checkNumber, checkOptionNames } from "../options";
import { parametersOf, type Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { countKept, percent, type MagnitudeThreshold, type PieceMasks, type Pruned, type Pruner } from "./pruner";
import { matrixOf, unstructuredStorage } from "./sparse/storage";

const digits = 65_536;

/** Options of `magnitude()`. */
export interface MagnitudeOptions {
  /** Share of the weights to prune, 0–1. */
  sparsity: number;
  /** Over what the share is counted: all layers, each layer (default), or each row. */
  scope?: "global" | "layer" | "row";
}

/** The step that `magnitude()` gives, checked and frozen. */
export interface MagnitudeStep extends Step {
  /** Names the method. */
  readonly kind: "magnitude";
  /** Share of the weights that goes, 0–1. */
  readonly sparsity: number;
  /** Over what the share is counted: all layers, each layer, or each row. */
  readonly scope: "global" | "layer" | "row";
}

/** The step "prune by magnitude": `magnitude({ sparsity: 0.5, scope: "global" })`. Throws `OptionError` for an unknown option or a
 *  share outside 0–1. */
export function magnitude(options: MagnitudeOptions): MagnitudeStep {
  checkOptionNames("magnitude", options, ["sparsity", "scope"]);
  const sparsity = checkNumber("magnitude", "sparsity", options.sparsity, { minimum: 0, maximum: 1 });
  const scope = checkChoice("magnitude", "scope", options.scope ?? "layer", ["global", "layer", "row"]);
  return Object.freeze({ kind: "magnitude", sparsity, scope });
}

/** Number of weights to prune out of `weights`: round(sparsity·n), a half rounds up. */
export function pruneCount(sparsity: number, weights: number): number {
  return Math.round(sparsity * weights);
}

/** How many weights have each upper half of the bits of |w| (65,536 counts); with a `prefix`, how many of those whose upper half
 *  it is have each lower half. */
export function magnitudeHistogram(weights: Float32Array, prefix?: number): Float64Array {
  return new Float64Array(loops.pruning.countMagnitudes(weights, prefix));
}

/** Adds the counts of `more` to `sum`, in place: the one function here that changes an argument. */
export function addHistogram(sum: Float64Array, more: Float64Array): void {
  for (let i = 0; i < sum.length; i++) sum[i] += more[i];
}

/** The digit under which the `count`-th smallest lies (count from 1 to the sum of counts), and how many of `count` lie in it. */
export function selectDigit(
  histogram: Float64Array,
  count: number,
): {
  /** Place in `histogram`, from 0. */
  digit: number;
  /** How many of `count` lie in the digit. */
  remaining: number;
} {
  let digit = 0;
  let remaining = count;
  while (digit < histogram.length - 1 && remaining > histogram[digit]) remaining -= histogram[digit++];
  return { digit, remaining };
}

/** The threshold that prunes exactly `count` weights, from the two histograms summed over all layers: `magnitudeHistogram(w)`, and
 *  for its digit `magnitudeHistogram(w, prefix)`. `lowerHistogram` is asked for once the prefix is known. `count` 0 prunes nothing. */
export function selectThreshold(
  histogram: Float64Array,
  count: number,
  lowerHistogram: (prefix: number) => Float64Array,
): MagnitudeThreshold {
  if (count <= 0) return { value: 0, ties: 0 };
  const upper = selectDigit(histogram, count);
  const lower = selectDigit(lowerHistogram(upper.digit), upper.remaining);
  return thresholdOf(upper.digit, lower.digit, lower.remaining);
}

/** The threshold from both digits, for callers that gather the second histogram asynchronously. */
export function thresholdOf(prefix: number, digit: number, ties: number): MagnitudeThreshold {
  return { value: new Float32Array(Uint32Array.of(prefix * digits + digit).buffer)[0], ties };
}

/** The mask of one layer at a threshold. `tiesToPrune` weights with |w| equal to it go, lowest index first; `tiesPruned` tells how
 *  many there were to take, so that the next layer gets the rest. */
export function pruneAtThreshold(
  weights: Float32Array,
  threshold: number,
  tiesToPrune: number,
): {
  /** 1 for a weight that stays, 0 for one that goes. */
  mask: Uint8Array;
  /** Number of zeros in `mask`. */
  pruned: number;
  /** How many of them equal the threshold. */
  tiesPruned: number;
} {
  const { mask, kept, tiesPruned } = loops.pruning.maskBelow(weights, threshold, tiesToPrune);
  return { mask, pruned: weights.length - kept, tiesPruned };
}

/** The threshold for `count` of the weights of several layers that are all in memory. */
export function findThreshold(layers: readonly Float32Array[], count: number): MagnitudeThreshold {
  const total = (prefix?: number) => {
    const sum = new Float64Array(digits);
    for (const weights of layers) addHistogram(sum, magnitudeHistogram(weights, prefix));
    return sum;
  };
  return count <= 0 ? { value: 0, ties: 0 } : selectThreshold(total(), count, total);
}

function prune(weights: Float32Array, shape: Shape, step: MagnitudeStep, name?: string): Pruned {
  checkFinite(weights, "magnitude", name);
  const { rows, columns } = step.scope === "row" ? matrixOf(shape) : { rows: 1, columns: weights.length };
  const count = pruneCount(step.sparsity, columns);
  const mask = new Uint8Array(weights.length);
  for (let row = 0; row < rows; row++) {
    const part = weights.subarray(row * columns, (row + 1) * columns);
    mask.set(pruneLeast(part, count), row * columns);
  }
  return maskOf(mask, shape, step);
}

/** The mask that prunes exactly `count` of `weights`. Short rows are sorted, long ones counted. */
function pruneLeast(weights: Float32Array, count: number): Uint8Array {
  if (weights.length > 65_536 || count === 0) {
    const { value, ties } = findThreshold([weights], count);
    return pruneAtThreshold(weights, value, ties).mask;
  }
  const sizes = new Float32Array(weights.length);
  for (let i = 0; i < sizes.length; i++) sizes[i] = weights[i] < 0 ? -weights[i] : weights[i];
  sizes.sort();
  const threshold = sizes[count - 1];
  let below = 0;
  while (sizes[below] < threshold) below++;
  return pruneAtThreshold(weights, threshold, count - below).mask;
}

/** The masks of pieces whose threshold is known: of the magnitudes that equal it, the first `ties` in order go. */
function masksAt({ value, ties }: MagnitudeThreshold): PieceMasks {
  let left = ties;
  return {
    wantsMore: () => false,
    add: () => undefined,
    mask(piece, row) {
      if (row === 0) left = ties;
      const { mask, tiesPruned } = loops.pruning.maskBelow(piece, value, left);
      left -= tiesPruned;
      return mask;
    },
  };
}

/** The masks of pieces that lose `count` weights together: two passes of counting find the threshold. */
function masksOfLeast(count: number): PieceMasks {
  let masks = count === 0 ? masksAt({ value: 0, ties: 0 }) : undefined;
  let upper: ReturnType<typeof selectDigit> | undefined;
  let counts: Uint32Array | undefined;
  return {
    wantsMore() {
      if (masks) return false;
      const counted = counts && Float64Array.from(counts);
      if (counted && !upper) upper = selectDigit(counted, count);
      else if (counted && upper) {
        const { digit, remaining } = selectDigit(counted, upper.remaining);
        masks = masksAt(thresholdOf(upper.digit, digit, remaining));
        return false;
      }
      counts = tableOfCounts();
      return true;
    },
    add(piece) {
      if (counts) loops.pruning.countMagnitudes(piece, upper?.digit, counts);
    },
    mask(piece, row) {
      if (!masks) throw new RangeError("the pieces were not counted yet");
      return masks.mask(piece, row);
    },
  };
}

/** A table of zeros, where the loops reach it without a copy. */
function tableOfCounts(): Uint32Array {
  const { buffer, byteOffset } = loops.memory.bytes(4 * digits);
  return new Uint32Array(buffer, byteOffset, digits).fill(0);
}

/** Each row by itself. */
function masksOfRows(shape: Shape, step: MagnitudeStep): PieceMasks {
  return {
    wantsMore: () => false,
    add: () => undefined,
    mask: (piece) => prune(piece, [piece.length / matrixOf(shape).columns, ...shape.slice(1)], step).mask,
  };
}

/** A mask as `Pruned`, unstructured: how `compress()` wraps the masks that it made at a global threshold. */
export function maskOf(mask: Uint8Array, shape: Shape, step: Step): Pruned {
  const kept = countKept(mask);
  return { step, shape, mask, kept, storage: unstructuredStorage(shape, kept) };
}

/** For one tensor, "global" is "layer": `compress()` finds the threshold over all layers with the functions above. */
export const magnitudePruner: Pruner<MagnitudeStep> = {
  kind: "magnitude",
  prune,
  target: (_shape, step) => step.sparsity,
  label: (step) => `magnitude ${percent(step.sparsity)}${step.scope === "layer" ? "" : ` ${step.scope}`}`,
  shared: {
    sparsity: ({ scope, sparsity }) => (scope === "global" ? sparsity : undefined),
    pruneAt: (weights, shape, step, { value, ties }) =>
      maskOf(pruneAtThreshold(weights, value, ties).mask, shape, step),
    beginAt: masksAt,
  },
  pieces: {
    rows: () => 1,
    begin: (step, shape) =>
      step.scope === "row" ? masksOfRows(shape, step) : masksOfLeast(pruneCount(step.sparsity, parametersOf(shape))),
    storage: (_step, shape, kept) => unstructuredStorage(shape, kept),
  },
};
