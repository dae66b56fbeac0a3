/** What is known of a layer while it goes through its steps. */
import type { Factors } from "../prune/pruner";
import type { IndexStorage } from "../prune/sparse/storage";
import type { CodeArray, Quantized } from "../quantize/quantizer";
import type { Step } from "../tensor/step";
import type { FloatSource } from "./float-source";

/** A layer after some of its steps. */
export interface LayerState {
  /** w′; absent where the layer went through its one lossy step in pieces, and w′ was never whole. */
  values: Float32Array | undefined;
  /** 0 where pruning took the weight away. */
  keep: Uint8Array | undefined;
  /** Whether w′ has other values than the tensor's own and zero, which its type may not hold. */
  hasOtherValues: boolean;
  /** How to store where the others stand. */
  index: IndexStorage | undefined;
  targetSparsity: number | undefined;
  quantized: Quantized | undefined;
  /** w′ is their product, of a stack matrix by matrix. */
  factors: readonly Factors[] | undefined;
  coder: Step | undefined;
  /** What pruning left of a layer that went through its steps in pieces; then `keep` is absent. */
  pruned: PrunedWeights | undefined;
}

/** The weights that pruning left, as what stores them asks for them. */
export interface PrunedWeights {
  /** How many there are. */
  readonly kept: number;
  /** One bit for each weight, 1 for those that are left (see `packMask`). */
  mask(): Uint8Array;
  /** Whether every weight that went dequantizes to zero by itself. */
  zerosSurvive(): boolean;
  /** The codes of those that are left. */
  gather(codes: CodeArray): CodeArray;
  /** w′, of all weights or of those that are left. */
  values(onlyKept: boolean): FloatSource;
}

/** A layer before its first step. */
export function stateOf(values: Float32Array | undefined): LayerState {
  return {
    values,
    keep: undefined,
    hasOtherValues: false,
    index: undefined,
    targetSparsity: undefined,
    quantized: undefined,
    factors: undefined,
    coder: undefined,
    pruned: undefined,
  };
}
