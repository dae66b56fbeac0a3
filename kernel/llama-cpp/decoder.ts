/** What the decoders that came after Llama share: names of tensors, sizes, and checks of what llama.cpp computes otherwise.
 *
 *  Source of names and keys: gguf-py 0.19.0, gguf/constants.py (ggml-org/llama.cpp). */
import { OptionError, UnsupportedError } from "../errors";
import type { GgufMetadataInput } from "../formats/gguf/values";
import type { SavedTensor } from "../formats/safetensors-writer";
import { silus, type Architecture, type NameRow } from "./architecture";
import { pairedRows } from "./changes";
import type { KnownSettings } from "./known-settings";
import { rotaryOf, type RotaryFamily } from "./rotary";
import {
  blocksOf,
  countOf,
  float,
  headsOf,
  headSizeOf,
  numberOf,
  prefixed,
  sharedHeadsOf,
  type Settings,
} from "./settings";
import { wholeWindow, windowNote } from "./window";

export const embeddingNames: readonly NameRow[] = [
  [/^embed_tokens\.weight$/, "token_embd.weight"],
  [/^norm\.weight$/, "output_norm.weight"],
  [/^lm_head\.weight$/, "output.weight"],
];
export const attentionNames: readonly NameRow[] = [
  [/^layers\.(\d+)\.self_attn\.([qkv])_proj\.(weight|bias)$/, "blk.$1.attn_$2.$3"],
  [/^layers\.(\d+)\.self_attn\.o_proj\.weight$/, "blk.$1.attn_output.weight"],
];
/** Those of Llama and its kin, whose rotary positions pair other entries than llama.cpp's do. */
export const pairedAttentionNames: readonly NameRow[] = [
  [/^layers\.(\d+)\.self_attn\.q_proj\.(weight|bias)$/, "blk.$1.attn_q.$2", pairedRows("query")],
  [/^layers\.(\d+)\.self_attn\.k_proj\.(weight|bias)$/, "blk.$1.attn_k.$2", pairedRows("key")],
  [/^layers\.(\d+)\.self_attn\.v_proj\.(weight|bias)$/, "blk.$1.attn_v.$2"],
  [/^layers\.(\d+)\.self_attn\.o_proj\.weight$/, "blk.$1.attn_output.weight"],
];
export const outputBiasNames: readonly NameRow[] = [
  [/^layers\.(\d+)\.self_attn\.o_proj\.bias$/, "blk.$1.attn_output.bias"],
];
export const normNames: readonly NameRow[] = [
  [/^layers\.(\d+)\.input_layernorm\.(weight|bias)$/, "blk.$1.attn_norm.$2"],
  [/^layers\.(\d+)\.post_attention_layernorm\.(weight|bias)$/, "blk.$1.ffn_norm.$2"],
];
export const headNormNames: readonly NameRow[] = [
  [/^layers\.(\d+)\.self_attn\.([qk])_norm\.weight$/, "blk.$1.attn_$2_norm.weight"],
];
export const gatedNames: readonly NameRow[] = [
  [/^layers\.(\d+)\.mlp\.(gate|up|down)_proj\.weight$/, "blk.$1.ffn_$2.weight"],
];
export const gatedBiasNames: readonly NameRow[] = [
  [/^layers\.(\d+)\.mlp\.(gate|up|down)_proj\.bias$/, "blk.$1.ffn_$2.bias"],
];

/** Keys of config.json that every decoder here reads. */
const readKeys = [
  ...["num_hidden_layers", "num_attention_heads", "num_key_value_heads", "hidden_size", "intermediate_size"],
  ...["head_dim", "max_position_embeddings", "hidden_act", "tie_word_embeddings", "attention_bias", "mlp_bias"],
  ...["rope_theta", "rope_scaling", "rope_parameters", "original_max_position_embeddings", "partial_rotary_factor"],
  ...["sliding_window", "use_sliding_window", "max_window_layers", "layer_types", "is_decoder"],
];

