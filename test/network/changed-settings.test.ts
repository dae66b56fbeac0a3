import { changedSettings, sizesOf } from "../../kernel/network/changed-settings";
import type { Wiring } from "../../kernel/network";

const prefix = "model.layers.";
const wired = (mlp: number[], heads: number[], queries = 1): Wiring => ({
  groups: mlp.flatMap((size, index) => [
    {
      name: `block ${index} mlp`,
      kind: "nodes" as const,
      size,
      queries: 1,
      headSize: 1,
      block: { prefix, index },
      places: [],
      homogeneous: false,
    },
    {
      name: `block ${index} attention`,
      kind: "heads" as const,
      size: heads[index],
      queries,
      headSize: 16,
      block: { prefix, index },
      places: [],
      homogeneous: false,
    },
  ]),
  blocks: mlp.map((_, index) => ({ prefix, index, name: `block ${index}`, tensors: [] })),
  unknown: [],
});
const change = (after: Wiring, dropped: number[] = [], before = wired([64, 64, 64], [4, 4, 4], 2)) => ({
  before,
  after,
  dropped,
});

test("sizes are those of the first stack, block by block", () => {
  expect(sizesOf(wired([64, 32], [4, 3], 2))).toEqual({
    blocks: 2,
    mlp: [64, 32],
    heads: [8, 6],
    keyValueHeads: [4, 3],
    headSize: 16,
  });
  expect(sizesOf({ groups: [], blocks: [], unknown: [] })).toEqual({
    blocks: 0,
    mlp: [],
    heads: [],
    keyValueHeads: [],
    headSize: undefined,
  });
});

test("the size of a head is that of the first attention", () => {
  expect(sizesOf(wired([64], [4])).headSize).toBe(16);
});

describe("the settings of a smaller network", () => {
  const config = {
    hidden_size: 128,
    intermediate_size: 64,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    num_hidden_layers: 3,
    layer_types: ["a", "b", "c"],
    rope: [1, 2, 3],
  };

  test("have the new width of the feed-forward part, and nothing else changed", () => {
    expect(changedSettings({ metadata: {}, config }, change(wired([32, 32, 32], [4, 4, 4], 2)))).toEqual({
      config: { ...config, intermediate_size: 32 },
      metadata: {},
    });
  });

  test("have the new numbers of heads, and the size of a head that no longer follows from them", () => {
    expect(changedSettings({ metadata: {}, config }, change(wired([64, 64, 64], [3, 3, 3], 2))).config).toEqual({
      ...config,
      num_attention_heads: 6,
      num_key_value_heads: 3,
      head_dim: 16,
    });
  });

  test("gain no key for what did not change", () => {
    const bare = { num_attention_heads: 8 };
    expect(changedSettings({ metadata: {}, config: bare }, change(wired([64, 64, 64], [4, 4, 4], 2))).config).toEqual(
      bare,
    );
  });

  test("name no shared keys where the model named none", () => {
    const plain = Object.fromEntries(Object.entries(config).filter(([key]) => key !== "num_key_value_heads"));
    expect(
      changedSettings({ metadata: {}, config: plain }, change(wired([64, 64, 64], [3, 3, 3], 2))).config,
    ).not.toHaveProperty("num_key_value_heads");
  });

  test("have a list where blocks differ", () => {
    expect(changedSettings({ metadata: {}, config }, change(wired([32, 64, 16], [4, 4, 4], 2))).config).toMatchObject({
      intermediate_size: [32, 64, 16],
    });
  });

  test("have fewer blocks, and lists by block without those that went", () => {
    expect(changedSettings({ metadata: {}, config }, change(wired([64, 64], [4, 4], 2), [1])).config).toEqual({
      ...config,
      num_hidden_layers: 2,
      layer_types: ["a", "c"],
    });
  });

  test("write GPT-2's width where it was left out", () => {
    expect(
      changedSettings({ metadata: {}, config: { n_embd: 16 } }, change(wired([32, 32, 32], [4, 4, 4], 2))).config,
    ).toEqual({ n_embd: 16, n_inner: 32 });
  });

  test("are none where nothing changed, and no config where there was none", () => {
    const same = change(wired([64, 64, 64], [4, 4, 4], 2));
    expect(changedSettings({ metadata: {}, config }, same)).toEqual({ config, metadata: {} });
    expect(changedSettings({ metadata: {} }, same).config).toBeUndefined();
  });
});

describe("the metadata of a smaller GGUF file", () => {
  const metadata = {
    "general.architecture": "llama",
    "llama.block_count": 3,
    "llama.feed_forward_length": 64,
    "llama.attention.head_count": 8,
    "llama.attention.head_count_kv": 4,
    "llama.per_block": [1, 2, 3],
    "other.per_block": [1, 2, 3],
  };

  test("are the changed keys alone", () => {
    expect(changedSettings({ metadata }, change(wired([32, 32, 32], [3, 3, 3], 2))).metadata).toEqual({
      "llama.feed_forward_length": 32,
      "llama.attention.head_count": 6,
      "llama.attention.head_count_kv": 3,
      "llama.attention.key_length": 16,
      "llama.attention.value_length": 16,
    });
  });

  test("drop blocks from the architecture's own lists", () => {
    expect(changedSettings({ metadata }, change(wired([64, 64], [4, 4], 2), [0])).metadata).toEqual({
      "llama.block_count": 2,
      "llama.per_block": [2, 3],
    });
  });
});

test("a topology gets its sizes by the names of layers", () => {
  const group = (size: number) => ({
    name: "d1",
    kind: "nodes" as const,
    size,
    queries: 1,
    headSize: 1,
    places: [],
    homogeneous: false,
  });
  const config = {
    modelTopology: { class_name: "Sequential", config: [{ class_name: "Dense", config: { name: "d1", units: 4 } }] },
  };
  const wiring = (size: number): Wiring => ({ groups: [group(size)], blocks: [], unknown: [] });
  const { config: changed } = changedSettings(
    { metadata: {}, config },
    { before: wiring(4), after: wiring(3), dropped: [] },
  );
  expect(JSON.stringify(changed)).toContain('"units":3');
});
