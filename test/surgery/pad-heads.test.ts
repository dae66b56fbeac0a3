import { headsForTransformers } from "../../kernel/surgery/pad-heads";
import { modelOf } from "./fakes";

const bert = modelOf({
  "encoder.layer.0.attention.output.LayerNorm.weight": [1, 1, 1, 1],
  "encoder.layer.0.attention.self.query.weight": [
    [1, 1, 1, 1],
    [2, 2, 2, 2],
  ],
  "encoder.layer.0.attention.self.key.weight": [
    [1, 1, 1, 1],
    [2, 2, 2, 2],
  ],
  "encoder.layer.0.attention.self.value.weight": [
    [1, 1, 1, 1],
    [2, 2, 2, 2],
  ],
  "encoder.layer.0.attention.output.dense.weight": [
    [1, 2],
    [1, 2],
    [1, 2],
    [1, 2],
  ],
});
const described = (config: Record<string, unknown>) => ({ tensors: bert.tensors, metadata: {}, config });
const small = { model_type: "bert", num_attention_heads: 1, head_dim: 2, hidden_size: 4 };

test("heads that fill the width, or whose family has a size of their own, stay as they are", () => {
  const whole = described({ ...small, num_attention_heads: 2 });
  expect(headsForTransformers(whole, false)).toEqual({ config: whole.config, tensors: bert.tensors });
  const free = described({ ...small, model_type: "qwen3" });
  expect(headsForTransformers(free, false).tensors).toBe(bert.tensors);
});

test("a family without such a size says what to do", () => {
  expect(() => headsForTransformers(described(small), false)).toThrow(
    "transformers' bert has heads of its width over their number, 4 / 1, where they have 2; { padHeads: true }",
  );
});

test("heads of zeros fill the width up, so that the answers stay", async () => {
  const { tensors, config } = headsForTransformers(described(small), true);
  expect(config).toMatchObject({ num_attention_heads: 2 });
  const shapes = Object.fromEntries(
    tensors.map(({ name, shape }) => [name.split(".").slice(-2)[0] + shape.length, shape]),
  );
  expect(shapes).toMatchObject({ query2: [4, 4], dense2: [4, 4] });
  const query = tensors.find(({ name }) => name.includes("query"));
  expect(Array.from((await query?.read()) ?? [])).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
  const output = tensors.find(({ name }) => name.includes("output.dense"));
  expect(Array.from((await output?.read()) ?? []).slice(0, 4)).toEqual([1, 2, 0, 0]);
});

test("Llama wants a width that is a multiple of the number of heads", () => {
  const llama = (num_attention_heads: number) =>
    described({ model_type: "llama", num_attention_heads, head_dim: 1, hidden_size: 8 });
  expect(headsForTransformers(llama(4), false).config).toMatchObject({ num_attention_heads: 4 });
  expect(() => headsForTransformers(llama(3), false)).toThrow(
    "wants a width (8) that is a multiple of the number of heads",
  );
});

test("with shared keys a head of zeros is one with all its queries, and other parts stay", async () => {
  const filled = (rows: number, columns: number) =>
    Array.from({ length: rows }, () => new Array<number>(columns).fill(1));
  const shapes = {
    "self_attn.q_proj": [6, 8],
    "self_attn.k_proj": [3, 8],
    "self_attn.v_proj": [3, 8],
    "self_attn.o_proj": [8, 6],
    "mlp.up_proj": [5, 8],
    "mlp.down_proj": [8, 5],
  };
  const shared = modelOf({
    "model.layers.0.input_layernorm.weight": new Array<number>(8).fill(1),
    ...Object.fromEntries(
      Object.entries(shapes).map(([name, [rows, columns]]) => [`model.layers.0.${name}.weight`, filled(rows, columns)]),
    ),
  });
  const config = { model_type: "llama", num_attention_heads: 6, num_key_value_heads: 3, head_dim: 1, hidden_size: 8 };
  const padded = headsForTransformers({ tensors: shared.tensors, metadata: {}, config }, true);
  expect(padded.config).toEqual({ ...config, num_attention_heads: 8, num_key_value_heads: 4 });
  expect(Object.fromEntries(padded.tensors.slice(1).map(({ name, shape }) => [name.slice(15, -7), shape]))).toEqual({
    ...shapes,
    "self_attn.q_proj": [8, 8],
    "self_attn.k_proj": [4, 8],
    "self_attn.v_proj": [4, 8],
    "self_attn.o_proj": [8, 8],
  });
  const read = async (kind: string) =>
    Array.from((await padded.tensors.find(({ name }) => name.includes(kind))?.read()) ?? []);
  expect((await read("q_proj")).slice(40)).toEqual([...new Array<number>(8).fill(1), ...new Array<number>(16).fill(0)]);
  expect((await read("o_proj")).slice(0, 8)).toEqual([1, 1, 1, 1, 1, 1, 0, 0]);
});
