/** What a network of blocks is made of: which tensors, in which order, with which numbers. An architecture writes this once; every engine reads
 *  it. */
import type { Activation } from "./activation";

/** Rows of a matrix, or entries of a vector: all of a tensor, or runs of `length` of them, `count` times, every `step`. */
export interface Part {
  /** The tensor's name. */
  readonly tensor: string;
  /** Absent: all of it. */
  readonly runs?: { readonly first: number; readonly length: number; readonly step: number; readonly count: number };
}

/** y = x·Wᵀ + b. */
export interface Linear {
  readonly weight: Part;
  readonly bias?: Part | undefined;
  /** W lies as (in, out), as GPT-2 has it; `runs` of the weight are columns then. */
  readonly isInputFirst?: boolean | undefined;
}

/** A norm over the last axis. */
export interface Norm {
  /** "rms": w·x/√(mean x² + ε); "layer": w·(x − mean)/√(var + ε) + b. */
  readonly kind: "rms" | "layer";
  readonly weight: string;
  readonly bias?: string | undefined;
  readonly epsilon: number;
  /** Added to each weight: 1 in Gemma. */
  readonly offset?: number | undefined;
}

/** How queries and keys are turned by their place. */
export interface Rotary {
  /** Pairs of a head that are turned: the first 2·pairs of its numbers. */
  readonly pairs: number;
  /** Radians per place of each pair. */
  readonly frequencies: readonly number[];
  /** Pairs (2i, 2i + 1) instead of (i, i + pairs). */
  readonly isInterleaved: boolean;
  /** Cosines and sines are multiplied by it: 1 but for YaRN. */
  readonly factor: number;
}

/** Attention of a block. */
export interface Attention {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly out: Linear;
  readonly heads: number;
  /** Heads of keys and values; `heads` is a multiple of them. */
  readonly keyHeads: number;
  readonly headSize: number;
  /** Norms over each head of the queries and of the keys. */
  readonly queryNorm?: Norm | undefined;
  readonly keyNorm?: Norm | undefined;
  readonly rotary?: Rotary | undefined;
  /** Scores are q·k times this. */
  readonly scale: number;
  /** Scores s become c·tanh(s/c). */
  readonly cap?: number | undefined;
  /** No place sees a later one. */
  readonly isCausal: boolean;
  /** A place sees itself and so many less one before it; absent: all. */
  readonly window?: number | undefined;
}

/** down(activation(gate x) ⊙ up x), or down(activation(up x)) without a gate. */
export interface FeedForward {
  readonly gate?: Linear | undefined;
  readonly up: Linear;
  readonly down: Linear;
  readonly activation: Activation;
}

/** How the two halves of a block stand to the stream x.
 *  "before": x += out(attention(norm x)), x += mlp(norm x), each result through a second norm where there is one;
 *  "parallel": x += attention(norm₁ x) + mlp(norm₂ x);
 *  "after": x = norm(x + attention(x)), x = norm(x + mlp(x)). */
export type NormPlace = "before" | "parallel" | "after";

/** One block. */
export interface Block {
  /** What errors call it, such as "model.layers.3". */
  readonly name: string;
  readonly normPlace: NormPlace;
  readonly attentionNorm: Norm;
  readonly attention: Attention;
  /** On the result of attention, before it is added. */
  readonly afterAttention?: Norm | undefined;
  readonly feedForwardNorm: Norm;
  readonly feedForward: FeedForward;
  /** On the result of the feed-forward part, before it is added. */
  readonly afterFeedForward?: Norm | undefined;
  /** What is added is multiplied by it first; absent: 1. */
  readonly residualFactor?: number | undefined;
}

/** A network from tokens to logits. */
export interface Network {
  /** The architecture: "llama". */
  readonly family: string;
  readonly vocabulary: number;
  readonly width: number;
  /** Places that it was made for. */
  readonly context: number;
  readonly embedding: {
    /** (vocabulary, width). */
    readonly tokens: string;
    /** (places, width), added; the place p takes row p + offset. */
    readonly places?: { readonly tensor: string; readonly offset: number } | undefined;
    /** A row that is added to every token: BERT's first segment. */
    readonly segment?: string | undefined;
    readonly norm?: Norm | undefined;
    /** The sum is multiplied by it; absent: 1. */
    readonly factor?: number | undefined;
  };
  readonly blocks: readonly Block[];
  readonly norm?: Norm | undefined;
  /** Absent where the network gives states, no logits. */
  readonly head?:
    | {
        readonly linear: Linear;
        /** Logits l become c·tanh(l/c). */
        readonly cap?: number | undefined;
        /** Logits are multiplied by it first; absent: 1. */
        readonly factor?: number | undefined;
      }
    | undefined;
}
