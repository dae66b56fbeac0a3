/** The Llama family: pre-norm blocks with rotary positions, grouped keys, a gated feed-forward part. Llama 2 and 3, SmolLM2, Mistral, Qwen2 (biases
 *  of query, key and value), Qwen3 (norms of each head), Gemma 2 and 3 (four norms, whose weights are stored less 1, scaled embeddings, windows),
 *  Phi-3 (fused matrices). Source: transformers 5.24, models/NAME/modeling_NAME.py. */
import { activationOf } from "./activation";
import type { Attention, Block, Linear, Network, Norm, Part, Rotary } from "./network";
import { plainRotary, rotaryOf } from "./rotary";
import type { Settings } from "./settings";

/** Where the members of the family differ. */
interface Member {
  /** Norms of each head of queries and keys. */
  readonly hasHeadNorms?: boolean;
  /** Four norms a block, stored less 1, and embeddings times √width. */
  readonly isGemma?: boolean;
  /** query, key and value in one matrix, gate and up in another. */
  readonly isFused?: boolean;
  /** Blocks slide only where config.json says use_sliding_window. */
  readonly slidesByFlag?: boolean;
  /** Whether the block slides, of models whose config.json lists no kinds. */
  readonly slides?: (settings: Settings, block: number) => boolean;
}

/** Whether the tensor is there. */
export type Has = (tensor: string) => boolean;

/** The network of a config.json, with the tensors that `has` says are there. */
export function llamaNetwork(settings: Settings, has: Has, member: Member = {}): Network {
  const width = settings.count("hidden_size");
  const heads = settings.count("num_attention_heads");
  const keyHeads = settings.count("num_key_value_heads", heads);
  const headSize = settings.count("head_dim", width / heads);
  const epsilon = settings.positive("rms_norm_eps", 1e-6);
  const inner = settings.count("intermediate_size");
  const offset = member.isGemma ? 1 : 0;
  const norm = (name: string): Norm => ({ kind: "rms", weight: `${name}.weight`, epsilon, offset });
  const linear = (name: string): Linear => ({
    weight: { tensor: `${name}.weight` },
    bias: has(`${name}.bias`) ? { tensor: `${name}.bias` } : undefined,
  });
  settings.known("attention_bias", "mlp_bias", "layer_types", "sliding_window_pattern", "max_window_layers");
  const isTied = settings.flag("tie_word_embeddings", member.isGemma === true);
  settings.known("use_qk_norm", "_sliding_window_pattern", "original_max_position_embeddings");
  settings.only("use_bidirectional_attention", false);
  const activation = activationOf(
    settings.value("hidden_activation") ?? settings.value("hidden_act") ?? "silu",
    settings.family,
  );
  settings.known("hidden_act");
  const rotary = rotaryOf(settings, headSize);
  const localRotary = localRotaryOf(settings, headSize);
  const scalar = settings.value("query_pre_attn_scalar");
  const scale = 1 / Math.sqrt(typeof scalar === "number" ? scalar : headSize);
  const cap = settings.value("attn_logit_softcapping") as number | undefined;
  const windowOf = windows(settings, member);

  const attention = (base: string, block: number): Attention => {
    const name = `${base}.self_attn`;
    const rows = (first: number, length: number): Part => ({
      tensor: `${name}.qkv_proj.weight`,
      runs: { first, length, step: length, count: 1 },
    });
    const [queries, keys] = [heads * headSize, keyHeads * headSize];
    return {
      ...(member.isFused
        ? {
            query: { weight: rows(0, queries) },
            key: { weight: rows(queries, keys) },
            value: { weight: rows(queries + keys, keys) },
          }
        : { query: linear(`${name}.q_proj`), key: linear(`${name}.k_proj`), value: linear(`${name}.v_proj`) }),
      out: linear(`${name}.o_proj`),
      ...{ heads, keyHeads, headSize, scale, cap, isCausal: true },
      ...(member.hasHeadNorms && { queryNorm: norm(`${name}.q_norm`), keyNorm: norm(`${name}.k_norm`) }),
      rotary: windowOf(block) === undefined ? rotary : localRotary,
      window: windowOf(block),
    };
  };
  const blocks = Array.from({ length: settings.count("num_hidden_layers") }, (_, at): Block => {
    const name = `model.layers.${at}`;
    const fused = (first: number): Part => ({
      tensor: `${name}.mlp.gate_up_proj.weight`,
      runs: { first, length: inner, step: inner, count: 1 },
    });
    const feedForward = {
      ...(member.isFused
        ? { gate: { weight: fused(0) }, up: { weight: fused(inner) } }
        : { gate: linear(`${name}.mlp.gate_proj`), up: linear(`${name}.mlp.up_proj`) }),
      down: linear(`${name}.mlp.down_proj`),
      activation,
    };
    return {
      ...{ name, normPlace: "before", feedForward },
      attention: attention(name, at),
      attentionNorm: norm(`${name}.input_layernorm`),
      ...(member.isGemma
        ? {
            afterAttention: norm(`${name}.post_attention_layernorm`),
            feedForwardNorm: norm(`${name}.pre_feedforward_layernorm`),
            afterFeedForward: norm(`${name}.post_feedforward_layernorm`),
          }
        : { feedForwardNorm: norm(`${name}.post_attention_layernorm`) }),
    };
  });
  return {
    family: settings.family,
    vocabulary: settings.count("vocab_size"),
    width,
    context: settings.count("max_position_embeddings", 2 ** 30),
    embedding: {
      tokens: "model.embed_tokens.weight",
      factor: member.isGemma ? Math.fround(Math.sqrt(width)) : undefined,
    },
    blocks,
    norm: norm("model.norm"),
    head: {
      linear: isTied ? { weight: { tensor: "model.embed_tokens.weight" } } : linear("lm_head"),
      cap: settings.value("final_logit_softcapping") as number | undefined,
    },
  };
}

/** The positions of blocks that slide, which Gemma 3 turns at another speed: in older files by a key of their own. */
function localRotaryOf(settings: Settings, headSize: number): Rotary {
  const base = settings.value("rope_local_base_freq");
  const parameters = settings.value("rope_parameters");
  const isListed = typeof parameters === "object" && parameters !== null && "sliding_attention" in parameters;
  if (typeof base === "number" && !isListed) return plainRotary(headSize, base);
  return rotaryOf(settings, headSize, { blocks: "sliding_attention" });
}

/** The window of each block: by the list of kinds, by the family's pattern, or in all blocks. */
function windows(settings: Settings, { slides, slidesByFlag = false }: Member): (block: number) => number | undefined {
  const size = settings.value("sliding_window");
  const isOn = settings.flag("use_sliding_window", !slidesByFlag);
  const kinds: unknown = settings.value("layer_types");
  if (typeof size !== "number" || !isOn) return () => undefined;
  if (Array.isArray(kinds)) return (block) => (kinds[block] === "sliding_attention" ? size : undefined);
  return (block) => (slides === undefined || slides(settings, block) ? size : undefined);
}
