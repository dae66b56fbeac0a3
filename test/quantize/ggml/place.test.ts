import { categoryOf, mixFacts } from "../../../kernel/quantize/ggml/place";

const named = (name: string, shape: number[] = [8, 8]) => ({ name, shape });

test.each([
  ["blk.0.attn_q.weight", "query"],
  ["model.layers.0.self_attn.k_proj.weight", "key"],
  ["blk.0.attn_output.weight", "attention.output"],
  ["model.layers.0.mlp.down_proj.weight", "down"],
  ["encoder.layer.0.intermediate.dense.weight", "up"],
  ["token_embd.weight", "embedding"],
  ["lm_head.weight", "head"],
  ["blk.0.attn_qkv.weight", "qkv"],
] as const)("%s is a weight of the kind %s", (name, category) => {
  expect(categoryOf(named(name))).toBe(category);
});

test.each([
  ["blk.0.attn_norm.weight", [8]],
  ["blk.0.attn_q.bias", [8]],
  ["blk.0.ffn_gate_inp.weight", [8, 8]],
  ["embeddings.position_embeddings.weight", [8, 8]],
])("%s is never quantized", (name, shape) => {
  expect(categoryOf(named(name, shape))).toBeUndefined();
});

test("the facts of a model are counted in order of layers, whatever the order of the file", () => {
  const block = (layer: number) => [
    named(`blk.${layer}.attn_q.weight`, [8, 8]),
    named(`blk.${layer}.attn_k.weight`, [2, 8]),
    named(`blk.${layer}.attn_v.weight`, [2, 8]),
  ];
  const { model, tensors } = mixFacts([...block(1), ...block(0), named("token_embd.weight", [9, 8])], true);
  expect(model).toEqual({ layers: 2, values: 2, queriesPerKey: 4, experts: 0, tied: true, importance: true });
  expect(tensors.get("blk.0.attn_v.weight")).toMatchObject({ category: "value", columns: 8, index: 0, stacked: false });
  expect(tensors.get("blk.1.attn_v.weight")?.index).toBe(1);
});

test("an output of its own unties the embedding", () => {
  expect(mixFacts([named("output.weight")], false).model.tied).toBe(false);
});

test("experts are counted, stacked or numbered", () => {
  expect(mixFacts([named("blk.0.ffn_down_exps.weight", [4, 8, 8])], false).model.experts).toBe(4);
  const { model, tensors } = mixFacts(
    [0, 1, 2].map((i) => named(`model.layers.0.mlp.experts.${i}.down_proj.weight`)),
    false,
  );
  expect(model.experts).toBe(3);
  expect(tensors.get("model.layers.0.mlp.experts.1.down_proj.weight")).toMatchObject({ stacked: true, index: 0 });
});
