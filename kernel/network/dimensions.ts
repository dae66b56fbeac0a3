/** What shapes alone do not tell: the size of an attention head. It stands in the metadata of a GGUF file
 *  (`llama.attention.head_count`, `llama.attention.key_length`) or in the config.json of a Hugging Face folder (`num_attention_heads`,
 *  `head_dim`); names differ from family to family, meanings do not. */

/** The part of a model that is known without its values. */
export interface Described {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>> | undefined;
}

/** Keys of a config.json by meaning; the first that the config has counts. Sources: configuration_*.py of transformers 5.24. */
export const configKeys = {
  blocks: ["num_hidden_layers", "n_layer", "n_layers", "num_layers"],
  heads: ["num_attention_heads", "n_head", "n_heads", "num_heads"],
  keyValueHeads: ["num_key_value_heads"],
  headSize: ["head_dim", "d_kv"],
  hidden: ["hidden_size", "n_embd", "d_model", "dim"],
  mlp: ["intermediate_size", "n_inner", "ffn_dim", "d_ff", "hidden_dim"],
} as const;

/** Keys of GGUF metadata by meaning, behind the name of the architecture. Source: gguf-py, constants.py. */
export const ggufKeys = {
  blocks: "block_count",
  heads: "attention.head_count",
  keyValueHeads: "attention.head_count_kv",
  headSize: "attention.key_length",
  valueSize: "attention.value_length",
  hidden: "embedding_length",
  mlp: "feed_forward_length",
} as const;

/** A setting by its meaning. */
export type Meaning = keyof typeof configKeys;

/** The key of a config under which a meaning stands, if any. */
export function configKey(config: Readonly<Record<string, unknown>>, meaning: Meaning): string | undefined {
  return configKeys[meaning].find((key) => config[key] !== undefined && config[key] !== null);
}

/** The prefix of a GGUF file's own keys: its architecture. */
export function architectureOf(metadata: Readonly<Record<string, unknown>>): string | undefined {
  const name = metadata["general.architecture"];
  return typeof name === "string" ? name : undefined;
}

const positive = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isInteger(value) && value > 0 ? value : undefined;

/** The number of a meaning, by config or metadata. Of a list with a number for each block, as GGUF may have it, the first that is not 0. */
function read({ metadata, config = {} }: Described, meaning: Meaning): number | undefined {
  const architecture = architectureOf(metadata);
  if (architecture !== undefined) {
    const value = metadata[`${architecture}.${ggufKeys[meaning]}`];
    return positive(Array.isArray(value) ? value.find((one) => positive(one)) : value);
  }
  const key = configKey(config, meaning);
  const value = key === undefined ? undefined : config[key];
  return positive(Array.isArray(value) ? value.find((one) => positive(one)) : value);
}

/** Query and key values in a head, as the model says: given outright, or the width of the network over the number of heads; with
 *  `heads` from the caller, the rows of the query weight over it. `undefined` when nothing tells. */
export function headSizeOf(described: Described, queryRows: number, heads: number | undefined): number | undefined {
  if (heads !== undefined) return queryRows % heads === 0 ? queryRows / heads : undefined;
  const stated = read(described, "headSize");
  if (stated !== undefined) return stated;
  const [width, count] = [read(described, "hidden"), read(described, "heads")];
  const size = width !== undefined && count !== undefined ? width / count : undefined;
  return size !== undefined && Number.isInteger(size) ? size : undefined;
}

/** Query heads over key and value heads, as the model says; 1 when it says nothing. Shapes tell where query and key are apart. */
export function sharingOf(described: Described): number {
  const [heads, shared] = [read(described, "heads"), read(described, "keyValueHeads")];
  return heads !== undefined && shared !== undefined && heads % shared === 0 ? heads / shared : 1;
}

/** True where each head has a slope for positions by its number (ALiBi), so that heads cannot be taken out. */
export function hasHeadSlopes({ metadata, config = {} }: Described): boolean {
  const architecture = architectureOf(metadata);
  if (architecture !== undefined)
    return /^(bloom|mpt|jina-bert-v2)$/.test(architecture) || `${architecture}.attention.max_alibi_bias` in metadata;
  return (
    config.alibi === true ||
    config.position_embedding_type === "alibi" ||
    /^(bloom|mpt)$/.test(String(config.model_type)) ||
    (config.attn_config as { alibi?: unknown } | undefined)?.alibi === true
  );
}

/** True where the activation inside the blocks is ReLU. */
export function hasRelu({ config = {} }: Described): boolean {
  return [config.hidden_act, config.activation_function, config.activation, config.hidden_activation].includes("relu");
}
