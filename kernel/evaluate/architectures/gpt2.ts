/** GPT-2: pre-norm blocks, learned places, matrices that lie as (in, out), query, key and value in one. Source: transformers 5.24,
 *  models/gpt2/modeling_gpt2.py. */
import { activationOf } from "./activation";
import type { Has } from "./llama";
import type { Block, Linear, Network, Norm } from "./network";
import type { Settings } from "./settings";

/** The network of a config.json, with the tensors that `has` says are there. */
export function gpt2Network(settings: Settings, has: Has): Network {
  const prefix = has("transformer.wte.weight") ? "transformer." : "";
  const width = settings.count("n_embd");
  const heads = settings.count("n_head");
  const headSize = width / heads;
  const epsilon = settings.positive("layer_norm_epsilon", 1e-5);
  settings.known("n_ctx", "n_inner");
  const isTied = settings.flag("tie_word_embeddings", true);
  settings.only("add_cross_attention", false);
  settings.only("scale_attn_weights", true);
  settings.only("scale_attn_by_inverse_layer_idx", false);
  const activation = activationOf(settings.value("activation_function") ?? "gelu_new", settings.family);
  const norm = (name: string): Norm => ({ kind: "layer", weight: `${name}.weight`, bias: `${name}.bias`, epsilon });
  const linear = (name: string, at = 0, columns?: number): Linear => {
    const runs = columns === undefined ? undefined : { first: at * columns, length: columns, step: columns, count: 1 };
    return {
      weight: { tensor: `${name}.weight`, ...(runs && { runs }) },
      bias: { tensor: `${name}.bias`, ...(runs && { runs }) },
      isInputFirst: true,
    };
  };
  const blocks = Array.from({ length: settings.count("n_layer") }, (_, at): Block => {
    const name = `${prefix}h.${at}`;
    return {
      ...{ name, normPlace: "before" },
      attentionNorm: norm(`${name}.ln_1`),
      attention: {
        query: linear(`${name}.attn.c_attn`, 0, width),
        key: linear(`${name}.attn.c_attn`, 1, width),
        value: linear(`${name}.attn.c_attn`, 2, width),
        out: linear(`${name}.attn.c_proj`),
        ...{ heads, keyHeads: heads, headSize, scale: 1 / Math.sqrt(headSize), isCausal: true },
      },
      feedForwardNorm: norm(`${name}.ln_2`),
      feedForward: { up: linear(`${name}.mlp.c_fc`), down: linear(`${name}.mlp.c_proj`), activation },
    };
  });
  return {
    family: settings.family,
    vocabulary: settings.count("vocab_size"),
    width,
    context: settings.count("n_positions", 1024),
    embedding: { tokens: `${prefix}wte.weight`, places: { tensor: `${prefix}wpe.weight`, offset: 0 } },
    blocks,
    norm: norm(`${prefix}ln_f`),
    head: { linear: { weight: { tensor: isTied ? `${prefix}wte.weight` : "lm_head.weight" } } },
  };
}
