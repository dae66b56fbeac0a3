/** T5 and Flan-T5: an encoder and a decoder with relative positions.
 *
 *  T5 multiplies what the decoder gives by 1/√width before the logits where they are the embedding's, and llama.cpp does not: the factor goes into
 *  the decoder's last norm, a float32 vector. */
import { OptionError, UnsupportedError } from "../../errors";
import type { SavedTensor } from "../../formats/safetensors-writer";
import type { Architecture, Change, NameRow } from "../architecture";
import { renamed } from "../changes";
import { ComputedTensor } from "../moved-tensor";
import { blocksOf, countOf, float, numberOf, type Settings } from "../settings";

/** Whether the network scales: as config.json says, and where it does not unless it says that the head is no embedding. */
const isScaled = ({ scale_decoder_outputs: told, tie_word_embeddings: isTied }: Settings): boolean =>
  typeof told === "boolean" ? told : isTied !== false;

const lastNorm: Change = (tensor, name, config) => {
  if (!isScaled(config)) return renamed(tensor, name, config);
  const factor = countOf(config, "d_model") ** -0.5;
  return new ComputedTensor(name, [tensor], tensor.shape, ([values]) => values.map((value) => value * factor));
};

/** The names of a block of one half: self-attention, in the decoder attention to the encoder, feed-forward. */
function blockNames(half: "encoder" | "decoder", short: "enc" | "dec"): NameRow[] {
  const place = (rest: string): RegExp => new RegExp(`^${half}\\.block\\.(\\d+)\\.layer\\.${rest}$`);
  const last = half === "encoder" ? 1 : 2;
  const own = `${short}.blk.$1.`;
  return [
    [place("0\\.SelfAttention\\.([qkvo])\\.weight"), `${own}attn_$2.weight`],
    [place("0\\.SelfAttention\\.relative_attention_bias\\.weight"), `${own}attn_rel_b.weight`],
    [place("0\\.layer_norm\\.weight"), `${own}attn_norm.weight`],
    [place(`${last}\\.layer_norm\\.weight`), `${own}ffn_norm.weight`],
    [place(`${last}\\.DenseReluDense\\.wi_0\\.weight`), `${own}ffn_gate.weight`],
    [place(`${last}\\.DenseReluDense\\.(?:wi|wi_1)\\.weight`), `${own}ffn_up.weight`],
    [place(`${last}\\.DenseReluDense\\.wo\\.weight`), `${own}ffn_down.weight`],
  ];
}

const embeddings = /^(?:shared|encoder\.embed_tokens|decoder\.embed_tokens)\.weight$/;

/** Refuses an encoder alone, and a second copy of the embeddings goes: files hold them under one to three names. */
function chosen(tensors: readonly SavedTensor[]): readonly SavedTensor[] {
  if (!tensors.some(({ name }) => name.startsWith("decoder.block.")))
    throw new OptionError("saveGguf(): the model has no decoder; an encoder of T5 alone is not written");
  const first =
    tensors.find(({ name }) => name === "shared.weight") ?? tensors.find(({ name }) => embeddings.test(name));
  return tensors.filter((tensor) => tensor === first || !embeddings.test(tensor.name));
}

export const t5: Architecture = {
  name: "t5",
  prefix: /^(?!)/,
  names: [
    [embeddings, "token_embd.weight"],
    [/^lm_head\.weight$/, "output.weight"],
    [/^encoder\.final_layer_norm\.weight$/, "enc.output_norm.weight"],
    [/^decoder\.final_layer_norm\.weight$/, "dec.output_norm.weight", lastNorm],
    ...blockNames("encoder", "enc"),
    ...blockNames("decoder", "dec"),
    [/^decoder\.block\.(\d+)\.layer\.1\.EncDecAttention\.([qkvo])\.weight$/, "dec.blk.$1.cross_attn_$2.weight"],
    [/^decoder\.block\.(\d+)\.layer\.1\.layer_norm\.weight$/, "dec.blk.$1.cross_attn_norm.weight"],
  ],
  ignored: /^decoder\.block\.\d+\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight$/,
  chosen,
  ...{ head: "either", isTied: "unless stored", activationKeys: ["feed_forward_proj"] },
  activations: ["relu", "gated-gelu"],
  settings: {
    read: [
      ...["d_model", "d_kv", "d_ff", "num_layers", "num_decoder_layers", "num_heads", "layer_norm_epsilon"],
      ...["n_positions", "relative_attention_num_buckets", "feed_forward_proj", "dense_act_fn", "is_gated_act"],
      ...["tie_word_embeddings", "scale_decoder_outputs", "output_past"],
    ],
    only: { relative_attention_max_distance: [128], is_encoder_decoder: [true], is_decoder: [false] },
  },
  check: (config) => {
    const [encoder, decoder] = [blocksOf(config, "num_layers"), blocksOf(config, "num_decoder_layers", "num_layers")];
    if (decoder > encoder)
      throw new UnsupportedError(
        `saveGguf(): t5 with ${decoder} layers in the decoder and ${encoder} in the encoder; llama.cpp opens none with more in the decoder`,
      );
  },
  sizes: (config, tensors) => ({
    "t5.context_length": config.n_positions === undefined ? 512 : countOf(config, "n_positions"),
    "t5.embedding_length": countOf(config, "d_model"),
    "t5.feed_forward_length": countOf(config, "d_ff"),
    "t5.block_count": blocksOf(config, "num_layers"),
    "t5.decoder_block_count": blocksOf(config, "num_decoder_layers", "num_layers"),
    "t5.attention.head_count": countOf(config, "num_heads"),
    "t5.attention.key_length": countOf(config, "d_kv"),
    "t5.attention.value_length": countOf(config, "d_kv"),
    "t5.attention.layer_norm_epsilon": float(numberOf(config, "layer_norm_epsilon")),
    "t5.attention.relative_buckets_count": countOf(config, "relative_attention_num_buckets"),
    "t5.attention.layer_norm_rms_epsilon": float(numberOf(config, "layer_norm_epsilon")),
    "t5.decoder_start_token_id": numberOf(config, "decoder_start_token_id", "pad_token_id"),
    "t5.vocab_size": tensors.find(({ name }) => embeddings.test(name))?.shape[0],
  }),
};
