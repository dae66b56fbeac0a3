import { checkWhole, windowKeys } from "../../kernel/llama-cpp/window";

const config = { model_type: "small", num_hidden_layers: 3, max_position_embeddings: 64, sliding_window: 16 };
const check =
  (changes: object, byFlag = false) =>
  () => {
    checkWhole({ ...config, ...changes }, byFlag);
  };

test("a window shorter than the context is refused where llama.cpp has none", () => {
  expect(check({})).toThrow("small with a sliding window of 16 positions is not written");
  expect(check({ use_sliding_window: true }, true)).toThrow("sliding window of 16");
  const kinds = ["full_attention", "sliding_attention", "full_attention"];
  expect(check({ layer_types: kinds })).toThrow("sliding window of 16");
});

test("a window that no layer has, or that no text exceeds, is none", () => {
  const full = ["full_attention", "full_attention", "full_attention"];
  for (const changes of [
    { sliding_window: null },
    { sliding_window: 64 },
    { use_sliding_window: false },
    { layer_types: full },
  ])
    expect(check(changes)).not.toThrow();
  // The network asks for a flag that is not there.
  expect(check({}, true)).not.toThrow();
});

test("the layers that have one are listed, as config.json says or as is usual", () => {
  const pattern = "attention.sliding_window_pattern";
  expect(windowKeys(config, (layer) => layer !== 1)).toEqual({
    "attention.sliding_window": 16,
    [pattern]: [true, false, true],
  });
  const layer_types = ["full_attention", "sliding_attention", "sliding_attention"];
  expect(windowKeys({ ...config, layer_types }, () => true)[pattern]).toEqual([false, true, true]);
});

test("kinds of attention that llama.cpp has not, or of other layers, are refused", () => {
  expect(check({ layer_types: ["chunked_attention"] })).toThrow('layers of the kind "chunked_attention"');
  expect(() => windowKeys({ ...config, layer_types: ["full_attention"] }, () => true)).toThrow(
    "lists 1 kinds of attention (layer_types) for 3 layers",
  );
});
