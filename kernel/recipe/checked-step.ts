/** Steps that were written by hand, or read from a report: what their method's own function makes of them. */
import * as coders from "../encode";
import { OptionError } from "../errors";
import { kindOfStep } from "../layer/operators";
import type { RecipeStep } from "../layer/step";
import { describe } from "../options";
import * as pruners from "../prune";
import * as quantizers from "../quantize";
import type { Step } from "../tensor/step";

/** The function of a method has the name of its kind. */
const exported: Readonly<Record<string, unknown>> = { ...coders, ...pruners, ...quantizers };

/** Throws `OptionError` for what is not the quantizer of one tensor, which may say more than the step of a recipe. */
export function checkTensorStep(step: unknown): void {
  const { kind } = Object(step) as Partial<Step>;
  const quantizer = quantizers.quantizers.get(String(kind));
  if (quantizer?.checkOfTensor) quantizer.checkOfTensor(step as quantizers.QuantizeStep);
  else checkedStep(step);
}

/** The step that `{ kind, … }` stands for: its options as `linear({ … })` and its kin take them, the defaults filled in. `OptionError` for what
 *  is no step, for an unknown kind, and for options that the method refuses. */
export function checkedStep(step: unknown): RecipeStep {
  if (typeof step === "function")
    throw new OptionError(
      `compress(): ${step.name || "a step"} is a function; call it: ${step.name || "linear"}({ … })`,
    );
  if (typeof step !== "object" || step === null || typeof (step as Partial<Step>).kind !== "string")
    throw new OptionError(
      `compress(): ${describe(step)} is no step; a step comes from its method, such as linear({ bits: 4 })`,
    );
  const { kind, ...options } = step as Step & { coder?: unknown };
  kindOfStep(step as Step);
  const make = exported[kind];
  if (typeof make !== "function") throw new OptionError(`compress(): no method makes steps of kind "${kind}"`);
  // A coder within a coder is a step of its own.
  const { coder } = options;
  const inner = typeof coder === "object" && coder !== null ? { coder: checkedStep(coder) } : {};
  return (make as (options: object) => RecipeStep)({ ...options, ...inner });
}
