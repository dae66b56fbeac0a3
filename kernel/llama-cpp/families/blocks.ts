/** GPT-NeoX (Pythia) and Falcon, which keep query, key and value of each group of heads together in one matrix; GGUF has all queries, all keys,
 *  all values. */
import { gelus, type NameRow } from "../architecture";
import { sortedHeads } from "../changes";
import { decoder } from "../decoder";
import { countOf, headsOf, type Settings } from "../settings";

const neoxOrder = sortedHeads((config) => headsOf(config));

export const gptNeox = decoder({
  name: "gptneox",
  prefix: /^gpt_neox\./,
  names: [
    [/^embed_in\.weight$/, "token_embd.weight"],
    [/^final_layer_norm\.(weight|bias)$/, "output_norm.$1"],
    [/^(?:embed_out|lm_head)\.weight$/, "output.weight"],
    [/^layers\.(\d+)\.input_layernorm\.(weight|bias)$/, "blk.$1.attn_norm.$2"],
    [/^layers\.(\d+)\.post_attention_layernorm\.(weight|bias)$/, "blk.$1.ffn_norm.$2"],
    [/^layers\.(\d+)\.attention\.query_key_value\.(weight|bias)$/, "blk.$1.attn_qkv.$2", neoxOrder],
    [/^layers\.(\d+)\.attention\.dense\.(weight|bias)$/, "blk.$1.attn_output.$2"],
    [/^layers\.(\d+)\.mlp\.dense_h_to_4h\.(weight|bias)$/, "blk.$1.ffn_up.$2"],
    [/^layers\.(\d+)\.mlp\.dense_4h_to_h\.(weight|bias)$/, "blk.$1.ffn_down.$2"],
  ],
  ignored: /\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)$/,
  head: "own",
  activations: gelus,
  layerNorm: ["layer_norm_eps"],
  rotary: { share: 0.25, kinds: ["linear"] },
  sharedHeads: headsOf,
  settings: {
    read: ["use_parallel_residual", "rotary_pct", "rotary_emb_base"],
    only: { attention_bias: [true] },
  },
  more: (config) => ({ use_parallel_residual: config.use_parallel_residual !== false }),
  embedding: "embed_in.weight",
});

/** Groups of query heads that share a key and a value. */
function falconGroups(config: Settings): number {
  if (config.new_decoder_architecture === true)
    return typeof config.num_kv_heads === "number" ? countOf(config, "num_kv_heads", 65_536) : headsOf(config);
  return config.multi_query === false ? headsOf(config) : 1;
}

const norms: readonly NameRow[] = [
  [/^h\.(\d+)\.(?:input_layernorm|ln_mlp)\.(weight|bias)$/, "blk.$1.attn_norm.$2"],
  [/^h\.(\d+)\.ln_attn\.(weight|bias)$/, "blk.$1.attn_norm_2.$2"],
];

export const falcon = decoder({
  name: "falcon",
  prefix: /^transformer\./,
  names: [
    [/^word_embeddings\.weight$/, "token_embd.weight"],
    [/^ln_f\.(weight|bias)$/, "output_norm.$1"],
    [/^lm_head\.weight$/, "output.weight"],
    ...norms,
    [/^h\.(\d+)\.self_attention\.query_key_value\.weight$/, "blk.$1.attn_qkv.weight", sortedHeads(falconGroups)],
    [/^h\.(\d+)\.self_attention\.dense\.weight$/, "blk.$1.attn_output.weight"],
    [/^h\.(\d+)\.mlp\.dense_h_to_4h\.weight$/, "blk.$1.ffn_up.weight"],
    [/^h\.(\d+)\.mlp\.dense_4h_to_h\.weight$/, "blk.$1.ffn_down.weight"],
  ],
  isTied: true,
  activations: gelus,
  activationKeys: ["activation"],
  layerNorm: ["layer_norm_epsilon"],
  rotary: { kinds: ["linear"] },
  sharedHeads: falconGroups,
  context: (config) => (config.max_position_embeddings === undefined ? 2048 : undefined),
  hiddenUnits: (config) =>
    typeof config.ffn_hidden_size === "number"
      ? countOf(config, "ffn_hidden_size")
      : 4 * countOf(config, "hidden_size"),
  settings: {
    read: [
      ...["activation", "num_kv_heads", "multi_query", "new_decoder_architecture", "num_ln_in_parallel_attn"],
      "ffn_hidden_size",
    ],
    only: { alibi: [false], parallel_attn: [true], bias: [false], apply_residual_connection_post_layernorm: [false] },
  },
  embedding: "word_embeddings.weight",
});
