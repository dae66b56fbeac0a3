/** Pruners: one file a method. */
export { isPruneStep, prune, prunerLabel, prunerOf, type PrunedTensor } from "./prune";
export * from "./generated/methods";
export { pruners, type PruneStep } from "./pruners";
export { applyMask, type Factors, type Pruned, type Pruner, type StructuralPruner } from "./pruner";
export type { MagnitudeThreshold, PieceMasks, PrunedPieces, SharedThreshold } from "./pruner";
export { breakEvenDensity, sparseBits, type IndexScheme, type IndexStorage } from "./sparse/storage";
export { decodeSparse, encodeSparse, type SparseForm, type SparseTensor } from "./sparse/tensor";
export { isStructural, structuralPruners, type StructuralStep } from "./channels/structural";
export { singularValues } from "./decomposition/svd";
