import { wholeWindow, windowKeys, windowNote } from "../../kernel/llama-cpp/window";

const config = { model_type: "small", num_hidden_layers: 3, max_position_embeddings: 64, sliding_window: 16 };
const whole = (changes: object, byFlag = false) => wholeWindow({ ...config, ...changes }, byFlag);

test("a window shorter than the context is the context where llama.cpp has none", () => {
  expect(whole({})).toBe(16);
  expect(whole({ use_sliding_window: true }, true)).toBe(16);
  expect(whole({ layer_types: ["full_attention", "sliding_attention", "full_attention"] })).toBe(16);
  expect(windowNote(config, 16)).toMatch(/states is 16 positions, the sliding window of this small, and not 64/);
  expect(() => whole({ sliding_window: 0.5 })).toThrow("sliding_window is 0.5");
});

test("a window that no layer has, or that no text exceeds, is none", () => {
  const full = ["full_attention", "full_attention", "full_attention"];
  for (const changes of [
    { sliding_window: null },
    { sliding_window: 64 },
    { use_sliding_window: false },
    { layer_types: full },
  ])
    expect(whole(changes)).toBeUndefined();
  // The network asks for a flag that is not there.
  expect(whole({}, true)).toBeUndefined();
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
  expect(() => whole({ layer_types: ["chunked_attention"] })).toThrow('layers of the kind "chunked_attention"');
  expect(() => windowKeys({ ...config, layer_types: ["full_attention"] }, () => true)).toThrow(
    "lists 1 kinds of attention (layer_types) for 3 layers",
  );
});
