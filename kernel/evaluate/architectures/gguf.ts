/** Networks of GGUF files: the names and keys of llama.cpp. The rows of query and key of "llama" files lie so that pairs are side by side.
 *  Source: ggml-org/llama.cpp, src/llama-arch.cpp and src/llama-model.cpp; gguf-py 0.19.0, gguf/constants.py. */
import { OptionError, UnsupportedError } from "../../errors";
import type { Model } from "../../tensor/model";
import type { Has } from "./llama";
import type { Block, Linear, Network, Norm } from "./network";
import { plainRotary } from "./rotary";

/** What differs between the architectures that are run. */
interface Kind {
  /** Pairs of rotary positions lie side by side. */
  readonly isInterleaved: boolean;
  /** Norms of each head. */
  readonly hasHeadNorms?: boolean;
}

const kinds: Readonly<Record<string, Kind>> = {
  llama: { isInterleaved: true },
  qwen2: { isInterleaved: false },
  qwen3: { isInterleaved: false, hasHeadNorms: true },
};

/** Keys of an architecture that say what the tensors say too, or nothing of what is computed. */
const neutral =
  /\.(block_count|context_length|embedding_length|feed_forward_length|vocab_size|tensor_data_layout|rope\.dimension_count|attention\.(head_count|head_count_kv|key_length|value_length|layer_norm_rms_epsilon)|rope\.freq_base)$/;

/** The network of a file that llama.cpp runs. `UnsupportedError` for an architecture that is not run, and for a key of it that is not known. */
export function ggufNetwork(model: Model, has: Has): Network {
  const { metadata, name: file } = model;
  const family = String(metadata["general.architecture"]);
  if (!Object.hasOwn(kinds, family))
    throw new UnsupportedError(
      `${file}: GGUF networks of architecture "${family}" are not run; these are: ${Object.keys(kinds).join(", ")}`,
    );
  const { isInterleaved, hasHeadNorms = false } = kinds[family];
  const changes = (key: string): boolean => metadata[key] !== 0 && metadata[key] !== false && !neutral.test(key);
  const odd = Object.keys(metadata).find((key) => key.startsWith(`${family}.`) && changes(key));
  if (odd !== undefined)
    throw new UnsupportedError(
      `${file} says ${odd}: ${JSON.stringify(metadata[odd]).slice(0, 80)}, which may change what the network computes and is not known here`,
    );
  const number = (key: string, otherwise?: number): number => {
    const value = metadata[`${family}.${key}`] ?? otherwise;
    if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value;
    throw new OptionError(`${file}: ${family}.${key} is ${JSON.stringify(value) ?? "absent"}; it is a number above 0`);
  };
  const width = number("embedding_length");
  const heads = number("attention.head_count");
  const keyHeads = number("attention.head_count_kv", heads);
  const headSize = number("attention.key_length", width / heads);
  const epsilon = number("attention.layer_norm_rms_epsilon");
  const turned = number("rope.dimension_count", headSize);
  if (has("rope_freqs.weight"))
    throw new UnsupportedError(`${file}: rotary positions with divisors (rope_freqs.weight) are not run from GGUF`);
  const rotary = { ...plainRotary(turned, number("rope.freq_base", 10_000)), isInterleaved };
  const norm = (name: string): Norm => ({ kind: "rms", weight: `${name}.weight`, epsilon });
  const linear = (name: string): Linear => ({
    weight: { tensor: `${name}.weight` },
    bias: has(`${name}.bias`) ? { tensor: `${name}.bias` } : undefined,
  });
  const blocks = Array.from({ length: number("block_count") }, (_, at): Block => {
    const name = `blk.${at}`;
    return {
      ...{ name, normPlace: "before" },
      attentionNorm: norm(`${name}.attn_norm`),
      attention: {
        query: linear(`${name}.attn_q`),
        key: linear(`${name}.attn_k`),
        value: linear(`${name}.attn_v`),
        out: linear(`${name}.attn_output`),
        ...(hasHeadNorms && { queryNorm: norm(`${name}.attn_q_norm`), keyNorm: norm(`${name}.attn_k_norm`) }),
        ...{ heads, keyHeads, headSize, rotary, scale: 1 / Math.sqrt(headSize), isCausal: true },
      },
      feedForwardNorm: norm(`${name}.ffn_norm`),
      feedForward: {
        gate: linear(`${name}.ffn_gate`),
        up: linear(`${name}.ffn_up`),
        down: linear(`${name}.ffn_down`),
        activation: "silu",
      },
    };
  });
  return {
    family,
    vocabulary: model.tensor("token_embd.weight").shape[0],
    width,
    context: number("context_length"),
    embedding: { tokens: "token_embd.weight" },
    blocks,
    norm: norm("output_norm"),
    head: { linear: { weight: { tensor: has("output.weight") ? "output.weight" : "token_embd.weight" } } },
  };
}
