/** What llama.cpp has no equal of in Unigram, and what its keys say; its tokens are held by tokenizer.test.ts. */
import { FormatError, UnsupportedError } from "../../kernel";
import type { GgufValue } from "../../kernel/formats/gguf/values";
import { unigramPairs } from "../../kernel/llama-cpp/unigram";
import { addedToken, givenOf, type Change } from "./tokenizer-fixtures";

test("rows without a piece are never taken, pieces keep their scores", () => {
  const given = givenOf("t5");
  const texts = [...given.tokens.texts, "[PAD]"];
  const { pairs } = unigramPairs({ ...given, tokens: { texts, types: [...given.tokens.types, 5] } });
  const { value } = pairs["tokenizer.ggml.scores"] as GgufValue;
  const scores = value as number[];
  expect(scores.at(-1)).toBe(-10_000);
  const vocabulary = given.model.vocab as [string, number][];
  expect(scores.slice(0, vocabulary.length)).toEqual(vocabulary.map(([, score]) => score));
});

test.each([-1, 1.5, null, 1e6])("unk_id %p is no token", (id) => {
  expect(() => unigramPairs(givenOf("t5", ({ model }) => (model.unk_id = id)))).toThrow(FormatError);
});

test.each<[string, string, Change, RegExp]>([
  ["a token that stands alone", "t5", addedToken({ single_word: true }), /"<new>" has single_word/],
  ["Unigram with bytes", "t5", ({ model }) => (model.byte_fallback = true), /with byte_fallback/],
  ["Unigram without a table of characters", "t5", (own) => (own.normalizer = null), /prepares text so/],
  [
    "Unigram whose pieces hold spaces",
    "t5",
    ({ model }) => ((model.vocab as [string, number][])[20][0] = "a▁b"),
    /cuts at every space and has the token "a▁b"/,
  ],
  [
    "Unigram without a space",
    "t5",
    ({ model }) =>
      (model.vocab = (model.vocab as [string, number][]).map(([text, score]): [string, number] => [
        text === "▁" ? "▂" : text,
        score,
      ])),
    /without the token "▁"/,
  ],
])("%s is refused", (_, name, change, reason) => {
  const write = () => unigramPairs(givenOf(name, change));
  expect(write).toThrow(UnsupportedError);
  expect(write).toThrow(reason);
});
