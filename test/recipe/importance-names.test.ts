import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compress, fromArrays, ggml, open, saveGguf, saveSafetensors, type Model } from "../../kernel";
import { withFolderNames } from "../../kernel/recipe/importance-names";
import { checkRecipe } from "../../kernel/recipe/recipe";

/** A Mixtral of two experts, whose experts GGUF stacks and whose rows of queries and keys it moves. */
const config = {
  ...{ model_type: "mixtral", hidden_size: 256, intermediate_size: 256, num_hidden_layers: 1, num_attention_heads: 4 },
  ...{ num_key_value_heads: 2, num_local_experts: 2, num_experts_per_tok: 1, rms_norm_eps: 1e-5, rope_theta: 10000 },
  ...{ max_position_embeddings: 64, tie_word_embeddings: true, vocab_size: 3 },
};
const layer = "model.layers.0";
const experts = [0, 1].map((expert) => `${layer}.block_sparse_moe.experts.${expert}.w1.weight`);
const shapes: Record<string, number[]> = {
  "model.embed_tokens.weight": [3, 256],
  [`${layer}.self_attn.q_proj.weight`]: [8, 256],
  [experts[0]]: [2, 256],
  [experts[1]]: [2, 256],
};
const query = "blk.0.attn_q.weight";
const stack = "blk.0.ffn_gate_exps.weight";

let place: string;
let folder: Model;
let file: Model;
beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), "codebook-importance-"));
  mkdirSync(join(place, "folder"));
  const arrays = Object.entries(shapes).map(([name, shape], at) => {
    const values = Float32Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.sin(1.7 * i * i + at));
    return [name, { shape, values }] as const;
  });
  await saveSafetensors(fromArrays(Object.fromEntries(arrays)), join(place, "folder", "model.safetensors"));
  writeFileSync(join(place, "folder", "config.json"), JSON.stringify(config));
  folder = await open(join(place, "folder"));
  await saveGguf(folder, join(place, "m.gguf"), { dtype: "F32" });
  file = await open(join(place, "m.gguf"));
});
afterAll(() => rmSync(place, { recursive: true }));

const columns = (count: number, phase: number): number[] =>
  Array.from({ length: count }, (_, at) => 0.01 + Math.sin(phase + at) ** 2);
const values = async (model: Model, ...names: string[]): Promise<number[]> =>
  (await Promise.all(names.map(async (name) => [...(await model.tensor(name).read())]))).flat();

test("llama.cpp's names of importance are taken for the weights of a folder, to the very values of its GGUF file", async () => {
  const importance = { [query]: columns(256, 1), [stack]: columns(512, 2) };
  const recipe = ggml({ type: "Q4_K", importance });
  const [ours, theirs] = [await compress(folder, recipe, { workers: 1 }), await compress(file, recipe, { workers: 1 })];
  expect(await values(ours, ...experts)).toEqual(await values(theirs, stack));
  await saveGguf(ours, join(place, "ours.gguf"), { dtype: "F32" });
  expect(await values(await open(join(place, "ours.gguf")), query, stack)).toEqual(await values(theirs, query, stack));
  const plain = await compress(folder, ggml({ type: "Q4_K" }), { workers: 1 });
  expect(await values(plain, ...experts)).not.toEqual(await values(ours, ...experts));
  // Those of the folder's own names mean the same.
  const own = ggml({ type: "Q4_K", importance: { [`${layer}.self_attn.q_proj.weight`]: importance[query] } });
  const named = await compress(folder, own, { workers: 1 });
  expect(await values(named, `${layer}.self_attn.q_proj.weight`)).toEqual(
    await values(ours, `${layer}.self_attn.q_proj.weight`),
  );
});

test("an expert that no text reached leaves its stack without importance, as in the GGUF file", async () => {
  const idle = [...columns(256, 3), ...Array.from({ length: 256 }, () => 0)];
  const recipe = ggml({ type: "Q4_K", importance: { [query]: columns(256, 1), [stack]: idle } });
  const [ours, theirs] = [await compress(folder, recipe, { workers: 1 }), await compress(file, recipe, { workers: 1 })];
  expect(await values(ours, ...experts)).toEqual(await values(theirs, stack));
});

test("a name of neither stays an error", async () => {
  const recipe = ggml({
    type: "Q4_K",
    importance: { [query]: columns(256, 1), "blk.7.attn_q.weight": columns(256, 1) },
  });
  await expect(compress(folder, recipe)).rejects.toThrow('importance of "blk.7.attn_q.weight" touches none');
});

test("names of the model itself stay, and a GGUF file has its own", () => {
  const named = checkRecipe(ggml({ type: "Q4_K", importance: { [query]: columns(256, 1) } }));
  expect(withFolderNames(file, named)).toBe(named);
  const [{ steps }] = withFolderNames(folder, named);
  expect(steps).toEqual([
    { ...named[0].steps[0], importance: { [`${layer}.self_attn.q_proj.weight`]: columns(256, 1) } },
  ]);
});
