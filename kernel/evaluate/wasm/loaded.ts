/** The numbers of a network's parts, read and put in order for an engine: plain data that passes between threads, its arrays shared. */
import type { Activation } from "../architectures/activation";
import type { NormPlace } from "../architectures/network";

/** y = x·Wᵀ + b; entry (n, k) of W (columns, inner) stands at n·columnStep + k·innerStep. */
export interface LoadedLinear {
  readonly values: Float32Array;
  /** Outputs. */
  readonly columns: number;
  /** Inputs. */
  readonly inner: number;
  readonly columnStep: number;
  readonly innerStep: number;
  /** (columns). */
  readonly bias?: Float32Array | undefined;
}

/** A norm; w (width), for "layer" with b behind it (2, width). */
export interface LoadedNorm {
  readonly kind: "rms" | "layer";
  readonly values: Float32Array;
  readonly epsilon: number;
}

/** `Attention`, read. */
export interface LoadedAttention {
  readonly query: LoadedLinear;
  readonly key: LoadedLinear;
  readonly value: LoadedLinear;
  readonly out: LoadedLinear;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headSize: number;
  readonly queryNorm?: LoadedNorm | undefined;
  readonly keyNorm?: LoadedNorm | undefined;
  readonly rotary?:
    { readonly pairs: number; readonly isInterleaved: boolean; readonly table: Float32Array } | undefined;
  readonly scale: number;
  readonly cap?: number | undefined;
  readonly isCausal: boolean;
  readonly window?: number | undefined;
}

/** `FeedForward`, read. */
export interface LoadedFeedForward {
  readonly gate?: LoadedLinear | undefined;
  readonly up: LoadedLinear;
  readonly down: LoadedLinear;
  readonly activation: Activation;
}

/** `Block`, read. */
export interface LoadedBlock {
  readonly name: string;
  readonly width: number;
  readonly normPlace: NormPlace;
  readonly attentionNorm: LoadedNorm;
  readonly attention: LoadedAttention;
  readonly afterAttention?: LoadedNorm | undefined;
  readonly feedForwardNorm: LoadedNorm;
  readonly feedForward: LoadedFeedForward;
  readonly afterFeedForward?: LoadedNorm | undefined;
  readonly residualFactor?: number | undefined;
}

/** The end of a network: norm, then logits. */
export interface LoadedHead {
  readonly width: number;
  readonly norm?: LoadedNorm | undefined;
  readonly linear: LoadedLinear;
  readonly cap?: number | undefined;
  readonly factor?: number | undefined;
}