/** What is written of one decoder; the rest is as in Llama. */
export interface DecoderRow {
  readonly name: string;
  readonly names: readonly NameRow[];
  readonly prefix?: RegExp;
  readonly ignored?: RegExp;
  readonly head?: Architecture["head"];
  readonly isTied?: boolean;
  readonly activations?: readonly string[];
  readonly activationKeys?: readonly string[];
  readonly rotary?: RotaryFamily;
  /** The rotary positions, where config.json has them in more than one place. */
  readonly turns?: (config: Settings) => Settings;
  /** Whether heads may be wider or narrower than hidden / heads. */
  readonly hasFreeHeads?: boolean;
  /** The names in config.json of the epsilon of LayerNorm; without them the norms are RMS norms. */
  readonly layerNorm?: readonly string[];
  /** Whether llama.cpp computes sliding windows: "never", "flag" (never, and the network only with use_sliding_window), or in some "layers".
   *  Where it does not, a window shorter than the context becomes the context. */
  readonly window?: "never" | "flag" | "layers";
  readonly settings?: Partial<KnownSettings>;
  readonly check?: (config: Settings) => void;
  readonly sharedHeads?: (config: Settings) => number;
  readonly hiddenUnits?: (config: Settings) => number;
  /** The length of the context where config.json may leave it out. */
  readonly context?: (config: Settings) => number | undefined;
  /** Further keys, without the architecture's name before them. */
  readonly more?: (config: Settings) => GgufMetadataInput;
  /** The end of the name of the embeddings. */
  readonly embedding?: string;
  readonly partOf?: Architecture["partOf"];
  readonly partCount?: Architecture["partCount"];
}

/** The architecture of such a row. */
export function decoder(row: DecoderRow): Architecture {
  const { name, window = "never", turns = (config: Settings): Settings => config } = row;
  const rotary = (config: Settings) => rotaryOf(name, turns(config), row.rotary);
  const cut = (config: Settings) => (window === "layers" ? undefined : wholeWindow(config, window === "flag"));
  return {
    name,
    names: row.names,
    prefix: row.prefix ?? /^model\./,
    ignored: row.ignored ?? /rotary_emb\.inv_freq$/,
    head: row.head ?? "either",
    isTied: row.isTied ?? false,
    activations: row.activations ?? silus,
    activationKeys: row.activationKeys ?? ["hidden_act"],
    settings: {
      read: [...readKeys, ...(row.layerNorm ?? ["rms_norm_eps"]), ...(row.settings?.read ?? [])],
      only: row.settings?.only ?? {},
    },
    check: (config) => {
      cut(config);
      if (!row.hasFreeHeads) checkHeads(name, config);
      row.check?.(config);
    },
    notes: (config) => {
      const positions = cut(config);
      return positions === undefined ? [] : [windowNote(config, positions)];
    },
    rotary,
    ...(row.partOf && { partOf: row.partOf }),
    ...(row.partCount && { partCount: row.partCount }),
    sizes: (config, tensors) => {
      const { base, scaling, share } = rotary(config);
      const headSize = headSizeOf(config);
      const turned = Math.floor(headSize * share);
      if (turned % 2 === 1) throw new OptionError(`saveGguf(): ${turned} entries of a head turn, which are no pairs`);
      const [epsilon, ...others] = row.layerNorm ?? ["rms_norm_eps"];
      return prefixed(`${name}.`, {
        block_count: blocksOf(config),
        context_length: cut(config) ?? row.context?.(config) ?? countOf(config, "max_position_embeddings"),
        embedding_length: countOf(config, "hidden_size"),
        feed_forward_length: row.hiddenUnits?.(config) ?? countOf(config, "intermediate_size"),
        "attention.head_count": headsOf(config),
        "attention.head_count_kv": (row.sharedHeads ?? sharedHeadsOf)(config),
        "attention.key_length": headSize,
        "attention.value_length": headSize,
        [row.layerNorm ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon"]: float(
          numberOf(config, epsilon, ...others),
        ),
        "rope.freq_base": float(base),
        "rope.dimension_count": turned,
        ...prefixed("rope.scaling.", scaling),
        ...row.more?.(config),
        vocab_size: rowsOf(tensors, row.embedding ?? "embed_tokens.weight"),
      });
    },
  };
}

/** Refuses heads that are wider or narrower than hidden / heads, of which llama.cpp has no place for the matrices of this family. */
function checkHeads(name: string, config: Settings): void {
  const [heads, size, width] = [headsOf(config), headSizeOf(config), countOf(config, "hidden_size")];
  if (heads * size !== width)
    throw new UnsupportedError(
      `saveGguf(): ${name} with ${heads} heads of ${size} entries in a width of ${width}; llama.cpp has them as wide as ${width} / ${heads}`,
    );
}

function rowsOf(tensors: readonly SavedTensor[], ending: string): number {
  const found = tensors.find(({ name }) => name.endsWith(ending));
  if (!found) throw new OptionError(`saveGguf(): the model has no tensor ….${ending}`);
  return found.shape[0];
}
