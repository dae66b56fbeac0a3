/** A model from a Hugging Face folder as GGUF has it: llama.cpp's names of tensors, its keys for the sizes that config.json states, rows in the
 *  order that its attention wants, and the tokenizer (tokenizer.ts: WordPiece, byte-level BPE, SentencePiece's BPE). For BERT, Llama
 *  (Mistral, Mixtral, SmolLM, TinyLlama), Qwen2 and Qwen3, also of experts (experts.ts), and GPT-2.
 *
 *  Llama's rotary positions pair entry i of a head with entry i + d/2 in transformers, and 2i with 2i + 1 in llama.cpp: rows of query and
 *  key, (heads, 2, d/2, in), become (heads, d/2, 2, in). Whole rows move, so that blocks of quantized weights stay what they are. GPT-2
 *  keeps its matrices (in, out); they are turned. Blocks that were made along the inputs are those of the turned matrix; blocks along a row of
 *  (in, out) do not survive it. */
import { join } from "node:path";
import { OptionError, UnsupportedError } from "../errors";
import { readJsonFile } from "../formats/config";
import type { GgufMetadataInput } from "../formats/gguf/values";
import type { SavedTensor } from "../formats/safetensors-writer";
import {
  architectures,
  headsOf,
  headSizeOf,
  numberOf,
  sharedHeadsOf,
  type Architecture,
  type Settings,
} from "./architectures";
import { expertCount, expertOf, stackOf } from "./experts";
import { MovedRows, turnedMatrix } from "./moved-tensor";
import { rotaryOf, rotaryTensor } from "./rotary";
import { nameWith } from "./added-tokens";
import { writtenTokenizer } from "./tokenizer";

/** What is needed of a model that was opened from a folder. */
export interface FolderModel {
  readonly tensors: readonly SavedTensor[];
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly name?: string | undefined;
  readonly config?: Settings | undefined;
  readonly folder?: string | undefined;
}

/** A tensor as GGUF has it, and what it was made of. */
export interface ConvertedTensor {
  readonly tensor: SavedTensor;
  /** The tensors of the folder that it holds: one, a stack of experts, or none for a table that llama.cpp adds. */
  readonly originals: readonly SavedTensor[];
}

/** True for a model that has the config.json of a folder, and no metadata of a GGUF file. */
export function isFromFolder({ metadata, config, folder }: FolderModel): boolean {
  return (
    metadata?.["general.architecture"] === undefined && typeof config?.model_type === "string" && folder !== undefined
  );
}

/** True for tensors that engines want as float32: norms, biases, and embeddings of positions and token types, which are added, not looked up. */
export function needsFloats({ name, shape }: SavedTensor): boolean {
  return shape.length < 2 || name === "position_embd.weight" || name === "token_types.weight";
}

/** Tensors and metadata of such a model as GGUF has them; the tensors of `needsFloats` are to be written as float32.
 *  `UnsupportedError` for another architecture, positions, activation or tokenizer, `OptionError` for sizes that are missing. */
export async function ggufFromFolder(
  model: FolderModel,
): Promise<{ tensors: readonly ConvertedTensor[]; metadata: GgufMetadataInput; notes: readonly string[] }> {
  const config = model.config ?? {};
  const kind = String(config.model_type);
  const architecture = Object.hasOwn(architectures, kind) ? architectures[kind] : undefined;
  if (!architecture)
    throw new UnsupportedError(
      `saveGguf(): a network of model_type "${kind}" is not written as GGUF; ${Object.keys(architectures).join(", ")} are`,
    );
  const activation = config.hidden_act ?? config.activation_function ?? architecture.activations[0];
  if (typeof activation !== "string" || !architecture.activations.includes(activation))
    throw new UnsupportedError(
      `saveGguf(): ${kind} with the activation ${JSON.stringify(activation)}; llama.cpp computes it with ${architecture.activations[0]}`,
    );
  const tensors = convertAll(model.tensors, architecture, config);
  checkPositions(kind, config);
  const rotates = /^(llama|qwen)/.test(architecture.name);
  const rotary = rotates ? rotaryTensor(rotaryOf(architecture.name, config), headSizeOf(config)) : undefined;
  if (rotary) tensors.push({ tensor: rotary, originals: [] });
  const embedding = tensors.find(({ tensor }) => tensor.name === "token_embd.weight")?.tensor;
  if (!embedding) throw new OptionError(`saveGguf(): the model has no token embeddings`);
  const folder = model.folder ?? ".";
  const { pairs, notes, nameWord } = await writtenTokenizer(folder, config, embedding.shape[0]);
  const metadata: GgufMetadataInput = {
    "general.architecture": architecture.name,
    "general.type": "model",
    "general.name": nameWith(model.name ?? kind, nameWord),
    ...architecture.sizes(config, model.tensors),
    ...(architecture.name === "bert" ? await pooling(folder) : {}),
    ...pairs,
  };
  return { tensors, metadata, notes };
}

