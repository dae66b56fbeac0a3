/** Pruners: one file a method. */
export { isPruneStep, prune, prunerLabel, prunerOf, pruners, type PrunedTensor, type PruneStep } from "./prune";
export { edges, edgesPruner, type EdgesOptions, type EdgesStep } from "./edges";
export { heads, type HeadsOptions, type HeadsStep } from "./heads";
export { layers, type LayersOptions, type LayersStep } from "./layers";
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
export { merge, type MergeOptions, type MergeStep } from "./merge";
export { nodes, nodesPruner, removeNodes, type LayerParameters, type NodesOptions, type NodesStep } from "./nodes";
export { applyMask, type Factors, type Pruned, type Pruner, type StructuralPruner } from "./pruner";
export type { MagnitudeThreshold, SharedThreshold } from "./pruner";
export { breakEvenDensity, sparseBits, type IndexScheme, type IndexStorage } from "./sparse/storage";
export { decodeSparse, encodeSparse, type SparseForm, type SparseTensor } from "./sparse/tensor";
export { isStructural, structuralPruners, type StructuralStep } from "./channels/structural";
export { singularValues } from "./decomposition/svd";
