import { entriesOf } from "../../kernel/network/channels";
import { wireTransformer } from "../../kernel/network/transformer";

const named = (shapes: Record<string, number[]>) => Object.entries(shapes).map(([name, shape]) => ({ name, shape }));
const inBlock = (prefix: string, shapes: Record<string, number[]>) =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [`${prefix}${name}`, shape]));
const llama = {
  "input_layernorm.weight": [8],
  "self_attn.q_proj.weight": [8, 8],
  "self_attn.k_proj.weight": [4, 8],
  "self_attn.v_proj.weight": [4, 8],
  "self_attn.o_proj.weight": [8, 8],
  "mlp.gate_proj.weight": [16, 8],
  "mlp.up_proj.weight": [16, 8],
  "mlp.down_proj.weight": [8, 16],
};
const config = {
  metadata: {},
  config: { num_attention_heads: 4, num_key_value_heads: 2, hidden_size: 8, hidden_act: "silu" },
};

describe("a block of Llama", () => {
  const { groups, unknown } = wireTransformer(named(inBlock("model.layers.3.", llama)), config);
  const [mlp, attention] = groups;

  test("has neurons of up and gate, read by down", () => {
    expect(unknown).toEqual([]);
    expect(mlp).toMatchObject({
      name: "block 3 mlp",
      kind: "nodes",
      size: 16,
      queries: 1,
      headSize: 1,
      homogeneous: false,
      block: { prefix: "model.layers.", index: 3 },
    });
    expect(mlp.places.map(({ tensor, axis, role }) => [tensor.split(".").at(-2), axis, role])).toEqual([
      ["gate_proj", 0, "gate"],
      ["up_proj", 0, "weight"],
      ["down_proj", 1, "consumer"],
    ]);
  });

  test("has heads that share keys, which go with all their queries", () => {
    expect(attention).toMatchObject({ name: "block 3 attention", kind: "heads", size: 2, queries: 2, headSize: 2 });
    const entries = attention.places.map(({ role, section }) => [role, entriesOf(section, 1)]);
    expect(entries).toEqual([
      ["query", [4, 5, 6, 7]],
      ["key", [2, 3]],
      ["value", [2, 3]],
      ["consumer", [4, 5, 6, 7]],
    ]);
  });

  test("is left alone where a module has a tensor that is not known, of whatever size", () => {
    const odd = wireTransformer(named(inBlock("model.layers.3.", { ...llama, "mlp.up_proj.zero": [3] })), config);
    expect(odd.unknown).toEqual([["block 3 mlp", "model.layers.3.mlp.up_proj.zero belongs to one of its modules"]]);
  });

  test("is left alone where nothing is known to feed what reads the neurons", () => {
    const odd = { "input_layernorm.weight": [8], "mlp.down_proj.weight": [8, 16] };
    expect(wireTransformer(named(inBlock("model.layers.3.", odd)), config)).toEqual({
      groups: [],
      unknown: [["block 3 mlp", "nothing is known to feed model.layers.3.mlp.down_proj.weight"]],
    });
  });

  test("keeps its heads where a norm or sinks tie them together; a norm over one head is shared by all", () => {
    const wired = (more: Readonly<Record<string, readonly number[]>>) => {
      const { groups, unknown } = wireTransformer(named(inBlock("model.layers.3.", { ...llama, ...more })), config);
      return groups.some(({ kind }) => kind === "heads") || unknown.find(([name]) => name === "block 3 attention")?.[1];
    };
    const norms = (query: readonly number[], key: readonly number[]) =>
      wired({ "self_attn.q_norm.weight": query, "self_attn.k_norm.weight": key });
    expect(norms([8], [4])).toBe(
      "model.layers.3.self_attn.q_norm.weight is a norm over the values of all heads, and fewer heads would change what it does to the others",
    );
    expect(norms([2], [4])).toMatch(/k_norm\.weight is a norm over the values of all heads/);
    expect(norms([4, 2], [2])).toMatch(/q_norm\.weight is a norm over the values of all heads/);
    expect(norms([2], [2])).toBe(true);
    expect(wired({ "self_attn.sinks": [4] })).toBe(
      "model.layers.3.self_attn.sinks has a sink for each head, and nobody publishes such networks with fewer",
    );
  });

  test("is left alone where another tensor has the same dimension", () => {
    const odd = wireTransformer(named(inBlock("model.layers.3.", { ...llama, "mlp.extra.weight": [16, 8] })), config);
    expect(odd.groups.map(({ name }) => name)).not.toContain("block 3 mlp");
    expect(odd.unknown.find(([name]) => name === "block 3 mlp")?.[1]).toContain("mlp.extra.weight");
  });
});

