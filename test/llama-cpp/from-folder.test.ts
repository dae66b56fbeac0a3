import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OptionError, UnsupportedError } from "../../kernel";
import type { SavedTensor } from "../../kernel/formats/safetensors-writer";
import { ggufFromFolder, needsFloats } from "../../kernel/llama-cpp/from-folder";

const folder = mkdtempSync(join(tmpdir(), "codebook-from-folder-"));
afterAll(() => rmSync(folder, { recursive: true }));

function tensor(name: string, shape: readonly number[], first = 0): SavedTensor {
  const values = Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) => first + i);
  return {
    ...{ name, shape, dtype: "F32", sizeBytes: values.byteLength },
    read: () => Promise.resolve(values),
    readBytes: () => Promise.resolve(new Uint8Array(values.buffer)),
  };
}
const decoder = {
  ...{ num_hidden_layers: 1, num_attention_heads: 2, hidden_size: 4, intermediate_size: 4, rms_norm_eps: 1e-6 },
  max_position_embeddings: 16,
};
const embedding = tensor("model.embed_tokens.weight", [3, 4]);
const [sameHead, otherHead] = [tensor("lm_head.weight", [3, 4]), tensor("lm_head.weight", [3, 4], 1)];

/** The first values of each tensor that is written, by its name. */
async function written(kind: string, tensors: readonly SavedTensor[], changes: object = {}) {
  const made = await ggufFromFolder({ tensors, folder, config: { model_type: kind, ...decoder, ...changes } });
  const values = made.tensors.map(async (one) => [one.tensor.name, (await one.tensor.read())[0]]);
  return Object.fromEntries(await Promise.all(values)) as Record<string, number>;
}

describe("the matrix of the logits", () => {
  const tied = { tie_word_embeddings: true };

  test("goes where it is the embedding, and stays where it is another one, whatever config.json says", async () => {
    expect(await written("llama", [embedding], tied)).toEqual({ "token_embd.weight": 0 });
    expect(await written("llama", [embedding, sameHead], tied)).toEqual({ "token_embd.weight": 0 });
    const both = { "token_embd.weight": 0, "output.weight": 1 };
    expect(await written("llama", [embedding, otherHead], tied)).toEqual(both);
    expect(await written("llama", [embedding, otherHead])).toEqual(both);
  });

  test("is written once more where llama.cpp wants one of its own", async () => {
    expect(await written("olmo2", [embedding], tied)).toEqual({ "token_embd.weight": 0, "output.weight": 0 });
  });

  test("is refused where llama.cpp takes the embedding, and missed where there is none", async () => {
    const gemma = { query_pre_attn_scalar: 2, sliding_window: 8, tie_word_embeddings: false };
    const own = written("gemma2", [embedding, otherHead], gemma);
    await expect(own).rejects.toThrow(UnsupportedError);
    await expect(own).rejects.toThrow("gemma2 with logits by a matrix that is not the embedding");
    expect(await written("gemma2", [embedding, sameHead], gemma)).toEqual({ "token_embd.weight": 0 });
    await expect(written("llama", [embedding])).rejects.toThrow(OptionError);
    await expect(written("llama", [embedding])).rejects.toThrow("no matrix of the logits (lm_head)");
  });
});

describe("T5", () => {
  const sizes = {
    d_model: 4,
    d_kv: 2,
    d_ff: 4,
    num_layers: 1,
    num_heads: 2,
    pad_token_id: 0,
    layer_norm_epsilon: 1e-6,
    relative_attention_num_buckets: 8,
  };
  const undefinedSizes = Object.fromEntries(Object.keys(decoder).map((key) => [key, undefined]));
  const config = { ...undefinedSizes, ...sizes };
  const norm = tensor("decoder.final_layer_norm.weight", [4], 3);
  const block = tensor("decoder.block.0.layer.0.SelfAttention.q.weight", [4, 4]);

  test("has its embeddings once, and 1/√width in the last norm unless its head is its own", async () => {
    const shared = [tensor("encoder.embed_tokens.weight", [3, 4], 5), tensor("shared.weight", [3, 4], 5)];
    const made = await written("t5", [...shared, norm, block], config);
    expect(made).toEqual({ "token_embd.weight": 5, "dec.output_norm.weight": 1.5, "dec.blk.0.attn_q.weight": 0 });
    const own = await written("t5", [...shared, norm, block, otherHead], { ...config, tie_word_embeddings: false });
    expect(own).toMatchObject({ "dec.output_norm.weight": 3, "output.weight": 1 });
  });

  test("without a decoder is refused", async () => {
    await expect(written("t5", [tensor("shared.weight", [3, 4])], config)).rejects.toThrow("has no decoder");
  });
});

test("norms of heads are one tensor, and a missing one is missed", async () => {
  const norms = [1, 0].map((head) => tensor(`model.layers.0.self_attn.q_layernorm.norms.${head}.weight`, [2], head));
  const config = { rms_norm_eps: undefined, layer_norm_eps: 1e-5, tie_word_embeddings: true };
  const made = await written("stablelm", [embedding, ...norms], config);
  expect(made).toMatchObject({ "blk.0.attn_q_norm.weight": 0, "output.weight": 0 });
  await expect(written("stablelm", [embedding, norms[0]], config)).rejects.toThrow(
    "attn_q_norm.weight part 0 of 2 is missing",
  );
});

test("gate and up of gpt-oss lie column by column in turn, and turned", async () => {
  const gateAndUp = tensor("model.layers.0.mlp.experts.gate_up_proj", [1, 2, 4]);
  const made = await ggufFromFolder({
    ...{ tensors: [embedding, gateAndUp, otherHead], folder },
    config: { model_type: "gpt_oss", ...decoder, sliding_window: 8, num_local_experts: 1, num_experts_per_tok: 1 },
  });
  const read = async (name: string) => {
    const found = made.tensors.find((one) => one.tensor.name === name)?.tensor;
    return [found?.shape, Array.from((await found?.read()) ?? []), (await found?.readBytes())?.length];
  };
  // Columns 0 and 2 of the rows (0 1 2 3) and (4 5 6 7).
  expect(await read("blk.0.ffn_gate_exps.weight")).toEqual([[1, 2, 2], [0, 4, 2, 6], 16]);
  expect(await read("blk.0.ffn_up_exps.weight")).toEqual([[1, 2, 2], [1, 5, 3, 7], 16]);
});

test("norms, gates of experts and what is added are float32", () => {
  for (const name of ["position_embd.weight", "blk.3.attn_q_norm.weight", "blk.0.ffn_gate_inp.weight"])
    expect(needsFloats(tensor(name, [2, 2]))).toBe(true);
  expect(needsFloats(tensor("blk.0.attn_q.bias", [2]))).toBe(true);
  for (const name of ["blk.0.attn_q.weight", "blk.0.ffn_gate_exps.weight", "token_embd.weight"])
    expect(needsFloats(tensor(name, [2, 2]))).toBe(false);
});
