/** BERT, and RoBERTa and XLM-R, whose positions are counted from the number behind the padding token's, so that the first rows of their table
 *  are of no text. */
import { UnsupportedError } from "../../errors";
import type { GgufMetadataInput } from "../../formats/gguf/values";
import type { Architecture, Change, NameRow } from "../architecture";
import { rowsFrom } from "../changes";
import { blocksOf, countOf, float, headsOf, numberOf, type Settings } from "../settings";

const names = (positions?: Change): NameRow[] => [
  [/^embeddings\.word_embeddings\.weight$/, "token_embd.weight"],
  positions
    ? [/^embeddings\.position_embeddings\.weight$/, "position_embd.weight", positions]
    : [/^embeddings\.position_embeddings\.weight$/, "position_embd.weight"],
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
];

const sizes = (config: Settings, context: number): GgufMetadataInput => ({
  "bert.block_count": blocksOf(config),
  "bert.context_length": context,
  "bert.embedding_length": countOf(config, "hidden_size"),
  "bert.feed_forward_length": countOf(config, "intermediate_size"),
  "bert.attention.head_count": headsOf(config),
  "bert.attention.layer_norm_epsilon": float(numberOf(config, "layer_norm_eps")),
  "bert.attention.causal": false,
});

export const bert: Architecture = {
  name: "bert",
  prefix: /^bert\./,
  names: names(),
  ignored: /^(embeddings\.position_ids|pooler\..*|cls\..*|classifier\..*)$/,
  ...{ head: "none", isTied: true, activationKeys: ["hidden_act"], activations: ["gelu"] },
  settings: {
    read: [
      ...["num_hidden_layers", "max_position_embeddings", "hidden_size", "intermediate_size", "num_attention_heads"],
      ...["layer_norm_eps", "hidden_act", "type_vocab_size", "tie_word_embeddings", "position_embedding_type"],
    ],
    only: { is_decoder: [false] },
  },
  check: ({ model_type: kind, position_embedding_type: positions }) => {
    if ((positions ?? "absolute") !== "absolute")
      throw new UnsupportedError(
        `saveGguf(): ${kind === "bert" ? "BERT" : String(kind)} with ${JSON.stringify(positions)} positions is not written`,
      );
  },
  sizes: (config) => sizes(config, countOf(config, "max_position_embeddings")),
};

/** Rows of the table of positions that no token has: numbers up to the padding token's. */
const unused = (config: Settings): number =>
  typeof config.pad_token_id === "number" ? numberOf(config, "pad_token_id") + 1 : 2;

export const roberta: Architecture = {
  ...bert,
  prefix: /^roberta\./,
  names: names(rowsFrom(unused)),
  ignored: /^(embeddings\.position_ids|pooler\..*|lm_head\..*|classifier\..*)$/,
  sizes: (config) => sizes(config, countOf(config, "max_position_embeddings") - unused(config)),
};
