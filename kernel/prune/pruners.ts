/** The pruners of single tensors by the kind of their steps. A method needs no line here: generated/methods.ts has a row for each file of this
 *  room that exports a `Pruner`, and so `prune`, `compress`, recipes and reports know it. Those that take parts out of a whole network, each a
 *  `StructuralPruner`, are in channels/structural.ts. */
import { methodsByKind, type StepOf } from "../tensor/step";
import { prunerRows } from "./generated/methods";
import type { Pruner } from "./pruner";

/** A step of any method that prunes single tensors; its `kind` tells of which. */
export type PruneStep = StepOf<(typeof prunerRows)[number]>;

/** Every pruning method by its `kind`. A method here takes any step whose kind is its own. */
export const pruners: ReadonlyMap<string, Pruner<PruneStep>> = methodsByKind<Pruner<PruneStep>>(prunerRows);