describe("a block of GPT-2", () => {
  const gpt2 = {
    "ln_1.weight": [8],
    "attn.c_attn.weight": [8, 24],
    "attn.c_attn.bias": [24],
    "attn.c_proj.weight": [8, 8],
    "attn.c_proj.bias": [8],
    "ln_2.weight": [8],
    "mlp.c_fc.weight": [8, 32],
    "mlp.c_fc.bias": [32],
    "mlp.c_proj.weight": [32, 8],
    "mlp.c_proj.bias": [8],
  };
  const { groups, unknown } = wireTransformer(named(inBlock("h.0.", gpt2)), {
    metadata: {},
    config: { n_head: 4, n_embd: 8, activation_function: "gelu_new" },
  });

  test("has its inputs first: neurons are columns of up and rows of down", () => {
    expect(unknown).toEqual([]);
    expect(groups[0].places.map(({ tensor, axis, role }) => [tensor, axis, role])).toEqual([
      ["h.0.mlp.c_fc.weight", 1, "weight"],
      ["h.0.mlp.c_fc.bias", 0, "bias"],
      ["h.0.mlp.c_proj.weight", 0, "consumer"],
    ]);
  });

  test("has query, key and value one behind the other in one weight", () => {
    const entries = groups[1].places
      .filter(({ tensor }) => tensor.endsWith("c_attn.weight"))
      .map(({ role, axis, section }) => [role, axis, entriesOf(section, 1)]);
    expect(entries).toEqual([
      ["query", 1, [2, 3]],
      ["key", 1, [10, 11]],
      ["value", 1, [18, 19]],
    ]);
  });
});

test("GPT-NeoX interleaves query, key and value by head", () => {
  const neox = {
    "input_layernorm.weight": [8],
    "attention.query_key_value.weight": [24, 8],
    "attention.dense.weight": [8, 8],
  };
  const { groups } = wireTransformer(named(inBlock("gpt_neox.layers.0.", neox)), {
    metadata: {},
    config: { num_attention_heads: 4, hidden_size: 8 },
  });
  expect(groups[0].places.slice(0, 3).map(({ role, section }) => [role, entriesOf(section, 1)])).toEqual([
    ["query", [6, 7]],
    ["key", [8, 9]],
    ["value", [10, 11]],
  ]);
});

test("with shared keys the parts of that weight lie one behind the other", () => {
  const shared = {
    "input_layernorm.weight": [8],
    "attention.query_key_value.weight": [16, 8],
    "attention.dense.weight": [8, 8],
  };
  const { groups } = wireTransformer(named(inBlock("gpt_neox.layers.0.", shared)), {
    metadata: {},
    config: { num_attention_heads: 4, num_key_value_heads: 2, hidden_size: 8 },
  });
  expect(groups[0].places.slice(0, 3).map(({ role, section }) => [role, entriesOf(section, 1)])).toEqual([
    ["query", [4, 5, 6, 7]],
    ["key", [10, 11]],
    ["value", [14, 15]],
  ]);
});

test("ReLU between makes merged neurons exact, a gate does not", () => {
  const bert = {
    "attention.output.LayerNorm.weight": [8],
    "intermediate.dense.weight": [16, 8],
    "output.dense.weight": [8, 16],
  };
  const one = (hidden_act: string) =>
    wireTransformer(named(inBlock("encoder.layer.0.", bert)), { metadata: {}, config: { hidden_act } }).groups[0];
  expect([one("relu").homogeneous, one("gelu").homogeneous]).toEqual([true, false]);
  const gated = wireTransformer(named(inBlock("model.layers.0.", llama)), {
    metadata: {},
    config: { ...config.config, hidden_act: "relu" },
  });
  expect(gated.groups[0].homogeneous).toBe(false);
});

describe("heads that are not known", () => {
  const reason = (described: Parameters<typeof wireTransformer>[1], heads?: number, more = {}) =>
    wireTransformer(named(inBlock("model.layers.0.", { ...llama, ...more })), described, heads).unknown.find(([name]) =>
      name.endsWith("attention"),
    )?.[1];

  test("say what would tell", () => {
    expect(reason({ metadata: {} })).toContain("heads: … tells it");
    expect(reason({ metadata: {} }, 4)).toBeUndefined();
    expect(reason({ metadata: {} }, 3)).toBe("8 rows of query are no 3 heads");
  });

  test("say that slopes go by number", () => {
    expect(reason({ metadata: {}, config: { ...config.config, alibi: true } })).toContain("ALiBi");
  });

  test("say that shapes do not agree", () => {
    expect(reason({ metadata: {}, config: { head_dim: 3 } })).toContain("its shapes do not agree with heads of 3");
  });
});

test("experts are left alone", () => {
  const moe = {
    "post_attention_layernorm.weight": [8],
    "mlp.experts.0.up_proj.weight": [16, 8],
    "mlp.experts.0.gate_proj.weight": [16, 8],
    "mlp.experts.0.down_proj.weight": [8, 16],
  };
  const { groups, unknown } = wireTransformer(named(inBlock("model.layers.0.", moe)), config);
  expect(groups).toEqual([]);
  expect(unknown[0][1]).toBe("neurons of a mixture of experts are not described");
});

test("axes decide where shapes cannot tell: a feed-forward part as wide as its network", () => {
  const square = { "ln_2.weight": [8], "mlp.c_fc.weight": [8, 8], "mlp.c_fc.bias": [8], "mlp.c_proj.weight": [8, 8] };
  const axes = { output: [1], input: [0], stacked: [] };
  const tensors = named(inBlock("h.0.", square)).map((one) => (one.shape.length > 1 ? { ...one, axes } : one));
  const axesOf = (shapes: typeof tensors) =>
    wireTransformer(shapes, { metadata: {}, config: { model_type: "gpt2" } }).groups[0].places.map(({ axis }) => axis);
  expect(axesOf(tensors)).toEqual([1, 0, 0]);
  expect(axesOf(named(inBlock("h.0.", square)))).toEqual([0, 0, 1]);
});
