import { isRenamedOtherwise, nameInMemory } from "../../kernel/save/renamed-modules";

test.each([
  ["vit", "encoder.layer.3.attention.attention.query", "layers.3.attention.q_proj"],
  ["vit", "encoder.layer.3.attention.output.dense", "layers.3.attention.o_proj"],
  ["vit", "encoder.layer.3.intermediate.dense", "layers.3.mlp.fc1"],
  ["vit", "encoder.layer.3.output.dense", "layers.3.mlp.fc2"],
  ["deit", "deit.encoder.layer.0.attention.attention.value", "deit.layers.0.attention.v_proj"],
  ["dinov2", "encoder.layer.0.attention.attention.key", "encoder.layer.0.attention.k_proj"],
  ["dinov2", "encoder.layer.0.mlp.fc1", "encoder.layer.0.mlp.fc1"],
  ["swin", "encoder.layers.0.blocks.1.attention.self.query", "encoder.layers.0.blocks.1.attention.q_proj"],
  ["swin", "encoder.layers.0.blocks.1.output.dense", "encoder.layers.0.blocks.1.mlp.fc2"],
  ["gpt_neox", "embed_out", "lm_head"],
  ["mixtral", "model.layers.0.block_sparse_moe.gate", "model.layers.0.mlp.gate"],
  ["bert", "encoder.layer.0.attention.output.dense", "encoder.layer.0.attention.output.dense"],
  [undefined, "encoder.layer.0.output.dense", "encoder.layer.0.output.dense"],
])("%s: %s is called %s", (type, stored, inMemory) => {
  expect(nameInMemory(type, stored)).toBe(inMemory);
});

test("types whose names follow no rule here are known", () => {
  expect([isRenamedOtherwise("segformer"), isRenamedOtherwise("vit"), isRenamedOtherwise(undefined)]).toEqual([
    true,
    false,
    false,
  ]);
});
