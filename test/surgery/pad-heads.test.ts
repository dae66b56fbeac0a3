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
