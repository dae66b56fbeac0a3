/** The one place that maps a step to its method: what kind of operator it is, what it is called, and what its method says of it. */
import { coderOf, coders, planes } from "../encode";
import { OptionError } from "../errors";
import { nearestWord } from "../options";
import {
  isPruneStep,
  pruners,
  structuralPruners,
  type PieceMasks,
  type Pruned,
  type Pruner,
  type StructuralPruner,
} from "../prune";
import { isQuantizeStep, quantizers, type Quantized } from "../quantize";
import type { NamedShape } from "../network";
import type { Step } from "../tensor/step";
import { layoutOf, orderedAxes, orderedShape } from "../tensor/layout";
import { toldOf } from "../tensor/role";
import type { Shape } from "../tensor/tensor";
import type { LayerThreshold } from "./layer-job";
import type { RecipeStep } from "./step";

/** What a step does to weights. */
export type OperatorKind = "prune" | "quantize" | "encode";

const allPruners = new Map<string, Pruner | StructuralPruner>([...pruners, ...structuralPruners]);
const registries = { prune: allPruners, quantize: quantizers, encode: coders } as const;

/** Whether a step prunes, quantizes or encodes. `OptionError` for a kind that no method has. */
export function kindOfStep(step: Step): OperatorKind {
  for (const kind of ["prune", "quantize", "encode"] as const) if (registries[kind].has(step.kind)) return kind;
  const known = Object.values(registries).flatMap((registry) => [...registry.keys()]);
  const guess = nearestWord(String(step.kind), known);
  throw new OptionError(
    `compress(): no step is called "${String(step.kind)}"; ${guess ? `did you mean "${guess}"?` : `there are ${known.join(", ")}`}`,
  );
}

/** The step in words: "linear 4-bit g128". `OptionError` for a kind that no method has. */
export function labelOf(step: Step): string {
  const registry: ReadonlyMap<string, { label(step: Step): string }> = registries[kindOfStep(step)];
  return registry.get(step.kind)?.label(step) ?? step.kind;
}

/** The bits per weight that a step is to meet after coding, over all layers; `undefined` for a step without such a target. */
export function targetBitsOf(step: Step): number | undefined {
  return isQuantizeStep(step) ? quantizers.get(step.kind)?.rate?.targetBits(step) : undefined;
}

/** A step that has a target of bits, with the size Δ > 0 instead; any other step as it is. */
export function atSize(step: RecipeStep, size: number): RecipeStep {
  if (!isQuantizeStep(step) || targetBitsOf(step) === undefined) return step;
  return quantizers.get(step.kind)?.rate?.atSize(step, size) ?? step;
}

/** The step as each tensor of a model takes it: most are the same for all, some choose by the tensor, and leave one alone by `undefined`. */
export function stepByTensor(
  step: RecipeStep,
  model: readonly NamedShape[],
): (tensor: NamedShape) => RecipeStep | undefined {
  const choose = isQuantizeStep(step) ? quantizers.get(step.kind)?.stepsByTensor?.(step, model.map(asSeen)) : undefined;
  return choose ? (tensor) => choose(asSeen(tensor)) : () => step;
}

/** A tensor's name and what it is, with its shape in method order: stacked axes, outputs, inputs, positions. */
function asSeen(tensor: NamedShape): NamedShape {
  const { name, shape, axes } = tensor;
  const { order } = layoutOf(shape, axes);
  return order && axes
    ? { ...toldOf(tensor), name, shape: orderedShape(shape, order), axes: orderedAxes(axes, order) }
    : tensor;
}

/** Whether a tensor of this dtype is stored already as what the step makes of it. */
export function isStoredAs(step: Step | undefined, dtype: string): boolean {
  if (step === undefined || !isQuantizeStep(step)) return false;
  return quantizers.get(step.kind)?.blocks?.isStoredAs(step, dtype) === true;
}

/** What the step would make of such a tensor, from its bytes; `undefined` for a tensor of another dtype. */
export function quantizedFrom(bytes: Uint8Array, dtype: string, shape: Shape, step: Step): Quantized | undefined {
  if (!isQuantizeStep(step) || !isStoredAs(step, dtype)) return undefined;
  return quantizers.get(step.kind)?.blocks?.quantizedFrom(bytes, shape, step);
}

/** The share of the weights of all layers that a step prunes by one threshold, 0–1; `undefined` for a step that sees one layer. */
export function sharedSparsityOf(step: Step): number | undefined {
  return isPruneStep(step) ? pruners.get(step.kind)?.shared?.sparsity(step) : undefined;
}

/** One layer pruned at the threshold that it shares with others; `undefined` for a step that sees one layer. */
export function pruneAtShared(
  weights: Float32Array,
  shape: Shape,
  step: Step,
  threshold: LayerThreshold | undefined,
): Pruned | undefined {
  if (threshold === undefined || !isPruneStep(step) || sharedSparsityOf(step) === undefined) return undefined;
  return pruners.get(step.kind)?.shared?.pruneAt(weights, shape, step, threshold);
}

/** Who decides piece by piece at the threshold that a layer shares with others; `undefined` for a step that sees one layer. */
export function beginAtShared(step: Step, threshold: LayerThreshold | undefined): PieceMasks | undefined {
  if (threshold === undefined || !isPruneStep(step) || sharedSparsityOf(step) === undefined) return undefined;
  return pruners.get(step.kind)?.shared?.beginAt(threshold);
}

/** The step that codes the bytes of floats of `dtype` as `coder` says: coders that see to bytes themselves as they are, others by byte
 *  planes. */
export function floatStepOf(coder: Step, dtype: string): Step {
  const method = coderOf(coder);
  return ("floatStep" in method ? method.floatStep?.(coder, dtype) : undefined) ?? planes({ type: dtype, coder });
}
