/** Phi-3 and GLM-4, whose folders and GGUF files both hold gate and up as one matrix; Phi-3's query, key and value too. */
import { decoder, attentionNames, embeddingNames } from "../decoder";
import type { NameRow } from "../architecture";
import { countOf } from "../settings";

const fusedNames: readonly NameRow[] = [
  [/^layers\.(\d+)\.mlp\.gate_up_proj\.weight$/, "blk.$1.ffn_up.weight"],
  [/^layers\.(\d+)\.mlp\.down_proj\.weight$/, "blk.$1.ffn_down.weight"],
  [/^layers\.(\d+)\.input_layernorm\.weight$/, "blk.$1.attn_norm.weight"],
];

export const phi3 = decoder({
  name: "phi3",
  names: [
    ...embeddingNames,
    ...fusedNames,
    [/^layers\.(\d+)\.post_attention_layernorm\.weight$/, "blk.$1.ffn_norm.weight"],
    [/^layers\.(\d+)\.self_attn\.qkv_proj\.weight$/, "blk.$1.attn_qkv.weight"],
    [/^layers\.(\d+)\.self_attn\.o_proj\.weight$/, "blk.$1.attn_output.weight"],
  ],
  rotary: { share: 1, kinds: ["longrope"] },
  settings: { only: { full_attn_mod: [1], interpolate_factor: [1], lm_head_bias: [false] } },
  // Some versions of llama.cpp take Phi-3 without this key for one with a window; 0 says that there is none.
  more: (config) => ({
    "attention.sliding_window": typeof config.sliding_window === "number" ? countOf(config, "sliding_window") : 0,
  }),
});

export const glm4 = decoder({
  name: "glm4",
  names: [
    ...embeddingNames,
    ...fusedNames,
    ...attentionNames,
    [/^layers\.(\d+)\.post_self_attn_layernorm\.weight$/, "blk.$1.post_attention_norm.weight"],
    [/^layers\.(\d+)\.post_attention_layernorm\.weight$/, "blk.$1.ffn_norm.weight"],
    [/^layers\.(\d+)\.post_mlp_layernorm\.weight$/, "blk.$1.post_ffw_norm.weight"],
  ],
  hasFreeHeads: true,
  rotary: { share: 0.5 },
});
