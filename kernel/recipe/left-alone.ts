/** What a recipe reached and left alone, because it is no weight. */
import { rolesOf } from "../network";
import { isWeightRole, type RoleDescription } from "../tensor/role";
import type { LeftAlone, LeftAloneGroup } from "../report/types";
import type { Model } from "../tensor/model";
import type { Tensor } from "../tensor/tensor";
import { spelledPattern } from "./spelled-pattern";

/** Numbers of positions and of entries, which nobody takes for weights. */
const counting =
  /(^|[._/])(\w*_)?(ids?|index|indices|idxs?|num_batches_tracked|shape|size|sizes|length|lengths|steps?)$/;

/** Whether a tensor that is no weight could be taken for one: it has two or more dimensions, or belongs to an optimizer. */
function isWorthTelling({ name, shape, parameters }: Tensor, { role }: RoleDescription): boolean {
  if (isWeightRole(role) || parameters === 0) return false;
  if (role === "optimizer state") return true;
  return shape.length >= 2 && role !== "bias" && !(role === "integer" && counting.test(name));
}

/** The tensors that `isReached` and that no step touches, by the reason for it; `undefined` where there are none. */
export function leftAlone(
  model: Pick<Model, "tensors" | "metadata" | "config" | "format">,
  isReached: (tensor: Tensor) => boolean,
  isTouched: (tensor: Tensor) => boolean,
): LeftAlone | undefined {
  const roles = rolesOf(model);
  const groups = new Map<string, { readonly description: RoleDescription; readonly tensors: Tensor[] }>();
  model.tensors.forEach((tensor, at) => {
    const description = roles[at];
    if (!isWorthTelling(tensor, description) || isTouched(tensor) || !isReached(tensor)) return;
    const key = `${description.role}\0${description.roleReason}`;
    const group = groups.get(key) ?? { description, tensors: [] };
    group.tensors.push(tensor);
    groups.set(key, group);
  });
  if (groups.size === 0) return undefined;
  const told = [...groups.values()].map(({ description, tensors }): LeftAloneGroup => {
    const names = tensors.map(({ name }) => name);
    // Whole numbers stay exact: no lossy step takes them, whatever the pattern.
    const pattern = description.role === "integer" ? undefined : spelledPattern(names);
    return {
      role: description.role,
      reason: description.roleReason,
      tensors: tensors.length,
      parameters: tensors.reduce((sum, { parameters }) => sum + parameters, 0),
      names: names.slice(0, 3),
      ...(pattern === undefined ? {} : { pattern }),
    };
  });
  return {
    tensors: told.reduce((sum, { tensors }) => sum + tensors, 0),
    parameters: told.reduce((sum, { parameters }) => sum + parameters, 0),
    groups: told,
  };
}

/** What several reports of one model left alone alike. */
export function leftAloneByAll(all: readonly (LeftAlone | undefined)[]): LeftAlone | undefined {
  const [first, ...others] = all;
  if (!first) return undefined;
  const groups = first.groups.filter((group) =>
    others.every((other) => other?.groups.some((one) => JSON.stringify(one) === JSON.stringify(group))),
  );
  if (groups.length === 0) return undefined;
  return {
    tensors: groups.reduce((sum, { tensors }) => sum + tensors, 0),
    parameters: groups.reduce((sum, { parameters }) => sum + parameters, 0),
    groups,
  };
}
