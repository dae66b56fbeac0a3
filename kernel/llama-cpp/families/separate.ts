/** OLMo-2, whose norms stand behind attention and feed-forward; StableLM, with a norm for each head; StarCoder2, without gates; Cohere's
 *  Command R and R7B, whose attention and feed-forward read the same norm and whose logits are scaled. */
import { UnsupportedError } from "../../errors";
import { tanhGelus, type NameRow } from "../architecture";
import {
  attentionNames,
  decoder,
  embeddingNames,
  gatedNames,
  headNormNames,
  normNames,
  outputBiasNames,
} from "../decoder";
import { blocksOf, factorOf, float, headsOf, sharedHeadsOf } from "../settings";
import { windowKeys } from "../window";

export const olmo2 = decoder({
  name: "olmo2",
  names: [
    ...embeddingNames,
    ...attentionNames,
    ...headNormNames,
    ...gatedNames,
    [/^layers\.(\d+)\.post_attention_layernorm\.weight$/, "blk.$1.post_attention_norm.weight"],
    [/^layers\.(\d+)\.post_feedforward_layernorm\.weight$/, "blk.$1.post_ffw_norm.weight"],
  ],
  head: "own",
});

const normBias: readonly NameRow[] = [[/^norm\.bias$/, "output_norm.bias"]];
const headNorm = /^layers\.(\d+)\.self_attn\.([qk])_layernorm\.norms\.(\d+)\.weight$/;

/** The norms of the heads of a layer are one tensor (heads, d) in GGUF. */
export const stableLm = decoder({
  name: "stablelm",
  names: [...embeddingNames, ...normBias, ...normNames, ...attentionNames, ...gatedNames],
  head: "own",
  layerNorm: ["layer_norm_eps"],
  rotary: { share: 0.25 },
  settings: {
    read: ["use_qkv_bias", "qk_layernorm", "use_parallel_residual", "norm_eps"],
    only: { rotary_scaling_factor: [1] },
  },
  partOf: (name) => {
    const [, layer, kind, head] = headNorm.exec(name) ?? [];
    return head === undefined ? undefined : { stack: `blk.${layer}.attn_${kind}_norm.weight`, number: Number(head) };
  },
  partCount: (config, stack) => (stack.includes("attn_q") ? headsOf(config) : sharedHeadsOf(config)),
  more: (config) => ({ use_parallel_residual: config.use_parallel_residual === true }),
});

export const starCoder2 = decoder({
  name: "starcoder2",
  names: [
    ...embeddingNames,
    ...normBias,
    ...normNames,
    ...attentionNames,
    ...outputBiasNames,
    [/^layers\.(\d+)\.mlp\.c_fc\.(weight|bias)$/, "blk.$1.ffn_up.$2"],
    [/^layers\.(\d+)\.mlp\.c_proj\.(weight|bias)$/, "blk.$1.ffn_down.$2"],
  ],
  isTied: true,
  layerNorm: ["norm_epsilon"],
  activations: tanhGelus,
  settings: {
    read: ["layer_norm_epsilon"],
    only: { use_bias: [true], mlp_type: ["default"], norm_type: ["layer_norm"], scale_attn_weights: [true] },
  },
});

/** Without the biases that Llama's kin may have. */
const cohereNames: readonly NameRow[] = [
  ...embeddingNames,
  ...gatedNames,
  [/^layers\.(\d+)\.input_layernorm\.weight$/, "blk.$1.attn_norm.weight"],
  [/^layers\.(\d+)\.self_attn\.([qkv])_proj\.weight$/, "blk.$1.attn_$2.weight"],
  [/^layers\.(\d+)\.self_attn\.o_proj\.weight$/, "blk.$1.attn_output.weight"],
];

/** llama.cpp has norms of the heads of query and key from this number of layers on, and not below. */
const layersWithHeadNorms = 64;

export const cohere = decoder({
  name: "command-r",
  names: [...cohereNames, ...headNormNames],
  ...{ head: "tied", isTied: true, layerNorm: ["layer_norm_eps"] },
  rotary: { base: 500_000, kinds: ["linear"] },
  settings: { read: ["logit_scale", "use_qk_norm"], only: { use_parallel_block: [true] } },
  check: (config) => {
    const hasNorms = blocksOf(config) >= layersWithHeadNorms;
    if ((config.use_qk_norm ?? false) !== hasNorms)
      throw new UnsupportedError(
        `saveGguf(): cohere with ${blocksOf(config)} layers and "use_qk_norm": ${config.use_qk_norm === true}; llama.cpp computes it with ${hasNorms}`,
      );
  },
  more: (config) => ({ logit_scale: float(factorOf(config, "logit_scale", 0.0625)) }),
});

/** Every fourth layer sees the whole text, without positions; the others look back a window. */
export const cohere2 = decoder({
  name: "cohere2",
  names: cohereNames,
  ...{ head: "tied", isTied: true, layerNorm: ["layer_norm_eps"], window: "layers" },
  rotary: { kinds: [] },
  settings: {
    read: ["logit_scale", "sliding_window_pattern", "_sliding_window_pattern", "layer_switch", "cache_implementation"],
    only: {
      use_qk_norm: [false],
      rotary_pct: [1],
      use_parallel_block: [true],
      order_of_interleaved_layers: ["local_attn_first"],
      position_embedding_type: ["rope_gptj"],
      use_embedding_sharing: [true],
      use_gated_activation: [true],
      use_parallel_embedding: [false],
    },
  },
  more: (config) => {
    const step = config.sliding_window_pattern ?? config._sliding_window_pattern ?? 4;
    return {
      logit_scale: float(factorOf(config, "logit_scale", 0.0625)),
      ...windowKeys(config, (layer) => (layer + 1) % Number(step) !== 0),
    };
  },
});
