import type { EncodeStep } from "../encode";
import type { PruneStep, StructuralStep } from "../prune";
import type { QuantizeStep } from "../quantize";

/** A step of a recipe: one of those that the methods' factories make, told apart by `kind`. Each room's registry adds its own methods
 *  here. */
export type RecipeStep = PruneStep | StructuralStep | QuantizeStep | EncodeStep;
