/** Which networks that parts were taken out of no engine would build as they are. */
import { withConfigText } from "../../kernel/formats/config";
import { checkCut, checkGgufBlocks, ggufArchitectureOf } from "../../kernel/save/cut-checks";
import type { SavedModel } from "../../kernel/save/saved-model";

const cut = (kind: string, config: Record<string, unknown>, text?: string) => () =>
  checkCut({ recipe: [{ match: "**", steps: [{ kind }] }], config: withConfigText(config, text) }, config);

test("widths of families of which nobody publishes others are refused, their layers are not", () => {
  for (const family of ["opt", "falcon", "bart", "whisper", "clip", "clip_vision_model", "dinov2"]) {
    expect(cut("nodes", { model_type: family })).toThrow(
      `save(): nobody publishes ${family} networks with fewer neurons or heads, and no engine is known to open one; save("small.safetensors") writes the weights alone`,
    );
    expect(cut("heads", { model_type: family })).toThrow(`nobody publishes ${family}`);
    expect(cut("merge", { model_type: family })).toThrow(`nobody publishes ${family}`);
    expect(cut("layers", { model_type: family })).not.toThrow();
  }
  expect(cut("nodes", { model_type: "llama" })).not.toThrow();
});

test("a key that the original has not, and nobody reads, is refused", () => {
  const text = '{"model_type":"own","mlp_ratio":4.0}';
  expect(cut("nodes", { model_type: "own", mlp_ratio: 4, intermediate_size: 12 }, text)).toThrow(
    "save(): config.json of own has no key for the smaller size, intermediate_size, that transformers would read",
  );
  expect(cut("nodes", { model_type: "own", mlp_ratio: 4, n_inner: 12, head_dim: 3 }, text)).not.toThrow();
});

test("attention that is divided by the block's number is refused without some blocks", () => {
  const config = { model_type: "gpt2", scale_attn_by_inverse_layer_idx: true };
  expect(cut("layers", config)).toThrow("save(): gpt2 divides the attention of each block by its number here");
  expect(cut("nodes", config)).not.toThrow();
});

function model(dropped: readonly number[], more: Partial<SavedModel>): SavedModel {
  const layers = dropped.map((block) => ({ name: `blk.${block}.attn_q.weight`, variants: [{ shape: [0, 4] }] }));
  return { metadata: {}, report: { variants: [{ parameters: 1 }], layers }, ...more } as never;
}

test("llama.cpp's sliding windows go by number", () => {
  const metadata = { "general.architecture": "gemma2", "gemma2.block_count": 5 };
  expect(() => checkGgufBlocks(model([1], { metadata }), "gemma2")).toThrow(
    "save(): llama.cpp gives the blocks of gemma2 their kind of attention by number, and without 1 others would get it",
  );
  expect(() => checkGgufBlocks(model([1, 2], { metadata }), "gemma2")).not.toThrow();
  expect(() => checkGgufBlocks(model([1], { config: { num_hidden_layers: 5 } }), "gemma3")).toThrow("of gemma3");
  expect(() => checkGgufBlocks(model([1], { metadata }), "llama")).not.toThrow();
  expect(() => checkGgufBlocks(model([1], { metadata }), undefined)).not.toThrow();
});

test("the architecture is the file's, or that of the config under llama.cpp's name", () => {
  expect(ggufArchitectureOf({ metadata: { "general.architecture": "gemma2" }, config: undefined })).toBe("gemma2");
  const of = (family?: string) => ggufArchitectureOf({ metadata: {}, config: { model_type: family } });
  expect(["gemma3_text", "modernbert", "gpt_oss", "llama", undefined].map(of)).toEqual([
    "gemma3",
    "modern-bert",
    "gpt-oss",
    "llama",
    undefined,
  ]);
});
