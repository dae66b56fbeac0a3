/** What llama.cpp has no equal of in byte-level BPE, and what its keys say; its tokens are held by tokenizer.test.ts. */
import { UnsupportedError } from "../../kernel";
import { byteLevelPairs, typeCount } from "../../kernel/llama-cpp/byte-level";
import { addedToken, givenOf, stepOf, type Change, type Json } from "./tokenizer-fixtures";

test("the number of token types is that of an encoder's config.json", () => {
  expect(typeCount({ config: { type_vocab_size: 2 } })).toEqual({ "tokenizer.ggml.token_type_count": 2 });
  expect(typeCount({ config: {} })).toEqual({});
  expect(byteLevelPairs({ ...givenOf("roberta"), config: { type_vocab_size: 1 } }).pairs).toMatchObject({
    "tokenizer.ggml.token_type_count": 1,
    "tokenizer.ggml.pre": "jina-v2-code",
  });
});

test("a word that is a token is taken whole by one name only; where merges make every token, either name serves", () => {
  const preOf = (ignores: boolean, ...more: string[]) => {
    const given = givenOf("olmo-2", ({ model }) => (model.ignore_merges = ignores));
    const tokens = {
      texts: [...given.tokens.texts, ...more],
      types: [...given.tokens.types, ...more.map(() => 1)],
    };
    return byteLevelPairs({ ...given, tokens }).pairs["tokenizer.ggml.pre"];
  };
  expect([preOf(true), preOf(false)]).toEqual(["llama-bpe", "llama-bpe"]);
  expect([preOf(true, "qzxj"), preOf(false, "qzxj")]).toEqual(["llama-bpe", "smaug-bpe"]);
});

test.each<[string, string, Change, RegExp]>([
  ["spaces before a token", "gpt-2", addedToken({ lstrip: true }), /"<new>" has lstrip/],
  [
    "spaces before <mask>, words of Qwen",
    "qwen-2",
    addedToken({ content: "<mask>", lstrip: true }),
    /spaces before <mask> away/,
  ],
  ["tokens that overlap", "gpt-2", addedToken({ content: "ool><x" }), /"<tool>" and "ool><x" may overlap/],
  [
    "one token in another, looked for later",
    "gpt-2",
    addedToken({ content: "x</tool>", normalized: true }),
    /"<\/tool>" before "x<\/tool>"/,
  ],
  ["two tokens of one text", "gpt-2", addedToken({ content: "a" }), /are both "a"/],
  [
    "a plain token that looks like markup",
    "gpt-2",
    ({ model: { vocab } }) => ((vocab as Record<string, number>)["</s>"] = 490),
    /plain token "<\/s>"/,
  ],
  ["another normalizer", "gpt-2", (own) => (own.normalizer = stepOf("NFKC")), /behind a normalizer \("NFKC"\)/],
  [
    "an unknown pattern, which is shown",
    "gpt-2",
    (own) =>
      (own.pre_tokenizer = stepOf("Sequence", {
        pretokenizers: [
          stepOf("Split", { pattern: { Regex: "\\p{N}{1,7}" }, behavior: "Isolated", invert: false }),
          stepOf("ByteLevel", { use_regex: false }),
        ],
      })),
    /under no name known here: .*\{1,7\}/,
  ],
  [
    "a space before every text",
    "gpt-2",
    (own) => ((own.pre_tokenizer as Json).add_prefix_space = true),
    /puts a space before a text/,
  ],
  ["words of whole text", "gpt-2", (own) => (own.pre_tokenizer = stepOf("Whitespace")), /under no name known here/],
  [
    "a byte without a token",
    "gpt-2",
    ({ model: { vocab } }) => void delete (vocab as Record<string, number>)["~"],
    /without a token for the byte 126/,
  ],
  ["an end of words", "gpt-2", ({ model }) => (model.end_of_word_suffix = "</w>"), /end_of_word_suffix "<\/w>"/],
  [
    "a token that no merges make, taken whole",
    "qwen-2",
    ({ model }) => {
      (model.vocab as Record<string, number>)["qzxj"] = 600;
      model.ignore_merges = true;
    },
    /whose token "qzxj" no merges make, with ignore_merges true/,
  ],
  [
    "letters and an apostrophe in one token of Tekken",
    "tekken",
    ({ model }) => ((model.vocab as Record<string, number>)["t's"] = 600),
    /token "t's" goes across the words/,
  ],
  [
    "two tokens before a text",
    "gpt-2",
    (own) =>
      (own.post_processor = stepOf("TemplateProcessing", {
        single: [
          { SpecialToken: { id: "<|begin|>" } },
          { SpecialToken: { id: "<|stop|>" } },
          { Sequence: { id: "A" } },
        ],
        special_tokens: {},
      })),
    /adds "<\|begin\|>" "<\|stop\|>" to a text/,
  ],
  [
    "another token before a text",
    "gpt-2",
    (own) => (own.post_processor = stepOf("RobertaProcessing", { cls: ["<|stop|>", 1], sep: ["<|stop|>", 1] })),
    /adds "<\|stop\|>" to a text/,
  ],
  ["a post-processor of another kind", "gpt-2", (own) => (own.post_processor = stepOf("Own")), /post-processor "Own"/],
])("%s is refused", (_, name, change, reason) => {
  const write = () => byteLevelPairs(givenOf(name, change));
  expect(write).toThrow(UnsupportedError);
  expect(write).toThrow(reason);
});
