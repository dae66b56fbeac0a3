/** The one place that maps a step to its method: what kind of operator it is, and what it is called. */
import { OptionError } from "../errors";
import { coders } from "../encode";
import { nearestWord } from "../options";
import { pruners, structuralPruners, type MagnitudeStep, type Pruner, type StructuralPruner } from "../prune";
import { quantizers, type LinearStep, type TrellisStep } from "../quantize";
import type { Step } from "../tensor/step";

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

/** "linear 4-bit g128". */
export function labelOf(step: Step): string {
  const method = registries[kindOfStep(step)].get(step.kind);
  return method ? method.label(step) : step.kind;
}

/** The bits per weight that a step is to meet after coding, over all layers. */
export function targetBitsOf(step: Step): number | undefined {
  return step.kind === "linear" || step.kind === "trellis" ? (step as LinearStep | TrellisStep).targetBits : undefined;
}

/** True for pruning whose threshold is over all layers. */
export function isGlobal(step: Step): step is MagnitudeStep {
  return step.kind === "magnitude" && step.scope === "global";
}
