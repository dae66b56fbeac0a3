/** Pruning of one tensor, for teaching, for tests and for `compress()`. */
import { OptionError } from "../errors";
import { measureError } from "../measure/error";
import { checkFinite } from "../measure/finite";
import { weightsOf, type TensorInput } from "../measure/input";
import { bitsPerWeight } from "../measure/bit-arithmetic";
import { sparsity } from "../measure/sparsity";
import { nearestOrAll } from "../options";
import type { ErrorMeasures } from "../report/types";
import type { Step } from "../tensor/step";
import { checkAxes, layoutOf, toMethodOrder, toOwnOrder } from "../tensor/layout";
import type { Axes } from "../tensor/role";
import type { Shape } from "../tensor/tensor";
import { applyMask, factorBits, type Factors, type Pruner } from "./pruner";
import { pruneMatrices } from "./stack/matrices";
import { pruners, type PruneStep } from "./pruners";
import { sparseBits, type IndexStorage } from "./sparse/storage";
import { structuralPruners } from "./channels/structural";

/** True for a step of a method that prunes single tensors. */
export function isPruneStep(step: Step): step is PruneStep {
  return pruners.has(step.kind);
}

/** The method of a step; throws `OptionError` when its kind is no pruning method. */
export function prunerOf(step: Step): Pruner {
  const pruner = pruners.get(step.kind);
  if (pruner) return pruner;
  if (structuralPruners.has(step.kind))
    throw new OptionError(
      `prune(): ${step.kind} works on a network, not on one tensor: compress(model, ${step.kind}(…))`,
    );
  const kinds = [...pruners.keys()];
  throw new OptionError(
    `prune(): "${String(step.kind)}" is no pruning method; ${nearestOrAll(String(step.kind), kinds)}`,
  );
}

/** One tensor after pruning: the values that a consumer sees, which weights stayed, and what it costs to store. */
export interface PrunedTensor {
  /** w′, row-major, in `shape`; pruned weights are +0. */
  readonly values: Float32Array;
  /** Dimensions, outermost first: (out, in) of a matrix. */
  readonly shape: Shape;
  /** The step that pruned it. */
  readonly step: Step;
  /** "magnitude 50 %". */
  readonly label: string;
  /** 1 for a weight that stays, 0 for one that went. */
  readonly mask: Uint8Array;
  /** Number of weights that stayed. */
  readonly kept: number;
  /** Number of weights that went. */
  readonly pruned: number;
  /** Output nodes removed whole (method `nodes`): what `removeNodes` takes; of a stack (experts · out) nodes are numbered through. */
  readonly nodes?: readonly number[];
  /** W, (out, in, …) as a matrix, as left·right (method `lowRank`); absent where W stays because its factors would not be smaller. */
  readonly factors?: Factors;
  /** The same of a stack, matrix by matrix. */
  readonly stackedFactors?: readonly Factors[];
  /** Share of w′ that is exactly zero, 0–1: the pruned weights and the zeros that were there. */
  readonly sparsity: number;
  /** The share that the step aimed at, 0–1. */
  readonly targetSparsity: number;
  /** How the places of the kept weights are stored. */
  readonly storage: IndexStorage;
  /** Bits of the kept weights as float32 and of the index, or of the dense tensor where that is less; of the factors where there are. */
  readonly bits: number;
  /** `bits` / number of weights; 0 for none. */
  readonly bitsPerWeight: number;
  /** How far w′ is from w. */
  readonly error: ErrorMeasures;
}

/** Prunes one tensor by one step. `input` is row-major with the given `shape`; without a shape it is a vector, or, as a list of
 *  rows, a matrix. `axes` say which way it lies, by default (out, in, …): rows, nodes and patterns follow them, and each matrix of a stack is
 *  pruned on its own. `name` is used in errors. A tensor of a model has all three: `prune(await tensor.read(), step, tensor)`.
 *  Throws `OptionError` for a shape or axes that do not fit and for a step of another kind, `NonFiniteError` for NaN or infinite weights. The
 *  input is not changed. */
export function prune(
  input: TensorInput,
  step: Step,
  options: { readonly shape?: Shape; readonly axes?: Axes; readonly name?: string } = {},
): PrunedTensor {
  const pruner = prunerOf(step);
  const { weights, shape } = weightsOf("prune", input, options.shape);
  const axes = options.axes && checkAxes("prune()", shape, options.axes);
  const layout = layoutOf(shape, axes);
  if (layout.order) checkFinite(weights, step.kind, options.name);
  const pruned = pruneMatrices(pruner, toMethodOrder(weights, shape, axes), layout, step, options.name);
  const { kept, nodes, factors, stackedFactors, storage, values: changed } = pruned;
  const mask = toOwnOrder(pruned.mask, shape, axes);
  const own = changed && toOwnOrder(changed, shape, axes);
  const values = own ? own.slice() : applyMask(weights, mask);
  const products = stackedFactors ?? (factors && [factors]);
  const bits = products
    ? products.reduce((sum, one) => sum + factorBits(one), 0)
    : sparseBits(storage, weights.length, 32);
  return {
    values,
    shape,
    step,
    label: pruner.label(step),
    mask,
    kept,
    pruned: weights.length - kept,
    ...(nodes && { nodes }),
    ...(factors && { factors }),
    ...(stackedFactors && { stackedFactors }),
    sparsity: sparsity(values),
    targetSparsity: pruner.target(layout.matrix, step),
    storage,
    bits,
    bitsPerWeight: bitsPerWeight(bits, weights.length),
    error: measureError(weights, values),
  };
}

/** A short text for a pruning step: "magnitude 50 % global". */
export function prunerLabel(step: Step): string {
  return prunerOf(step).label(step);
}
