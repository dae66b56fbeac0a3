/** What the measures of a running network give, each with all that a reader needs to measure it again. */
import type { Engine } from "./engine";
import type { RankCorrelation } from "./ranks";

/** What was measured, with all that a reader needs to measure it again. */
export interface TextScore {
  /** e to the mean of −ln p over the scored tokens. */
  readonly perplexity: number;
  /** The middle 95 % of the perplexity over 2,000 bootstrap draws of the windows; absent for fewer than four windows. */
  readonly interval?: readonly [number, number];
  /** Σ −log₂ p of the scored tokens. */
  readonly bits: number;
  /** Tokens that were scored. */
  readonly scored: number;
  /** Windows of the text. */
  readonly windows: number;
  /** Tokens of the text. */
  readonly tokens: number;
  /** How the text was cut and scored. */
  readonly protocol: string;
  /** What computed. */
  readonly engine: Engine;
  /** The model's name. */
  readonly model: string;
  /** The text: SHA-256 of its UTF-8 form, its bytes, its code points. */
  readonly text: { readonly sha256: string; readonly bytes: number; readonly characters: number };
  /** Σ −ln p and the number of scored tokens of each window, for comparisons in pairs. */
  readonly perWindow: { readonly sums: readonly number[]; readonly counts: readonly number[] };
}

/** A mean over scored tokens with its interval: the middle 95 % over 2,000 bootstrap draws of the windows; absent for fewer than four. */
export interface Mean {
  /** Over all scored tokens. */
  readonly mean: number;
  /** From, to. */
  readonly interval?: readonly [number, number];
}

/** Kullback–Leibler divergence over the scored tokens, in nats. */
export interface DivergenceSpread extends Mean {
  /** Half of the tokens have less. */
  readonly median: number;
  /** 90, 95, 99 and 99.9 %. */
  readonly percentiles: { readonly p90: number; readonly p95: number; readonly p99: number; readonly p999: number };
  /** Of any token. */
  readonly maximum: number;
}

/** What `divergence` found. P is the reference, Q the model. */
export interface Divergence {
  /** KL(P ‖ Q) = Σ p·ln(p/q). */
  readonly forward: DivergenceSpread;
  /** KL(Q ‖ P). */
  readonly backward: DivergenceSpread;
  /** The share of tokens, 0–1, where both have the same most probable one. */
  readonly sameTop: Mean;
  /** √ mean (q − p)² of the token that came. */
  readonly rmsProbability: Mean;
  /** ln PPL(Q) − ln PPL(P), in pairs. */
  readonly logPerplexityRatio: Mean;
  /** Of Q. */
  readonly perplexity: number;
  /** Of P. */
  readonly referencePerplexity: number;
  /** True where KL(P ‖ Q) is under three times the numeric floor of float32, 4.6e-11: the two cannot be told apart. */
  readonly isIndistinguishable: boolean;
  /** Tokens that were scored. */
  readonly scored: number;
  /** Windows of the text. */
  readonly windows: number;
  /** How the text was cut and scored. */
  readonly protocol: string;
  /** What computed. */
  readonly engine: Engine;
  /** The model's name. */
  readonly model: string;
  /** The reference's name. */
  readonly reference: string;
  /** The text: SHA-256 of its UTF-8 form, its bytes, its code points. */
  readonly text: { readonly sha256: string; readonly bytes: number; readonly characters: number };
}

/** How far the states behind one block are apart, over all tokens of all inputs. */
export interface BlockDrift {
  /** The block's name, or "embedding" before the first. */
  readonly name: string;
  /** Mean cosine between the two states of a token, −1 to 1. */
  readonly cosine: number;
  /** 10·log₁₀(Σx² / Σ(x′ − x)²) in dB; null where nothing differs. */
  readonly sqnrDb: number | null;
}

/** What `drift` found. */
export interface Drift {
  /** Behind the embedding and behind each block, in the order of the network. */
  readonly blocks: readonly BlockDrift[];
  /** Behind the last block. */
  readonly output: BlockDrift;
  /** The cosine of the output's mean over the tokens of an input, which is how sentence encoders are used: mean over inputs, with the middle 95 %
   *  over 2,000 bootstrap draws of the inputs (absent for fewer than four). */
  readonly pooledCosine: { readonly mean: number; readonly interval?: readonly [number, number] };
  /** Inputs. */
  readonly inputs: number;
  /** Their tokens. */
  readonly tokens: number;
  /** What computed. */
  readonly engine: Engine;
  /** The model's name. */
  readonly model: string;
  /** The reference's name. */
  readonly reference: string;
  /** SHA-256 of each input's UTF-8 form. */
  readonly texts: readonly string[];
}

/** What one unit loses by one scheme. */
export interface UnitLoss {
  /** KL(reference ‖ model with this unit compressed) in nats. */
  readonly divergence: DivergenceSpread;
  /** Mean of t² = ‖w − w′‖² / ‖w‖² over the unit's tensors, each counted by its parameters. */
  readonly weightError: number;
  /** ‖y − y′‖² / ‖y‖² of the block's output on the same input. */
  readonly outputError: number;
}

/** One block or layer. */
export interface SensitivityUnit {
  /** "model.layers.3", or a tensor's name. */
  readonly name: string;
  /** The tensors that were exchanged. */
  readonly tensors: readonly string[];
  /** Their weights. */
  readonly parameters: number;
  /** By scheme; a scheme that leaves the unit alone has none. */
  readonly losses: Readonly<Record<string, UnitLoss>>;
}

/** What a scheme does over all units. */
export interface SchemeSensitivity {
  /** KL with all units compressed together. */
  readonly all: DivergenceSpread;
  /** Σ of the units' own KL. */
  readonly sumOfUnits: number;
  /** `all` / `sumOfUnits`: 1 where losses add up, and where nothing is lost. */
  readonly additivity: number;
  /** Whether a unit's weight error foretells its KL. */
  readonly weightErrorRank: RankCorrelation;
  /** Whether the error of a block's output does. */
  readonly outputErrorRank: RankCorrelation;
}

/** What `sensitivity` found. */
export interface Sensitivity {
  /** In the order of the network. */
  readonly units: readonly SensitivityUnit[];
  /** By name. */
  readonly schemes: Readonly<Record<string, SchemeSensitivity>>;
  /** "block" or "layer". */
  readonly unit: "block" | "layer";
  /** Tokens that were scored. */
  readonly scored: number;
  /** Windows of the text. */
  readonly windows: number;
  /** How the text was cut and scored. */
  readonly protocol: string;
  /** What computed. */
  readonly engine: Engine;
  /** The model's name. */
  readonly model: string;
  /** SHA-256 of the text's UTF-8 form. */
  readonly textSha256: string;
}
