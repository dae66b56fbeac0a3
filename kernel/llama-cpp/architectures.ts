/** A model from a Hugging Face folder as GGUF has it: llama.cpp's names of tensors, its keys for the sizes that config.json states, rows in the
 *  order that its attention wants, and the tokenizer (gguf-tokenizer.ts: WordPiece, byte-level BPE, SentencePiece's BPE). For BERT, Llama
 *  (Mistral, Mixtral, SmolLM, TinyLlama), Qwen2 and Qwen3, also of experts (gguf-experts.ts), and GPT-2.
 *
 *  Llama's rotary positions pair entry i of a head with entry i + d/2 in transformers, and 2i with 2i + 1 in llama.cpp: rows of query and
 *  key, (heads, 2, d/2, in), become (heads, d/2, 2, in). Whole rows move, so that blocks of quantized weights stay what they are. GPT-2
 *  keeps its matrices (in, out); they are turned, which blocks along a row do not survive.
 *
 *  Source of names and keys: gguf-py 0.19.0, gguf/constants.py (ggml-org/llama.cpp). */
import { join } from "node:path";
import { OptionError, UnsupportedError } from "../errors";
import { readJsonFile } from "../formats/config";
import { expertCount, expertNames, expertOf, expertSizes, stackOf } from "./experts";
import { rotaryOf, rotaryTensor } from "./rotary";
import { tokenizerPairs } from "./tokenizer";
import { GgufValue, type GgufMetadataInput } from "../formats/gguf/values";
import { MovedRows, TurnedTensor } from "./moved-tensor";
import type { SavedTensor } from "../formats/safetensors-writer";

type Settings = Readonly<Record<string, unknown>>;

export interface FolderModel {
  readonly tensors: readonly SavedTensor[];
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly name?: string | undefined;
  readonly config?: Settings | undefined;
  readonly folder?: string | undefined;
}

interface Architecture {
  readonly name: "bert" | "llama" | "qwen2" | "qwen2moe" | "qwen3" | "qwen3moe" | "gpt2";
  /** What may stand before all names. */
  readonly prefix: RegExp;
  /** Of a tensor's name without the prefix, `$1` the number of the block. */
  readonly names: readonly (readonly [RegExp, string])[];
  /** Tensors that GGUF has no place for, because the network does not need them. */
  readonly ignored: RegExp;
  readonly activations: readonly string[];
  readonly sizes: (config: Settings, tensors: readonly SavedTensor[]) => GgufMetadataInput;
}

const decoderNames: Architecture["names"] = [
  [/^embed_tokens\.weight$/, "token_embd.weight"],
  [/^norm\.weight$/, "output_norm.weight"],
  [/^lm_head\.weight$/, "output.weight"],
  [/^layers\.(\d+)\.input_layernorm\.weight$/, "blk.$1.attn_norm.weight"],
  [/^layers\.(\d+)\.self_attn\.([qkv])_proj\.(weight|bias)$/, "blk.$1.attn_$2.$3"],
  [/^layers\.(\d+)\.self_attn\.o_proj\.(weight|bias)$/, "blk.$1.attn_output.$2"],
  [/^layers\.(\d+)\.self_attn\.([qk])_norm\.weight$/, "blk.$1.attn_$2_norm.weight"],
  [/^layers\.(\d+)\.post_attention_layernorm\.weight$/, "blk.$1.ffn_norm.weight"],
  [/^layers\.(\d+)\.mlp\.(gate|up|down)_proj\.(weight|bias)$/, "blk.$1.ffn_$2.$3"],
];

function numberOf(config: Settings, ...keys: readonly string[]): number {
  const found = keys.map((key) => config[key]).find((value) => typeof value === "number");
  if (typeof found === "number") return found;
  throw new OptionError(`saveGguf(): config.json has no ${keys[0]}, which GGUF states`);
}

function float(value: number): GgufValue {
  return new GgufValue("float32", value);
}

function headSizeOf(config: Settings): number {
  return typeof config.head_dim === "number"
    ? config.head_dim
    : numberOf(config, "hidden_size") / numberOf(config, "num_attention_heads");
}

/** What llama.cpp would compute otherwise than the folder's network does. */
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

function decoderSizes(name: string, hasExperts: boolean): Architecture["sizes"] {
  return (config, tensors) => {
    const heads = numberOf(config, "num_attention_heads");
    const width = numberOf(config, "hidden_size");
    const headSize = headSizeOf(config);
    const { base, scaling } = rotaryOf(name, config);
    const named = (prefix: string, keys: GgufMetadataInput): GgufMetadataInput =>
      Object.fromEntries(Object.entries(keys).map(([key, value]) => [prefix + key, value]));
    return {
      [`${name}.block_count`]: numberOf(config, "num_hidden_layers"),
      [`${name}.context_length`]: numberOf(config, "max_position_embeddings"),
      [`${name}.embedding_length`]: width,
      [`${name}.feed_forward_length`]: numberOf(config, "intermediate_size"),
      [`${name}.attention.head_count`]: heads,
      [`${name}.attention.head_count_kv`]:
        typeof config.num_key_value_heads === "number" ? config.num_key_value_heads : heads,
      [`${name}.attention.key_length`]: headSize,
      [`${name}.attention.value_length`]: headSize,
      [`${name}.attention.layer_norm_rms_epsilon`]: float(numberOf(config, "rms_norm_eps")),
      [`${name}.rope.freq_base`]: float(base),
      [`${name}.rope.dimension_count`]: headSize,
      ...named(`${name}.rope.scaling.`, scaling),
      ...(hasExperts ? named(`${name}.`, expertSizes(name, config)) : {}),
      [`${name}.vocab_size`]: rowsOf(tensors, "embed_tokens.weight"),
    };
  };
}