/** Refuses positions that llama.cpp would compute otherwise than the folder's network does. */
function checkPositions(kind: string, config: Settings): void {
  if (kind === "bert" && (config.position_embedding_type ?? "absolute") !== "absolute")
    throw new UnsupportedError(
      `saveGguf(): BERT with ${JSON.stringify(config.position_embedding_type)} positions is not written`,
    );
  const slides = kind.startsWith("qwen")
    ? config.use_sliding_window === true
    : typeof config.sliding_window === "number";
  if (
    slides &&
    typeof config.sliding_window === "number" &&
    config.sliding_window < numberOf(config, "max_position_embeddings")
  )
    throw new UnsupportedError(
      `saveGguf(): ${kind} with a sliding window of ${config.sliding_window} positions is not written`,
    );
}

/** The tensors in the order of the folder; the matrices of experts stand together, where the first of them stood. */
function convertAll(tensors: readonly SavedTensor[], architecture: Architecture, config: Settings): ConvertedTensor[] {
  const stacks = new Map<string, Map<number, SavedTensor>>();
  const found = tensors.map((original): (() => ConvertedTensor | undefined) => {
    const part = expertOf(original.name.replace(architecture.prefix, ""));
    if (!part) {
      const tensor = converted(original, architecture, config);
      return () => tensor && { tensor, originals: [original] };
    }
    const experts = stacks.get(part.stack);
    if (experts) {
      experts.set(part.expert, original);
      return () => undefined;
    }
    const own = new Map([[part.expert, original]]);
    stacks.set(part.stack, own);
    return () => ({ tensor: stackOf(part.stack, own, expertCount(config)), originals: [...own.values()] });
  });
  return found.flatMap((give) => give() ?? []);
}

/** How llama.cpp makes one vector of those of the tokens, as 1_Pooling/config.json of sentence-transformers says: 1 by their mean, 2 by the
 *  first. */
async function pooling(folder: string): Promise<GgufMetadataInput> {
  const settings = await readJsonFile(join(folder, "1_Pooling", "config.json"));
  if (settings?.pooling_mode_mean_tokens === true) return { "bert.pooling_type": 1 };
  return settings?.pooling_mode_cls_token === true ? { "bert.pooling_type": 2 } : {};
}

/** A tensor under llama.cpp's name, its rows in llama.cpp's order; `undefined` where GGUF leaves it out. */
function converted(tensor: SavedTensor, architecture: Architecture, config: Settings): SavedTensor | undefined {
  const own = tensor.name.replace(architecture.prefix, "");
  if (architecture.ignored.test(own)) return undefined;
  const isTied = config.tie_word_embeddings ?? architecture.name === "gpt2";
  if (own === "lm_head.weight" && isTied === true) return undefined;
  const entry = architecture.names.find(([pattern]) => pattern.test(own));
  if (!entry)
    throw new UnsupportedError(
      `saveGguf(): GGUF has no place for the tensor ${JSON.stringify(tensor.name)} in a ${architecture.name} network`,
    );
  const name = own.replace(entry[0], entry[1]);
  // The gate of the shared expert is (1, width) in the folder and a vector in GGUF.
  if (name.endsWith(".ffn_gate_inp_shexp.weight")) return new MovedRows(tensor, name, undefined, [tensor.shape[1]]);
  if (architecture.name === "gpt2" && tensor.shape.length === 2 && name.startsWith("blk."))
    return turnedMatrix(tensor, name);
  if (architecture.name === "llama" && /\.attn_[qk]\.(weight|bias)$/.test(name)) {
    const heads = name.includes("attn_q.") ? headsOf(config) : sharedHeadsOf(config);
    return new MovedRows(tensor, name, rotaryRows(tensor, heads));
  }
  return new MovedRows(tensor, name, undefined);
}

/** Where llama.cpp's rows of query and key come from: its row r is row `order[r]` of the folder's. */
function rotaryRows({ name, shape: [rows] }: SavedTensor, heads: number): Uint32Array {
  const size = rows / heads;
  if (!Number.isInteger(size / 2))
    throw new OptionError(`saveGguf(): ${name} has ${rows} rows, which are no pairs of ${heads} heads`);
  return Uint32Array.from({ length: rows }, (_, r) => {
    const head = Math.floor(r / size);
    const at = r % size;
    return head * size + (at % 2) * (size / 2) + (at >> 1);
  });
}
