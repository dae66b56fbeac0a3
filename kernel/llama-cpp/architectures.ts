/** The networks that are written as GGUF: llama.cpp's names for their tensors, and its keys for the sizes that config.json states.
 *
 *  Source of names and keys: gguf-py 0.19.0, gguf/constants.py (ggml-org/llama.cpp). */
import { OptionError } from "../errors";
import { GgufValue, type GgufMetadataInput } from "../formats/gguf/values";
import type { SavedTensor } from "../formats/safetensors-writer";
import { expertNames, expertSizes } from "./experts";
import { rotaryOf } from "./rotary";

/** The content of a config.json. */
export type Settings = Readonly<Record<string, unknown>>;

/** A family of networks as llama.cpp knows it. */
export interface Architecture {
  readonly name: "bert" | "llama" | "qwen2" | "qwen2moe" | "qwen3" | "qwen3moe" | "gpt2";
  /** What the names of a folder's tensors may begin with. */
  readonly prefix: RegExp;
  /** Patterns of names without the prefix, and GGUF's names for them; `$1` is the number of the block. */
  readonly names: readonly (readonly [RegExp, string])[];
  /** Names of tensors that GGUF leaves out, because the network does not need them. */
  readonly ignored: RegExp;
  /** Names in config.json of the activations that llama.cpp computes; the first is what it takes without one. */
  readonly activations: readonly string[];
  /** The sizes that GGUF states, from config.json and the tensors. `OptionError` where one is missing. */
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

/** The first of these keys of config.json that has a number. `OptionError` where none has, and for one that is negative, infinite or NaN. */
export function numberOf(config: Settings, ...keys: readonly string[]): number {
  const key = keys.find((one) => typeof config[one] === "number");
  const found = key === undefined ? undefined : config[key];
  if (typeof found !== "number") throw new OptionError(`saveGguf(): config.json has no ${keys[0]}, which GGUF states`);
  if (found >= 0 && Number.isFinite(found)) return found;
  throw new OptionError(`saveGguf(): in config.json ${key} is ${found}; it is a finite number, at least 0`);
}

/** Sizes in GGUF are 32 bits, and llama.cpp's own signed ones. */
const maxCount = 2 ** 31 - 1;

/** `numberOf`, where it is a number of things: whole, and 1 to `most`. `OptionError` for another. */
export function countOf(config: Settings, keys: string | readonly string[], most = maxCount): number {
  const [first, ...others] = typeof keys === "string" ? [keys] : keys;
  const found = numberOf(config, first, ...others);
  if (Number.isInteger(found) && found >= 1 && found <= most) return found;
  throw new OptionError(`saveGguf(): in config.json ${first} is ${found}; it is a whole number, 1 to ${most}`);
}

/** Blocks of a network, and attention heads of one: no known network has a fiftieth of them. */
const maxBlocks = 65_536;
const maxHeads = 65_536;

/** Key and value heads: as many as query heads unless config.json says otherwise. */
export function sharedHeadsOf(config: Settings): number {
  return typeof config.num_key_value_heads === "number"
    ? countOf(config, "num_key_value_heads", maxHeads)
    : headsOf(config);
}

/** Query heads of each attention. */
export function headsOf(config: Settings, ...keys: readonly string[]): number {
  return countOf(config, [...keys, "num_attention_heads"], maxHeads);
}

function float(value: number): GgufValue {
  return new GgufValue("float32", value);
}

/** Entries of a head: no known network has a hundredth of them. */
const maxHeadSize = 65_536;

/** Entries of an attention head. */
export function headSizeOf(config: Settings): number {
  return typeof config.head_dim === "number"
    ? countOf(config, "head_dim", maxHeadSize)
    : countOf(config, "hidden_size", maxHeads * maxHeadSize) / headsOf(config);
}

function decoderSizes(name: string, hasExperts: boolean): Architecture["sizes"] {
  return (config, tensors) => {
    const heads = headsOf(config);
    const width = countOf(config, "hidden_size");
    const headSize = headSizeOf(config);
    const { base, scaling } = rotaryOf(name, config);
    const named = (prefix: string, keys: GgufMetadataInput): GgufMetadataInput =>
      Object.fromEntries(Object.entries(keys).map(([key, value]) => [prefix + key, value]));
    return {
      [`${name}.block_count`]: countOf(config, "num_hidden_layers", maxBlocks),
      [`${name}.context_length`]: countOf(config, "max_position_embeddings"),
      [`${name}.embedding_length`]: width,
      [`${name}.feed_forward_length`]: countOf(config, "intermediate_size"),
      [`${name}.attention.head_count`]: heads,
      [`${name}.attention.head_count_kv`]: sharedHeadsOf(config),
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

/** By `model_type` of config.json. */
export const architectures: Readonly<Record<string, Architecture>> = {
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
      "bert.block_count": countOf(config, "num_hidden_layers", maxBlocks),
      "bert.context_length": countOf(config, "max_position_embeddings"),
      "bert.embedding_length": countOf(config, "hidden_size"),
      "bert.feed_forward_length": countOf(config, "intermediate_size"),
      "bert.attention.head_count": headsOf(config),
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
      "gpt2.block_count": countOf(config, ["n_layer", "num_hidden_layers"], maxBlocks),
      "gpt2.context_length": countOf(config, ["n_positions", "n_ctx", "max_position_embeddings"]),
      "gpt2.embedding_length": countOf(config, ["n_embd", "hidden_size"]),
      "gpt2.feed_forward_length":
        typeof config.n_inner === "number"
          ? countOf(config, "n_inner")
          : 4 * countOf(config, ["n_embd", "hidden_size"]),
      "gpt2.attention.head_count": headsOf(config, "n_head"),
      "gpt2.attention.layer_norm_epsilon": float(numberOf(config, "layer_norm_epsilon")),
    }),
  },
};
