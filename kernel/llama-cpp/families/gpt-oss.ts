/** gpt-oss: experts whose matrices lie (experts, in, out) in the folder, gate and up column by column in turn; a sink for each head, which takes
 *  a part of the attention and gives nothing. */
import { UnsupportedError } from "../../errors";
import type { SavedTensor } from "../../formats/safetensors-writer";
import type { Change } from "../architecture";
import { attentionNames, decoder, embeddingNames, outputBiasNames } from "../decoder";
import { StridedPart } from "../moved-tensor";
import { countOf } from "../settings";
import { windowKeys } from "../window";

/** (experts, in, out) as (experts, out, in). */
const transposed: Change = (tensor, name) => {
  const [experts, inputs, outputs] = matricesOf(tensor);
  return new StridedPart(tensor, name, {
    shape: [experts, outputs, inputs],
    strides: [inputs * outputs, 1, outputs],
  });
};

/** Gate and up of (experts, in, 2 · out) or (experts, 2 · out): even and odd columns. */
const gateAndUp: Change = (tensor, name) =>
  ["gate", "up"].map((kind, start) => {
    const own = name.replace("gate_up", kind);
    if (tensor.shape.length === 2) {
      const [experts, columns] = tensor.shape;
      return new StridedPart(tensor, own, { shape: [experts, columns / 2], strides: [columns, 2], start });
    }
    const [experts, inputs, columns] = matricesOf(tensor);
    return new StridedPart(tensor, own, {
      shape: [experts, columns / 2, inputs],
      strides: [inputs * columns, 2, columns],
      start,
    });
  });

function matricesOf({ name, shape }: SavedTensor): readonly number[] {
  if (shape.length === 3) return shape;
  throw new UnsupportedError(`saveGguf(): ${name} has the shape (${shape.join(", ")}), not (experts, in, out)`);
}

export const gptOss = decoder({
  name: "gpt-oss",
  names: [
    ...embeddingNames,
    ...attentionNames,
    ...outputBiasNames,
    [/^layers\.(\d+)\.self_attn\.sinks$/, "blk.$1.attn_sinks.weight"],
    [/^layers\.(\d+)\.input_layernorm\.weight$/, "blk.$1.attn_norm.weight"],
    [/^layers\.(\d+)\.post_attention_layernorm\.weight$/, "blk.$1.post_attention_norm.weight"],
    [/^layers\.(\d+)\.mlp\.router\.(weight|bias)$/, "blk.$1.ffn_gate_inp.$2"],
    [/^layers\.(\d+)\.mlp\.experts\.gate_up_proj$/, "blk.$1.ffn_gate_up_exps.weight", gateAndUp],
    [/^layers\.(\d+)\.mlp\.experts\.gate_up_proj_bias$/, "blk.$1.ffn_gate_up_exps.bias", gateAndUp],
    [/^layers\.(\d+)\.mlp\.experts\.down_proj$/, "blk.$1.ffn_down_exps.weight", transposed],
    [/^layers\.(\d+)\.mlp\.experts\.down_proj_bias$/, "blk.$1.ffn_down_exps.bias"],
  ],
  ...{ head: "own", hasFreeHeads: true, window: "layers" },
  rotary: { base: 150_000, hasFreeBounds: true },
  settings: {
    read: ["num_local_experts", "num_experts_per_tok", "experts_per_token"],
    only: { swiglu_limit: [7], swiglu_alpha: [1.702], attention_bias: [true], initial_context_length: [4096] },
  },
  more: (config) => ({
    expert_count: countOf(config, "num_local_experts"),
    expert_used_count: countOf(config, ["num_experts_per_tok", "experts_per_token"]),
    expert_feed_forward_length: countOf(config, "intermediate_size"),
    ...windowKeys(config, (layer) => layer % 2 === 0),
  }),
});
