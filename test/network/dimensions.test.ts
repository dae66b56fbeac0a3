import {
  architectureOf,
  configKey,
  hasHeadSlopes,
  hasRelu,
  headSizeOf,
  sharingOf,
} from "../../kernel/network/dimensions";

const config = (values: Record<string, unknown>) => ({ metadata: {}, config: values });
const gguf = (values: Record<string, unknown>) => ({ metadata: { "general.architecture": "llama", ...values } });

test("a meaning is found under the first of its keys that is there", () => {
  expect(configKey({ n_head: 4 }, "heads")).toBe("n_head");
  expect(configKey({ n_head: 4, num_attention_heads: 8 }, "heads")).toBe("num_attention_heads");
  expect(configKey({ head_dim: null, d_kv: 3 }, "headSize")).toBe("d_kv");
  expect(configKey({}, "mlp")).toBeUndefined();
});

test("the architecture is that of the file, where it is text", () => {
  expect(architectureOf(gguf({}).metadata)).toBe("llama");
  expect(architectureOf({ "general.architecture": 5 })).toBeUndefined();
});

describe("the size of a head", () => {
  test("is what the caller's number of heads gives", () => {
    expect(headSizeOf(config({ head_dim: 9 }), 64, 8)).toBe(8);
    expect(headSizeOf(config({}), 65, 8)).toBeUndefined();
  });

  test("is stated, or the width over the number of heads", () => {
    expect(headSizeOf(config({ head_dim: 9, hidden_size: 64, num_attention_heads: 8 }), 72, undefined)).toBe(9);
    expect(headSizeOf(config({ hidden_size: 64, num_attention_heads: 8 }), 64, undefined)).toBe(8);
    expect(headSizeOf(config({ hidden_size: 65, num_attention_heads: 8 }), 65, undefined)).toBeUndefined();
    expect(headSizeOf(config({ hidden_size: 64 }), 64, undefined)).toBeUndefined();
  });

  test("stands in a GGUF file's metadata, for the file's own architecture", () => {
    expect(headSizeOf(gguf({ "llama.attention.key_length": 16 }), 64, undefined)).toBe(16);
    expect(
      headSizeOf(gguf({ "llama.embedding_length": 64, "llama.attention.head_count": [0, 4, 8] }), 64, undefined),
    ).toBe(16);
    expect(headSizeOf(gguf({ "qwen2.attention.key_length": 16 }), 64, undefined)).toBeUndefined();
  });

  test("is no number that makes no sense", () => {
    for (const head_dim of [0, -4, 1.5, "8"]) expect(headSizeOf(config({ head_dim }), 64, undefined)).toBeUndefined();
  });
});

test("sharing is query heads over key heads, and 1 where nothing tells or it does not divide", () => {
  expect(sharingOf(config({ num_attention_heads: 8, num_key_value_heads: 2 }))).toBe(4);
  expect(sharingOf(config({ num_attention_heads: 8 }))).toBe(1);
  expect(sharingOf(config({ num_attention_heads: 8, num_key_value_heads: 3 }))).toBe(1);
});

test("slopes of heads are known by family and setting", () => {
  for (const one of [
    config({ alibi: true }),
    config({ position_embedding_type: "alibi" }),
    config({ model_type: "bloom" }),
    config({ attn_config: { alibi: true } }),
  ])
    expect(hasHeadSlopes(one)).toBe(true);
  expect(hasHeadSlopes({ metadata: { "general.architecture": "mpt" } })).toBe(true);
  expect(hasHeadSlopes(gguf({ "llama.attention.max_alibi_bias": 8 }))).toBe(true);
  for (const one of [config({ alibi: false }), config({ model_type: "llama" }), gguf({}), { metadata: {} }])
    expect(hasHeadSlopes(one)).toBe(false);
});

test("ReLU is known by any of the names that settings give it", () => {
  for (const key of ["hidden_act", "activation_function", "activation", "hidden_activation"]) {
    expect(hasRelu(config({ [key]: "relu" }))).toBe(true);
    expect(hasRelu(config({ [key]: "gelu" }))).toBe(false);
  }
  expect(hasRelu({ metadata: {} })).toBe(false);
});