function rowsOf(tensors: readonly SavedTensor[], ending: string): number {
  const found = tensors.find(({ name }) => name.endsWith(ending));
  if (!found) throw new OptionError(`saveGguf(): the model has no tensor ….${ending}`);
  return found.shape[0];
}

const decoder = (name: Architecture["name"], hasExperts = false): Architecture => ({
  name,
  prefix: /^model\./,
  names: hasExperts ? [...decoderNames, ...expertNames] : decoderNames,
  ignored: /rotary_emb\.inv_freq$/,
  activations: ["silu", "swish"],
  sizes: decoderSizes(name, hasExperts),
});

const architectures: Readonly<Record<string, Architecture>> = {
  llama: decoder("llama"),
  mistral: decoder("llama"),
  mixtral: decoder("llama", true),
  qwen2: decoder("qwen2"),
  qwen2_moe: decoder("qwen2moe", true),
  qwen3: decoder("qwen3"),
  qwen3_moe: decoder("qwen3moe", true),
  bert: {
    name: "bert",
    prefix: /^bert\./,
    names: [
      [/^embeddings\.word_embeddings\.weight$/, "token_embd.weight"],
      [/^embeddings\.position_embeddings\.weight$/, "position_embd.weight"],
      [/^embeddings\.token_type_embeddings\.weight$/, "token_types.weight"],
      [/^embeddings\.LayerNorm\.(weight|bias)$/, "token_embd_norm.$1"],
      [/^encoder\.layer\.(\d+)\.attention\.self\.query\.(weight|bias)$/, "blk.$1.attn_q.$2"],
      [/^encoder\.layer\.(\d+)\.attention\.self\.key\.(weight|bias)$/, "blk.$1.attn_k.$2"],
      [/^encoder\.layer\.(\d+)\.attention\.self\.value\.(weight|bias)$/, "blk.$1.attn_v.$2"],
      [/^encoder\.layer\.(\d+)\.attention\.output\.dense\.(weight|bias)$/, "blk.$1.attn_output.$2"],
      [/^encoder\.layer\.(\d+)\.attention\.output\.LayerNorm\.(weight|bias)$/, "blk.$1.attn_output_norm.$2"],
      [/^encoder\.layer\.(\d+)\.intermediate\.dense\.(weight|bias)$/, "blk.$1.ffn_up.$2"],
      [/^encoder\.layer\.(\d+)\.output\.dense\.(weight|bias)$/, "blk.$1.ffn_down.$2"],
      [/^encoder\.layer\.(\d+)\.output\.LayerNorm\.(weight|bias)$/, "blk.$1.layer_output_norm.$2"],
    ],
    ignored: /^(embeddings\.position_ids|pooler\..*|cls\..*|classifier\..*)$/,
    activations: ["gelu"],
    sizes: (config) => ({
      "bert.block_count": numberOf(config, "num_hidden_layers"),
      "bert.context_length": numberOf(config, "max_position_embeddings"),
      "bert.embedding_length": numberOf(config, "hidden_size"),
      "bert.feed_forward_length": numberOf(config, "intermediate_size"),
      "bert.attention.head_count": numberOf(config, "num_attention_heads"),
      "bert.attention.layer_norm_epsilon": float(numberOf(config, "layer_norm_eps")),
      "bert.attention.causal": false,
    }),
  },
  gpt2: {
    name: "gpt2",
    prefix: /^transformer\./,
    names: [
      [/^wte\.weight$/, "token_embd.weight"],
      [/^wpe\.weight$/, "position_embd.weight"],
      [/^ln_f\.(weight|bias)$/, "output_norm.$1"],
      [/^lm_head\.weight$/, "output.weight"],
      [/^h\.(\d+)\.ln_1\.(weight|bias)$/, "blk.$1.attn_norm.$2"],
      [/^h\.(\d+)\.ln_2\.(weight|bias)$/, "blk.$1.ffn_norm.$2"],
      [/^h\.(\d+)\.attn\.c_attn\.(weight|bias)$/, "blk.$1.attn_qkv.$2"],
      [/^h\.(\d+)\.attn\.c_proj\.(weight|bias)$/, "blk.$1.attn_output.$2"],
      [/^h\.(\d+)\.mlp\.c_fc\.(weight|bias)$/, "blk.$1.ffn_up.$2"],
      [/^h\.(\d+)\.mlp\.c_proj\.(weight|bias)$/, "blk.$1.ffn_down.$2"],
    ],
    ignored: /\.attn\.(masked_)?bias$/,
    activations: ["gelu_new"],
    sizes: (config) => ({
      "gpt2.block_count": numberOf(config, "n_layer", "num_hidden_layers"),
      "gpt2.context_length": numberOf(config, "n_positions", "n_ctx", "max_position_embeddings"),
      "gpt2.embedding_length": numberOf(config, "n_embd", "hidden_size"),
      "gpt2.feed_forward_length":
        typeof config.n_inner === "number" ? config.n_inner : 4 * numberOf(config, "n_embd", "hidden_size"),
      "gpt2.attention.head_count": numberOf(config, "n_head", "num_attention_heads"),
      "gpt2.attention.layer_norm_epsilon": float(numberOf(config, "layer_norm_epsilon")),
    }),
  },
};

