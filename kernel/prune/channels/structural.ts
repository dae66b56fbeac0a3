/** Methods that change the shape of a network: they look at several tensors at once, and `compress()` carries them out. */
import { methodsByKind, type Step, type StepOf } from "../../tensor/step";
import { structuralRows } from "../generated/methods";
import { nodesPruner, type NodesStep } from "../nodes";
import type { Pruner, StructuralPruner } from "../pruner";

/** A step that can take parts out of a network; its `kind` tells of which method. */
export type StructuralStep = StepOf<(typeof structuralRows)[number]> | (NodesStep & { readonly remove?: undefined });

/** Every such method by its `kind`, but `nodes`, which is a method on one tensor too. */
export const structuralPruners: ReadonlyMap<string, StructuralPruner> = methodsByKind<StructuralPruner>(structuralRows);

/** Methods of which some steps take parts out of a network, and others prune single tensors. */
const both = methodsByKind<Pruner>([nodesPruner]);

/** True for a step that takes parts out of a network. */
export function isStructural(step: Step): step is StructuralStep {
  return structuralPruners.has(step.kind) || both.get(step.kind)?.isStructural?.(step) === true;
}
