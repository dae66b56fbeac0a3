import { rotaryOf, rotaryTensors } from "../../kernel/llama-cpp/rotary";

const numberOf = (value: unknown) => (value as { value: number }).value;

test("plain positions have a base, 10,000 unless told, from either place", () => {
  expect(rotaryOf("llama", {})).toEqual({ base: 10_000, share: 1, scaling: {} });
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

test("YaRN's bounds are llama.cpp's, rounded; where config.json does not round them that is told", () => {
  // gpt-oss: c(32) = 64 · ln(4096 / 64π) / 2 ln 150000 = 8.09, c(1) = 17.40.
  const scaling = { rope_type: "yarn", factor: 32, truncate: false, original_max_position_embeddings: 4096 };
  const config = { head_dim: 64, rope_theta: 150_000, max_position_embeddings: 131_072, rope_scaling: scaling };
  const free = { hasFreeBounds: true };
  const made = rotaryOf("gpt-oss", config, free);
  expect(made.notes).toEqual([expect.stringMatching(/from pair 8\.09 to pair 17\.40 .* differ by up to 76\.3 %/)]);
  const rounded = rotaryOf("gpt-oss", { ...config, rope_scaling: { ...scaling, truncate: true } }, free);
  expect([rounded.notes, rounded.scaling]).toEqual([undefined, made.scaling]);
});

test("Llama 3's divide low frequencies by the factor, high ones by 1, and those between by something between", () => {
  const parameters = {
    rope_type: "llama3",
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const rotary = rotaryOf("llama", { rope_theta: 500_000, rope_scaling: parameters }, { kinds: ["llama3"] });
  const tensors = rotaryTensors(rotary, 128);
  expect(tensors.map(({ name, shape }) => [name, shape])).toEqual([["rope_freqs.weight", [64]]]);
  const divisors = rotary.divisors?.(128)["rope_freqs.weight"] ?? new Float32Array(0);
  expect([divisors[0], divisors[63]]).toEqual([1, 8]);
  for (let i = 1; i < 64; i++) expect(divisors[i]).toBeGreaterThanOrEqual(divisors[i - 1]);
  expect(Array.from(divisors).some((divisor) => divisor > 1 && divisor < 8)).toBe(true);
  expect(() => rotaryOf("qwen2", { rope_scaling: parameters })).toThrow('of kind "llama3" in a qwen2 network');
});

test("others are refused", () => {
  expect(() => rotaryOf("llama", { rope_scaling: { rope_type: "dynamic", factor: 2 } })).toThrow('of kind "dynamic"');
  expect(() => rotaryOf("llama", { partial_rotary_factor: 0.5 })).toThrow("that turn 0.5 of each head only");
  expect(() => rotaryOf("llama", { rope_scaling: { rope_type: "yarn", factor: 2, mrope_section: [1] } })).toThrow(
    'with "mrope_section": [1]',
  );
  expect(() => rotaryOf("gemma2", { rope_scaling: { rope_type: "yarn", factor: 2 } }, { kinds: ["linear"] })).toThrow(
    'of kind "yarn"',
  );
  expect(rotaryTensors(rotaryOf("llama", {}), 64)).toEqual([]);
});

test("a family may have another base, and turn a part of each head", () => {
  expect(rotaryOf("glm4", {}, { base: 5, share: 0.5 })).toEqual({ base: 5, share: 0.5, scaling: {} });
  expect(rotaryOf("glm4", { partial_rotary_factor: 0.25 }, { share: 0.5 }).share).toBe(0.25);
  expect(rotaryOf("gptneox", { rotary_pct: 1, rotary_emb_base: 7 }, { share: 0.25 })).toMatchObject({
    base: 7,
    share: 1,
  });
  expect(() => rotaryOf("glm4", { partial_rotary_factor: 1.5 }, { share: 0.5 })).toThrow("that turn 1.5 of each head");
});

test("LongRoPE's have two lists of divisors, and grow as told or by √(1 + ln f / ln c)", () => {
  const lists = { short_factor: [1, 2], long_factor: [3, 4] };
  const config = { max_position_embeddings: 4096, original_max_position_embeddings: 64, rope_scaling: lists };
  const made = rotaryOf("phi3", { ...config, rope_scaling: { type: "su", ...lists } }, { kinds: ["longrope"] });
  expect([made.scaling.type, made.scaling.original_context_length]).toEqual(["longrope", 64]);
  // f = 64 and c = 64: √2.
  expect(numberOf(made.scaling.attn_factor)).toBeCloseTo(Math.SQRT2, 12);
  expect(made.notes).toEqual([expect.stringContaining("for more than 64 tokens")]);
  const [long, short] = rotaryTensors(made, 4);
  expect([long.name, short.name]).toEqual(["rope_factors_long.weight", "rope_factors_short.weight"]);
  expect(made.divisors?.(4)["rope_factors_long.weight"]).toEqual(Float32Array.of(3, 4));
  expect(() => rotaryTensors(made, 6)).toThrow("have no long_factor of 3 numbers above 0");
  const told = rotaryOf(
    "phi3",
    { ...config, rope_scaling: { type: "longrope", attention_factor: 1.5, ...lists } },
    { kinds: ["longrope"] },
  );
  expect(numberOf(told.scaling.attn_factor)).toBe(1.5);
});
