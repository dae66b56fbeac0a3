/** What is known of a family of networks that is written as GGUF: llama.cpp's names for its tensors, what becomes of them, and llama.cpp's
 *  keys for what config.json states. A family is a row of this kind (`families/`), named by its `model_type` in `architectures.ts`. */
import type { SavedTensor } from "../formats/safetensors-writer";
import type { GgufMetadataInput } from "../formats/gguf/values";
import type { KnownSettings } from "./known-settings";
import type { Rotary } from "./rotary";
import type { Settings } from "./settings";

/** What becomes of a tensor under its name in GGUF: usually one tensor, several where GGUF has its parts apart. */
export type Change = (tensor: SavedTensor, name: string, config: Settings) => SavedTensor | readonly SavedTensor[];

/** A pattern of names without the prefix, GGUF's name for them (`$1` is the number of the block), and what becomes of the tensor if its values
 *  or rows are not taken over as they are. */
export type NameRow = readonly [pattern: RegExp, name: string, change?: Change];

/** Where a tensor of the folder belongs in one that GGUF makes of several. */
export interface Part {
  readonly stack: string;
  readonly number: number;
}

/** A family of networks as llama.cpp knows it. */
export interface Architecture {
  /** GGUF's `general.architecture`. */
  readonly name: string;
  /** What the names of a folder's tensors may begin with. */
  readonly prefix: RegExp;
  readonly names: readonly NameRow[];
  /** Names of tensors that GGUF leaves out, because the network does not need them. */
  readonly ignored: RegExp;
  /** The tensors that are written, where a folder may hold one twice. */
  readonly chosen?: (tensors: readonly SavedTensor[]) => readonly SavedTensor[];
  /** Which stack a tensor is part of; `undefined` for one that is whole. */
  readonly partOf?: (name: string) => Part | undefined;
  /** How many parts such a stack has. */
  readonly partCount?: (config: Settings, stack: string) => number;
  /** The matrix of the logits: llama.cpp takes the embedding's where there is no other ("either"), takes always the embedding's ("tied"), or
   *  wants one of its own ("own"); "none" of an encoder. */
  readonly head: "either" | "tied" | "own" | "none";
  /** Whether the head is the embedding where config.json does not say (tie_word_embeddings); "unless stored": whatever it says. */
  readonly isTied: boolean | "unless stored";
  /** Key of config.json with the activation; the first one that is there counts. */
  readonly activationKeys: readonly string[];
  /** The activations that llama.cpp computes; the first is what the network has without a key. */
  readonly activations: readonly string[];
  readonly settings: KnownSettings;
  /** Refuses what neither a key nor a value shows. */
  readonly check?: (config: Settings) => void;
  /** What llama.cpp does otherwise under some circumstances, a sentence each. */
  readonly notes?: (config: Settings) => readonly string[];
  /** The rotary positions, where the network has any. */
  readonly rotary?: (config: Settings) => Rotary;
  /** The keys with the sizes, from config.json and the tensors. `OptionError` where one is missing. */
  readonly sizes: (config: Settings, tensors: readonly SavedTensor[]) => GgufMetadataInput;
}

/** Names of GELU's tanh form, which llama.cpp computes where it says GELU. */
export const tanhGelus: readonly string[] = ["gelu_pytorch_tanh", "gelu_new", "gelu_fast"];

/** GELU, of which llama.cpp computes the tanh form by a table: at most 5e-4 from the one of erf. */
export const gelus: readonly string[] = ["gelu", ...tanhGelus];

/** Names of SiLU. */
export const silus: readonly string[] = ["silu", "swish"];
