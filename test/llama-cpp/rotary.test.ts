import { rotaryOf, rotaryTensor } from "../../kernel/llama-cpp/rotary";

const numberOf = (value: unknown) => (value as { value: number }).value;

test("plain positions have a base, 10,000 unless told, from either place", () => {
  expect(rotaryOf("llama", {})).toEqual({ base: 10_000, scaling: {} });
  expect(rotaryOf("llama", { rope_theta: 500_000 }).base).toBe(500_000);
  expect(rotaryOf("llama", { rope_theta: 1, rope_parameters: { rope_theta: 2 } }).base).toBe(2);
  expect(rotaryOf("llama", { rope_scaling: null }).scaling).toEqual({});
});

test("linear ones have a factor", () => {
  const { scaling } = rotaryOf("llama", { rope_scaling: { type: "linear", factor: 4 } });
  expect([scaling.type, numberOf(scaling.factor)]).toEqual(["linear", 4]);
  expect(() => rotaryOf("llama", { rope_scaling: { type: "linear" } })).toThrow("have no factor above 0");
});

test("YaRN's have the context of the first training, and a length where it is not the usual one", () => {
  const config = { max_position_embeddings: 4096, rope_scaling: { rope_type: "yarn", factor: 4 } };
  const { scaling } = rotaryOf("llama", config);
  expect([scaling.type, numberOf(scaling.factor), scaling.original_context_length, scaling.attn_factor]).toEqual([
    "yarn",
    4,
    4096,
    undefined,
  ]);
  const told = rotaryOf("llama", { ...config, rope_scaling: { ...config.rope_scaling, attention_factor: 1 } }).scaling;
  expect(numberOf(told.attn_factor)).toBeCloseTo(1 / (0.1 * Math.log(4) + 1), 6);
  for (const odd of [{ truncate: false }, { beta_fast: 16 }, { beta_slow: 2 }])
    expect(() => rotaryOf("llama", { ...config, rope_scaling: { ...config.rope_scaling, ...odd } })).toThrow(
      "are not written",
    );
});

test("Llama 3's divide low frequencies by the factor, high ones by 1, and those between by something between", () => {
  const parameters = {
    rope_type: "llama3",
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const rotary = rotaryOf("llama", { rope_theta: 500_000, rope_scaling: parameters });
  const tensor = rotaryTensor(rotary, 128);
  expect([tensor?.name, tensor?.shape]).toEqual(["rope_freqs.weight", [64]]);
  const divisors = rotary.divisors?.(128) ?? new Float32Array(0);
  expect([divisors[0], divisors[63]]).toEqual([1, 8]);
  for (let i = 1; i < 64; i++) expect(divisors[i]).toBeGreaterThanOrEqual(divisors[i - 1]);
  expect(Array.from(divisors).some((divisor) => divisor > 1 && divisor < 8)).toBe(true);
  expect(() => rotaryOf("qwen2", { rope_scaling: parameters })).toThrow('of kind "llama3" in a qwen2 network');
});

test("others are refused", () => {
  expect(() => rotaryOf("llama", { rope_scaling: { rope_type: "dynamic", factor: 2 } })).toThrow('of kind "dynamic"');
  expect(() => rotaryOf("llama", { partial_rotary_factor: 0.5 })).toThrow("that turn 0.5 of each head only");
  expect(rotaryTensor(rotaryOf("llama", {}), 64)).toBeUndefined();
});
