/** The BERT family: blocks with norms behind, learned places and segments, every place sees every other. BERT, MiniLM, RoBERTa and XLM-R (places
 *  from the padding's number on), with or without a task's head, which is not run: the network gives states. Source: transformers 5.24,
 *  models/bert/modeling_bert.py. */
import { activationOf } from "./activation";
import type { Has } from "./llama";
import type { Block, Linear, Network, Norm } from "./network";
import type { Settings } from "./settings";

/** The network of a config.json, with the tensors that `has` says are there. */
export function bertNetwork(settings: Settings, has: Has): Network {
  const prefix = ["bert.", "roberta.", "model."].find((one) => has(`${one}embeddings.word_embeddings.weight`)) ?? "";
  const width = settings.count("hidden_size");
  const heads = settings.count("num_attention_heads");
  const headSize = width / heads;
  const epsilon = settings.positive("layer_norm_eps", 1e-12);
  settings.known("intermediate_size", "tie_word_embeddings", "type_vocab_size", "pad_token_id");
  settings.only("position_embedding_type", "absolute");
  settings.only("is_decoder", false);
  settings.only("add_cross_attention", false);
  const activation = activationOf(settings.value("hidden_act") ?? "gelu", settings.family);
  const norm = (name: string): Norm => ({ kind: "layer", weight: `${name}.weight`, bias: `${name}.bias`, epsilon });
  const linear = (name: string): Linear => ({
    weight: { tensor: `${name}.weight` },
    bias: { tensor: `${name}.bias` },
  });
  const blocks = Array.from({ length: settings.count("num_hidden_layers") }, (_, at): Block => {
    const name = `${prefix}encoder.layer.${at}`;
    return {
      ...{ name, normPlace: "after" },
      attention: {
        query: linear(`${name}.attention.self.query`),
        key: linear(`${name}.attention.self.key`),
        value: linear(`${name}.attention.self.value`),
        out: linear(`${name}.attention.output.dense`),
        ...{ heads, keyHeads: heads, headSize, scale: 1 / Math.sqrt(headSize), isCausal: false },
      },
      attentionNorm: norm(`${name}.attention.output.LayerNorm`),
      feedForward: { up: linear(`${name}.intermediate.dense`), down: linear(`${name}.output.dense`), activation },
      feedForwardNorm: norm(`${name}.output.LayerNorm`),
    };
  });
  const embeddings = `${prefix}embeddings`;
  const padding = settings.value("pad_token_id");
  const isRoberta = settings.family !== "bert";
  const offset = isRoberta && typeof padding === "number" ? padding + 1 : 0;
  return {
    family: settings.family,
    vocabulary: settings.count("vocab_size"),
    width,
    context: settings.count("max_position_embeddings", 512) - offset,
    embedding: {
      tokens: `${embeddings}.word_embeddings.weight`,
      places: { tensor: `${embeddings}.position_embeddings.weight`, offset },
      segment: has(`${embeddings}.token_type_embeddings.weight`)
        ? `${embeddings}.token_type_embeddings.weight`
        : undefined,
      norm: norm(`${embeddings}.LayerNorm`),
    },
    blocks,
  };
}
