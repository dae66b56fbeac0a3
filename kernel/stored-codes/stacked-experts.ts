import type { RoleDescription } from "../tensor/role";
import type { Shape } from "../tensor/tensor";

/** What a weight of three dimensions and more is, whose scheme knows along which of the last two its inputs lie: matrices side by side, as experts
 *  are. Undefined for a single matrix, which may be a linear layer, a table, a head: its name tells. */
export function stackedExperts(shape: Shape, inputsLie: "last" | "first"): RoleDescription | undefined {
  const stacked = shape.slice(0, -2).map((_, axis) => axis);
  if (stacked.length === 0) return undefined;
  const [first, last] = [stacked.length, stacked.length + 1];
  const axes =
    inputsLie === "last" ? { output: [first], input: [last], stacked } : { output: [last], input: [first], stacked };
  return { role: "expert", roleReason: "matrices side by side, scales along their inputs", axes };
}
