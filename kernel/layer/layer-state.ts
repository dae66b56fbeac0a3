/** What is known of a layer while it goes through its steps. */
import type { Factors } from "../prune/pruner";
import type { IndexStorage } from "../prune/sparse/storage";
import type { Quantized } from "../quantize/quantizer";
import type { Step } from "../tensor/step";

/** A layer after some of its steps. */
export interface LayerState {
  /** w′; absent where the layer went through its one lossy step in pieces, and w′ was never whole. */
  values: Float32Array | undefined;
  /** 0 where pruning took the weight away. */
  keep: Uint8Array | undefined;
  /** How to store where the others stand. */
  index: IndexStorage | undefined;
  targetSparsity: number | undefined;
  quantized: Quantized | undefined;
  /** w′ is their product, of a stack matrix by matrix. */
  factors: readonly Factors[] | undefined;
  coder: Step | undefined;
}

/** A layer before its first step. */
export function stateOf(values: Float32Array | undefined): LayerState {
  return {
    values,
    keep: undefined,
    index: undefined,
    targetSparsity: undefined,
    quantized: undefined,
    factors: undefined,
    coder: undefined,
  };
}
