/** Methods that change the shape of a network: they look at several tensors at once, and `compress()` carries them out. */
import type { Step } from "../../tensor/step";
import { headsPruner } from "../heads";
import { layersPruner } from "../layers";
import { mergePruner } from "../merge";
import type { StructuralPruner } from "../pruner";

/** Every such method by its `kind`, but `nodes`, which is a method on one tensor too. */
export const structuralPruners: ReadonlyMap<string, StructuralPruner> = new Map(
  ([headsPruner, layersPruner, mergePruner] as unknown as StructuralPruner[]).map((pruner) => [pruner.kind, pruner]),
);

/** True for a step that takes parts out of a network. */
export function isStructural(step: Step): boolean {
  return structuralPruners.has(step.kind) || (step.kind === "nodes" && step.remove !== false);
}
