/** GPT-NeoX (Pythia): attention and feed-forward part side by side, a part of each head turned, query, key and value head by head in one matrix.
 *  Source: transformers 5.24, models/gpt_neox/modeling_gpt_neox.py. */
import { activationOf } from "./activation";
import type { Has } from "./llama";
import type { Block, Linear, Network, Norm } from "./network";
import { rotaryOf } from "./rotary";
import type { Settings } from "./settings";

/** The network of a config.json, with the tensors that `has` says are there. */
export function gptNeoXNetwork(settings: Settings, has: Has): Network {
  const width = settings.count("hidden_size");
  const heads = settings.count("num_attention_heads");
  const headSize = width / heads;
  const epsilon = settings.positive("layer_norm_eps", 1e-5);
  settings.known("intermediate_size", "attention_bias");
  const isTied = settings.flag("tie_word_embeddings", false);
  settings.only("is_decoder", false, true);
  const normPlace = settings.flag("use_parallel_residual", true) ? "parallel" : "before";
  const activation = activationOf(settings.value("hidden_act") ?? "gelu", settings.family);
  const base = settings.positive("rotary_emb_base", 10_000);
  const rotary = rotaryOf(settings, headSize, { base, share: settings.positive("rotary_pct", 0.25) });
  const norm = (name: string): Norm => ({ kind: "layer", weight: `${name}.weight`, bias: `${name}.bias`, epsilon });
  const linear = (name: string, third?: number): Linear => {
    const runs =
      third === undefined ? undefined : { first: third * headSize, length: headSize, step: 3 * headSize, count: heads };
    const part = (tensor: string) => ({ tensor, ...(runs && { runs }) });
    return { weight: part(`${name}.weight`), bias: has(`${name}.bias`) ? part(`${name}.bias`) : undefined };
  };
  const blocks = Array.from({ length: settings.count("num_hidden_layers") }, (_, at): Block => {
    const name = `gpt_neox.layers.${at}`;
    const fused = `${name}.attention.query_key_value`;
    return {
      ...{ name, normPlace },
      attentionNorm: norm(`${name}.input_layernorm`),
      attention: {
        ...{ query: linear(fused, 0), key: linear(fused, 1), value: linear(fused, 2) },
        out: linear(`${name}.attention.dense`),
        ...{ heads, keyHeads: heads, headSize, rotary, scale: 1 / Math.sqrt(headSize), isCausal: true },
      },
      feedForwardNorm: norm(`${name}.post_attention_layernorm`),
      feedForward: {
        up: linear(`${name}.mlp.dense_h_to_4h`),
        down: linear(`${name}.mlp.dense_4h_to_h`),
        activation,
      },
    };
  });
  const embedding = "gpt_neox.embed_in.weight";
  return {
    family: settings.family,
    vocabulary: settings.count("vocab_size"),
    width,
    context: settings.count("max_position_embeddings", 2048),
    embedding: { tokens: embedding },
    blocks,
    norm: norm("gpt_neox.final_layer_norm"),
    head: {
      linear: {
        weight: { tensor: isTied ? embedding : has("lm_head.weight") ? "lm_head.weight" : "embed_out.weight" },
      },
    },
  };
}
