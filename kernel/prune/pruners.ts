/** The table of pruners of single tensors: with its line and its row here, a method is known to `prune`, `compress`, recipes and reports. Those
 *  that take parts out of a whole network stand in channels/structural.ts. */
import { methodsByKind, type StepOf } from "../tensor/step";
import { edgesPruner } from "./edges";
import { lowRankPruner } from "./low-rank";
import { magnitudePruner } from "./magnitude";
import { nodesPruner } from "./nodes";
import type { Pruner } from "./pruner";

export { edges, edgesPruner, type EdgesOptions, type EdgesStep } from "./edges";
export { lowRank, lowRankPruner, type LowRankOptions, type LowRankStep } from "./low-rank";
export {
  addHistogram,
  findThreshold,
  magnitude,
  magnitudeHistogram,
  magnitudePruner,
  maskOf,
  pruneAtThreshold,
  pruneCount,
  selectDigit,
  selectThreshold,
  thresholdOf,
  type MagnitudeOptions,
  type MagnitudeStep,
} from "./magnitude";
export { nodes, nodesPruner, removeNodes, type LayerParameters, type NodesOptions, type NodesStep } from "./nodes";

const table = [magnitudePruner, nodesPruner, edgesPruner, lowRankPruner] as const;

/** A step of any method that prunes single tensors; its `kind` tells of which. */
export type PruneStep = StepOf<(typeof table)[number]>;

/** Every pruning method by its `kind`. A method here takes any step whose kind is its own. */
export const pruners: ReadonlyMap<string, Pruner<PruneStep>> = methodsByKind<Pruner<PruneStep>>(table);
