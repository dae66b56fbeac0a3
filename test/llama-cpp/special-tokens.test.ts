import { specialIds } from "../../kernel/llama-cpp/special-tokens";

const tokens = { texts: ["<pad>", "<s>", "</s>", "[CLS]"], types: [3, 3, 3, 3] };

test("special tokens are numbers of texts, else those of config.json, else of what stands in for them", () => {
  expect(specialIds(tokens, { bos_token: "<s>", eos_token: { content: "</s>" } }, {})).toEqual({
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.ggml.eos_token_id": 2,
  });
  expect(
    specialIds(tokens, { bos_token: "<lost>", cls_token: "[CLS]" }, { eos_token_id: [2, 1], pad_token_id: 9 }),
  ).toEqual({ "tokenizer.ggml.bos_token_id": 3, "tokenizer.ggml.eos_token_id": 2 });
  expect(specialIds(tokens, {}, {})).toEqual({});
});
