/** A small network of Llama's names, for tests of what is packed. */
import { fromArrays, type Model } from "../../kernel";
import { TensorSet } from "../../kernel/tensor/tensor-set";

const values = (rows: number, columns: number) => ({
  shape: [rows, columns],
  values: Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(1 + i)),
});

const attention = ["q_proj", "k_proj", "v_proj", "o_proj"].map((word) => `self_attn.${word}`);

/** Two blocks of attention and a gated feed-forward part, whose last matrix has rows of 48; `more` by name. */
export function smallNetwork(
  config: Readonly<Record<string, unknown>> = { model_type: "llama", architectures: ["LlamaForCausalLM"] },
  more: Readonly<Record<string, readonly [number, number]>> = {},
): Model {
  const shapes: Record<string, readonly [number, number]> = { "model.embed_tokens.weight": [7, 64], ...more };
  for (const block of [0, 1]) {
    for (const word of attention) shapes[`model.layers.${block}.${word}.weight`] = [64, 64];
    for (const word of ["gate_proj", "up_proj"]) shapes[`model.layers.${block}.mlp.${word}.weight`] = [48, 64];
    shapes[`model.layers.${block}.mlp.down_proj.weight`] = [64, 48];
  }
  const arrays = Object.entries(shapes).map(([name, [rows, columns]]) => [name, values(rows, columns)] as const);
  const { tensors, name, format } = fromArrays(Object.fromEntries(arrays));
  return new TensorSet({ name, format, tensors, config, sha256: () => Promise.resolve("00".repeat(32)) });
}
