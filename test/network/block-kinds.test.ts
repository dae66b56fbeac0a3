/** What blocks are by their number, when others are taken out: test/surgery/transformers.test.ts asks the library for its answers. */
import { keepsPeriod, kindsWithout } from "../../kernel/network/block-kinds";

const [slides, full] = ["sliding_attention", "full_attention"];

test.each([
  ["gemma2", {}, { layer_types: [slides, slides, full, full] }],
  ["gemma3_text", { sliding_window_pattern: 3 }, { layer_types: [slides, full, slides, full] }],
  ["gemma3_text", {}, { layer_types: [slides, slides, slides, full] }],
  ["cohere2", {}, { layer_types: [slides, slides, full, slides] }],
  ["olmo3", {}, { layer_types: [slides, slides, full, slides] }],
  ["gpt_oss", {}, { layer_types: [slides, slides, full, full] }],
  ["modernbert", {}, { layer_types: [full, slides, full, slides] }],
  [
    "qwen2",
    { use_sliding_window: true, sliding_window: 4, max_window_layers: 3 },
    { layer_types: [full, full, slides, slides] },
  ],
  ["smollm3", { no_rope_layer_interval: 2 }, { no_rope_layers: [1, 1, 0, 0] }],
  [
    "gpt_neo",
    { attention_types: [[["global", "local"], 3]] },
    { attention_types: [[["global", "global", "local", "local"], 1]] },
  ],
])("%s gets a list in place of its rule", (family, more, changes) => {
  expect(kindsWithout({ model_type: family, ...more }, 6, new Set([1, 4]))).toEqual(changes);
});

test("no list is written where the rule still says the same, and none that the family does not know", () => {
  expect(kindsWithout({ model_type: "gemma2" }, 6, new Set([2, 3]))).toEqual({});
  expect(kindsWithout({ model_type: "qwen2", sliding_window: 4, use_sliding_window: false }, 6, new Set([1]))).toEqual(
    {},
  );
  expect(kindsWithout({ model_type: "qwen3", max_window_layers: 28 }, 6, new Set([1]))).toEqual({});
  expect(kindsWithout({ model_type: "llama" }, 6, new Set([1]))).toEqual({});
  expect(kindsWithout({ model_type: "gpt_neo", attention_types: "global" }, 6, new Set([1]))).toEqual({});
});

test("lists by block lose the entries of blocks that went, lists of numbers get the new ones", () => {
  const config = {
    model_type: "gemma2",
    layer_types: ["a", "b", "c", "d"],
    mlp_only_layers: [0, 1, 3],
    attn_layer_indices: [1, 2],
    layers: 4,
    other_layers: [1, 2, 3],
    names: ["a", "b", "c", "d"],
  };
  expect(kindsWithout(config, 4, new Set([1]))).toEqual({
    layer_types: ["a", "c", "d"],
    mlp_only_layers: [0, 2],
    attn_layer_indices: [1],
  });
});

test("llama.cpp's rules by number hold where whole periods went, and behind the last block that stays", () => {
  expect(keepsPeriod("llama", 6, new Set([1]))).toBe(true);
  expect(keepsPeriod("gemma2", 6, new Set([1]))).toBe(false);
  expect(keepsPeriod("gemma2", 6, new Set([1, 2]))).toBe(true);
  expect(keepsPeriod("gemma2", 6, new Set([1, 4]))).toBe(false);
  expect(keepsPeriod("gemma2", 6, new Set([5]))).toBe(true);
  expect(keepsPeriod("gemma3", 12, new Set([0, 1, 2, 3, 4, 5]))).toBe(true);
  expect(keepsPeriod("gemma3", 12, new Set([0, 1, 2, 3, 4]))).toBe(false);
});
