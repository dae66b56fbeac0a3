/** Which tensor of another model is which of a base: by name and shape. Names may stand behind a common prefix, such as "model.", in one of the
 *  two. */
import { formatShape } from "../report/numbers";
import type { Model } from "../tensor/model";
import type { Tensor } from "../tensor/tensor";

/** A tensor that has no counterpart, and why. */
export interface UnmatchedTensor {
  /** As the base calls it, or would. */
  readonly name: string;
  /** "the base has none", "only the base has it", "(3, 4) where the base has (4, 3)". */
  readonly reason: string;
}

/** The tensors of a base with their counterparts. */
export interface MatchedTensors {
  /** In the order of the base. */
  readonly pairs: readonly { readonly origin: Tensor; readonly other: Tensor }[];
  /** Of both models. */
  readonly unmatched: readonly UnmatchedTensor[];
}

/** The pairs of equal name, after a common prefix, and of equal shape. */
export function matchTensors(base: Pick<Model, "tensors">, other: Pick<Model, "tensors">): MatchedTensors {
  const nameInBase = renamingOf(base.tensors, other.tensors);
  const others = new Map(other.tensors.map((tensor) => [nameInBase(tensor.name), tensor]));
  const pairs: { readonly origin: Tensor; readonly other: Tensor }[] = [];
  const unmatched: UnmatchedTensor[] = [];
  for (const origin of base.tensors) {
    const found = others.get(origin.name);
    others.delete(origin.name);
    if (!found) unmatched.push({ name: origin.name, reason: "only the base has it" });
    else if (formatShape(found.shape) === formatShape(origin.shape)) pairs.push({ origin, other: found });
    else
      unmatched.push({
        name: origin.name,
        reason: `(${found.shape.join(", ")}) where the base has (${origin.shape.join(", ")})`,
      });
  }
  for (const { name } of others.values()) unmatched.push({ name, reason: "the base has none" });
  return { pairs, unmatched };
}

/** Names that a common prefix is looked for in. */
const looked = 32;

/** How a name of the other model is called in the base: as it is, with a prefix or without one, whichever matches most. */
function renamingOf(base: readonly Tensor[], other: readonly Tensor[]): (name: string) => string {
  const known = new Set(base.map(({ name }) => name));
  const names = other.map(({ name }) => name);
  const odd = names.filter((name) => !known.has(name)).slice(0, looked);
  const added = new Set<string>();
  const taken = new Set<string>();
  for (const name of odd)
    for (const own of known) {
      if (own.endsWith(`.${name}`)) added.add(own.slice(0, -name.length));
      if (name.endsWith(`.${own}`)) taken.add(name.slice(0, -own.length));
    }
  // A name that the base has as it is keeps it.
  const asItIs = (rename: (name: string) => string) => (name: string) => (known.has(name) ? name : rename(name));
  const ways = [
    (name: string) => name,
    ...[...added].map((prefix) => asItIs((name) => prefix + name)),
    ...[...taken].map((prefix) => asItIs((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name))),
  ];
  const matches = (way: (name: string) => string) => new Set(names.map(way).filter((name) => known.has(name))).size;
  return ways.reduce((best, way) => (matches(way) > matches(best) ? way : best));
}
