import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compare, compress, fromArrays, linear, open, saveGguf, saveSafetensors, type Model } from "../../kernel";
import { matchLayouts } from "../../kernel/recipe/matched-layouts";

/** A Mixtral of two experts and of 4 heads on 2, whose rows GGUF has in another order, and whose experts it stacks. */
const sizes = { hidden_size: 32, intermediate_size: 64, num_hidden_layers: 1, num_attention_heads: 4 };
const config = {
  ...{ model_type: "mixtral", ...sizes, num_key_value_heads: 2, num_local_experts: 2, num_experts_per_tok: 1 },
  ...{ rms_norm_eps: 1e-5, max_position_embeddings: 64, rope_theta: 10000, tie_word_embeddings: false, vocab_size: 7 },
};
const layer = "model.layers.0";
const shapes: Record<string, number[]> = {
  "model.embed_tokens.weight": [7, 32],
  [`${layer}.self_attn.q_proj.weight`]: [32, 32],
  [`${layer}.self_attn.k_proj.weight`]: [16, 32],
  [`${layer}.self_attn.v_proj.weight`]: [16, 32],
  [`${layer}.self_attn.o_proj.weight`]: [32, 32],
  [`${layer}.block_sparse_moe.gate.weight`]: [2, 32],
  ...Object.fromEntries(
    [0, 1].flatMap((expert) =>
      ["w1", "w3", "w2"].map((word) => [
        `${layer}.block_sparse_moe.experts.${expert}.${word}.weight`,
        word === "w2" ? [32, 64] : [64, 32],
      ]),
    ),
  ),
  [`${layer}.input_layernorm.weight`]: [32],
  [`${layer}.post_attention_layernorm.weight`]: [32],
  "model.norm.weight": [32],
  "lm_head.weight": [7, 32],
};

let place: string;
let folder: Model;
let file: Model;
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), "codebook-layouts-"));
  mkdirSync(join(place, "folder"));
  const arrays = Object.entries(shapes).map(([name, shape], at) => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(1.7 * i * i + at));
    return [name, { shape, values }] as const;
  });
  await saveSafetensors(fromArrays(Object.fromEntries(arrays)), join(place, "folder", "model.safetensors"));
  writeFileSync(join(place, "folder", "config.json"), JSON.stringify(config));
  folder = await open(join(place, "folder"));
  await saveGguf(folder, join(place, "m.gguf"), { dtype: "F32" });
  file = await open(join(place, "m.gguf"));
});
afterAll(() => rmSync(place, { recursive: true }));

test("a folder and the GGUF file of its weights are the same to the last weight, whichever is the base", async () => {
  for (const [base, theirs] of [
    [folder, file],
    [file, folder],
  ]) {
    const report = await compare({ theirs }, { base, workers: 1 });
    expect(report.layers).toEqual([]);
    expect(report.warnings).toBeUndefined();
  }
});

test("layers have the base's names, and stacked experts GGUF's", async () => {
  const small = await compress(file, linear({ bits: 4, group: 32 }), { workers: 1 });
  const { layers, warnings } = await compare({ small }, { base: folder, workers: 1 });
  expect(warnings).toBeUndefined();
  const named = folder.tensors.flatMap(({ name, role }): string[] => {
    const expert = /experts\.0\.w([123])/.exec(name)?.[1];
    if (expert !== undefined) return [`blk.0.ffn_${{ 1: "gate", 2: "down", 3: "up" }[expert] ?? ""}_exps.weight`];
    return role === "norm" || role === "router" || name.includes("experts") ? [] : [name];
  });
  expect(layers.map(({ name }) => name)).toEqual(named);
  // Measured against the folder or against its own file, the change is the same.
  const own = new Map(small.report.layers.map((one) => [one.name, one.variants[0]?.sqnrDb]));
  const query = layers.find(({ name }) => name.endsWith("q_proj.weight"));
  expect(query?.variants[0]?.sqnrDb).toBeCloseTo(own.get("blk.0.attn_q.weight") ?? NaN, 9);
});

test("what one of the two has alone is listed, and two folders match as they are", () => {
  const less = { ...file, metadata: file.metadata, tensors: file.tensors.slice(1) } as unknown as Model;
  const { unmatched, tensors } = matchLayouts(folder, less);
  expect(unmatched).toHaveLength(1);
  expect(unmatched[0]).toMatchObject({ reason: "only the base has it" });
  expect(tensors).toHaveLength(folder.tensors.length - 3);
  expect(matchLayouts(folder, folder).tensors).toBe(folder.tensors);
});
