/** GPT-2, which keeps its matrices (in, out); they are turned. Blocks that were made along the inputs are those of the turned matrix; blocks
 *  along a row of (in, out) do not survive it. */
import { tanhGelus, type Architecture } from "../architecture";
import { turned } from "../changes";
import { blocksOf, countOf, float, headsOf, numberOf } from "../settings";

export const gpt2: Architecture = {
  name: "gpt2",
  prefix: /^transformer\./,
  names: [
    [/^wte\.weight$/, "token_embd.weight"],
    [/^wpe\.weight$/, "position_embd.weight"],
    [/^ln_f\.(weight|bias)$/, "output_norm.$1"],
    [/^lm_head\.weight$/, "output.weight"],
    [/^h\.(\d+)\.ln_1\.(weight|bias)$/, "blk.$1.attn_norm.$2"],
    [/^h\.(\d+)\.ln_2\.(weight|bias)$/, "blk.$1.ffn_norm.$2"],
    [/^h\.(\d+)\.attn\.c_attn\.weight$/, "blk.$1.attn_qkv.weight", turned],
    [/^h\.(\d+)\.attn\.c_proj\.weight$/, "blk.$1.attn_output.weight", turned],
    [/^h\.(\d+)\.mlp\.c_fc\.weight$/, "blk.$1.ffn_up.weight", turned],
    [/^h\.(\d+)\.mlp\.c_proj\.weight$/, "blk.$1.ffn_down.weight", turned],
    [/^h\.(\d+)\.attn\.c_attn\.bias$/, "blk.$1.attn_qkv.bias"],
    [/^h\.(\d+)\.attn\.c_proj\.bias$/, "blk.$1.attn_output.bias"],
    [/^h\.(\d+)\.mlp\.c_fc\.bias$/, "blk.$1.ffn_up.bias"],
    [/^h\.(\d+)\.mlp\.c_proj\.bias$/, "blk.$1.ffn_down.bias"],
  ],
  ignored: /\.attn\.(masked_)?bias$/,
  ...{ head: "either", isTied: true, activationKeys: ["activation_function"] },
  activations: ["gelu_new", ...tanhGelus],
  settings: {
    read: [
      ...["n_layer", "num_hidden_layers", "n_positions", "n_ctx", "max_position_embeddings", "n_embd", "hidden_size"],
      ...["n_inner", "n_head", "num_attention_heads", "layer_norm_epsilon", "activation_function"],
      "tie_word_embeddings",
    ],
    only: { scale_attn_weights: [true], scale_attn_by_inverse_layer_idx: [false] },
  },
  sizes: (config) => ({
    "gpt2.block_count": blocksOf(config, "n_layer", "num_hidden_layers"),
    "gpt2.context_length": countOf(config, ["n_positions", "n_ctx", "max_position_embeddings"]),
    "gpt2.embedding_length": countOf(config, ["n_embd", "hidden_size"]),
    "gpt2.feed_forward_length":
      typeof config.n_inner === "number" ? countOf(config, "n_inner") : 4 * countOf(config, ["n_embd", "hidden_size"]),
    "gpt2.attention.head_count": headsOf(config, "n_head"),
    "gpt2.attention.layer_norm_epsilon": float(numberOf(config, "layer_norm_epsilon")),
  }),
};
