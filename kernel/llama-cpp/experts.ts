/** Mixtures of experts as GGUF has them: the matrices of all experts of a layer as one tensor (experts, out, in), and the keys that say how
 *  many there are. For Mixtral, Qwen2-MoE and Qwen3-MoE.
 *
 *  Source of names and keys: gguf-py 0.19.0, gguf/constants.py. That llama.cpp computes what transformers does is held by their logits
 *  (test/llama-cpp/folder.test.ts). */
import { OptionError, UnsupportedError } from "../errors";
import type { GgufMetadataInput } from "../formats/gguf/values";
import type { SavedTensor } from "../formats/safetensors-writer";
import type { NameRow, Part } from "./architecture";
import { asVector } from "./changes";
import { StackedTensor } from "./moved-tensor";
import type { Settings } from "./settings";

/** Keys of config.json that tell of experts. */
export const expertSettings: readonly string[] = [
  ...["num_local_experts", "num_experts", "num_experts_per_tok", "moe_intermediate_size", "norm_topk_prob"],
  ...["shared_expert_intermediate_size", "decoder_sparse_step", "mlp_only_layers", "qkv_bias"],
];

/** Patterns of the names of the gates and of the shared expert, without the prefix of all names, and GGUF's names for them. The gate of the
 *  shared expert is (1, width) in the folder and a vector in GGUF. */
export const expertNames: readonly NameRow[] = [
  [/^layers\.(\d+)\.(?:block_sparse_moe|mlp)\.gate\.weight$/, "blk.$1.ffn_gate_inp.weight"],
  [/^layers\.(\d+)\.mlp\.shared_expert\.(gate|up|down)_proj\.weight$/, "blk.$1.ffn_$2_shexp.weight"],
  [/^layers\.(\d+)\.mlp\.shared_expert_gate\.weight$/, "blk.$1.ffn_gate_inp_shexp.weight", asVector],
];

const ofExpert =
  /^layers\.(\d+)\.(?:block_sparse_moe|mlp)\.experts\.(\d+)\.(gate_proj|up_proj|down_proj|w1|w2|w3)\.weight$/;
const parts: Readonly<Record<string, string>> = {
  ...{ gate_proj: "gate", up_proj: "up", down_proj: "down" },
  ...{ w1: "gate", w3: "up", w2: "down" },
};

/** Which tensor of GGUF a matrix of an expert is part of, and the number of the expert. */
export function expertOf(name: string): Part | undefined {
  const [, layer, expert, part] = ofExpert.exec(name) ?? [];
  return part === undefined
    ? undefined
    : { stack: `blk.${layer}.ffn_${parts[part]}_exps.weight`, number: Number(expert) };
}

/** Experts of a layer: no known network has a fiftieth of them. */
const maxExperts = 65_536;

/** Number of experts of a layer; 0 where the config gives none. `OptionError` for a number that cannot be one. */
export function expertCount(config: Settings): number {
  const count = config.num_local_experts ?? config.num_experts;
  if (typeof count !== "number") return 0;
  if (Number.isInteger(count) && count >= 0 && count <= maxExperts) return count;
  throw new OptionError(`saveGguf(): config.json states ${count} experts; it is a whole number, 0 to ${maxExperts}`);
}

/** One tensor of the matrices of all experts, or of other parts. `OptionError` when one is missing or of another shape. */
export function stackOf(name: string, experts: ReadonlyMap<number, SavedTensor>, count: number): StackedTensor {
  const [part, parts] = name.includes("_exps.") ? ["the matrix of expert", "experts"] : ["part", "parts"];
  const matrices = Array.from({ length: count }, (_, expert) => {
    const tensor = experts.get(expert);
    if (!tensor) throw new OptionError(`saveGguf(): of ${name} ${part} ${expert} of ${count} is missing`);
    return tensor;
  });
  if (experts.size > count)
    throw new OptionError(`saveGguf(): ${name} has ${experts.size} ${parts}, and config.json states ${count}`);
  const other = matrices.find(({ shape }) => String(shape) !== String(matrices[0].shape));
  if (other)
    throw new OptionError(
      `saveGguf(): ${other.name} has the shape (${other.shape.join(", ")}), and ${matrices[0].name} (${matrices[0].shape.join(", ")})`,
    );
  return new StackedTensor(name, matrices);
}

/** GGUF's keys without the name of the architecture before them. `UnsupportedError` where only some layers have experts, and where the network
 *  normalizes the weights of the chosen experts otherwise than llama.cpp, which makes them sum to one in Mixtral and Qwen3 and not in
 *  Qwen2. */
export function expertSizes(architecture: string, config: Settings): GgufMetadataInput {
  const numberOf = (key: string): number => {
    const value = config[key];
    if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
    throw new OptionError(`saveGguf(): config.json has no ${key}, a whole number above 0, which GGUF states`);
  };
  const count = expertCount(config);
  if (count === 0) throw new OptionError("saveGguf(): config.json has no num_experts, which GGUF states");
  const counts = { expert_count: count, expert_used_count: numberOf("num_experts_per_tok") };
  if (architecture === "llama") return counts;
  const plain = config.mlp_only_layers;
  if ((config.decoder_sparse_step ?? 1) !== 1 || (Array.isArray(plain) && plain.length > 0))
    throw new UnsupportedError(`saveGguf(): ${architecture} with layers that have no experts is not written`);
  const sumsToOne = config.norm_topk_prob === true;
  if (sumsToOne !== (architecture === "qwen3moe"))
    throw new UnsupportedError(
      `saveGguf(): ${architecture} with "norm_topk_prob": ${sumsToOne}; llama.cpp computes it with ${!sumsToOne}`,
    );
  return {
    ...counts,
    expert_feed_forward_length: numberOf("moe_intermediate_size"),
    ...(architecture === "qwen2moe" && {
      expert_shared_feed_forward_length: numberOf("shared_expert_intermediate_size"),
    }),
  };
}