/** A tensor as GGUF has it, and what it was made of. */
export interface PlacedTensor {
  readonly tensor: SavedTensor;
  readonly originals: readonly SavedTensor[];
}

/** Whether a model is to be turned into GGUF's form: it has the config.json of a folder, and no metadata of a GGUF file. */
export function isFromFolder({ metadata, config, folder }: FolderModel): boolean {
  return (
    metadata?.["general.architecture"] === undefined && typeof config?.model_type === "string" && folder !== undefined
  );
}

/** Whether engines want it as float32: norms, biases, and embeddings of positions and token types, which are added, not looked up. */
export function needsFloats({ name, shape }: SavedTensor): boolean {
  return shape.length < 2 || name === "position_embd.weight" || name === "token_types.weight";
}

/** Tensors and metadata of such a model in GGUF's form; those of `needsFloats` are to be written as float32.
 *  `UnsupportedError` for another architecture, positions, activation or tokenizer, `OptionError` for sizes that are missing. */
export async function ggufFromFolder(
  model: FolderModel,
): Promise<{ tensors: readonly PlacedTensor[]; metadata: GgufMetadataInput }> {
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
  const tensors = placeAll(model.tensors, architecture, config);
  checkPositions(kind, config);
  const rotates = /^(llama|qwen)/.test(architecture.name);
  const rotary = rotates ? rotaryTensor(rotaryOf(architecture.name, config), headSizeOf(config)) : undefined;
  if (rotary) tensors.push({ tensor: rotary, originals: [] });
  const embedding = tensors.find(({ tensor }) => tensor.name === "token_embd.weight")?.tensor;
  if (!embedding) throw new OptionError(`saveGguf(): the model has no token embeddings`);
  const folder = model.folder ?? ".";
  const metadata: GgufMetadataInput = {
    "general.architecture": architecture.name,
    "general.type": "model",
    "general.name": model.name ?? kind,
    ...architecture.sizes(config, model.tensors),
    ...(architecture.name === "bert" ? await pooling(folder) : {}),
    ...(await tokenizerPairs(folder, config, embedding.shape[0])),
  };
  return { tensors, metadata };
}

/** In the order of the folder, matrices of experts together where the first of them stands. */
function placeAll(tensors: readonly SavedTensor[], architecture: Architecture, config: Settings): PlacedTensor[] {
  const stacks = new Map<string, Map<number, SavedTensor>>();
  const found = tensors.map((original): (() => PlacedTensor | undefined) => {
    const part = expertOf(original.name.replace(architecture.prefix, ""));
    if (!part) {
      const tensor = placed(original, architecture, config);
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

/** How token vectors become one: of sentence-transformers, 1_Pooling/config.json. */
async function pooling(folder: string): Promise<GgufMetadataInput> {
  const settings = await readJsonFile(join(folder, "1_Pooling", "config.json"));
  if (settings?.pooling_mode_mean_tokens === true) return { "bert.pooling_type": 1 };
  return settings?.pooling_mode_cls_token === true ? { "bert.pooling_type": 2 } : {};
}

function placed(tensor: SavedTensor, architecture: Architecture, config: Settings): SavedTensor | undefined {
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
  // A row (1, width) there, a vector here.
  if (name.endsWith(".ffn_gate_inp_shexp.weight")) return new MovedRows(tensor, name, undefined, [tensor.shape[1]]);
  if (architecture.name === "gpt2" && tensor.shape.length === 2 && name.startsWith("blk."))
    return new TurnedTensor(tensor, name);
  if (architecture.name === "llama" && /\.attn_[qk]\.(weight|bias)$/.test(name)) {
    const heads = numberOf(config, "num_attention_heads");
    const shared = typeof config.num_key_value_heads === "number" ? config.num_key_value_heads : heads;
    return new MovedRows(tensor, name, rotaryRows(tensor, name.includes("attn_q.") ? heads : shared));
  }
  return new MovedRows(tensor, name, undefined);
}

/** Row r of the result is row `order[r]`. */
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
