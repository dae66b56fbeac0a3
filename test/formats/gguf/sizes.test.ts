import { checkNetworkSizes } from "../../../kernel/formats/gguf/sizes";

const check = (metadata: Record<string, unknown>): void => checkNetworkSizes("f.gguf", metadata, (key) => key.length);

test("sizes of networks that exist pass: zeros, lists by block, other keys", () => {
  check({
    "llama.block_count": 126,
    "jamba.attention.head_count": [0, 0, 32],
    "mamba.attention.head_count": 0,
    "gemma.vocab_size": 262_144,
    "llama.context_length": 10_485_760,
    "general.name": "block_count",
    "x.rope.dimension_count": -1,
  });
});

test.each([
  ["llama.block_count", 1e9],
  ["llama.block_count", -1],
  ["llama.attention.head_count", -4],
  ["llama.attention.head_count", 2.5],
  ["llama.attention.head_count_kv", [8, NaN]],
  ["clip.vision.attention.head_count", -4],
  ["llama.expert_count", "1099511627776"],
  ["llama.embedding_length", 2 ** 32],
  ["llama.feed_forward_length", true],
  ["llama.attention.head_count", new Array<number>(65_537).fill(1)],
])("%s %p is refused at its key", (key, value) => {
  expect(() => check({ [key]: value })).toThrow(expect.objectContaining({ code: "FORMAT", offset: key.length }));
});
