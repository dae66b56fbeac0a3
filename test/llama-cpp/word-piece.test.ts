/** What llama.cpp has no equal of in WordPiece, and what its keys say; its tokens are held by tokenizer.test.ts. */
import { UnsupportedError } from "../../kernel";
import type { GgufValue } from "../../kernel/formats/gguf/values";
import { wordPiecePairs } from "../../kernel/llama-cpp/word-piece";
import { addedToken, givenOf, stepOf, type Change, type Json } from "./tokenizer-fixtures";

test("pieces inside a word lose their signs, words get one", () => {
  const { pairs, notes } = wordPiecePairs(givenOf("bert-uncased"));
  const { value } = pairs["tokenizer.ggml.tokens"] as GgufValue;
  const texts = value as string[];
  const given = givenOf("bert-uncased").tokens.texts;
  expect([texts[given.indexOf("##e")], texts[given.indexOf("a")], texts[2]]).toEqual(["e", "▁a", "[CLS]"]);
  expect(pairs).toMatchObject({ "tokenizer.ggml.bos_token_id": 2, "tokenizer.ggml.seperator_token_id": 3 });
  expect(Object.keys(pairs)).not.toContain("tokenizer.ggml.normalizer.lowercase");
  expect(notes).toHaveLength(2);
});

test.each<[string, string, Change, RegExp]>([
  [
    "a normalized token behind a normalizer",
    "bert-uncased",
    addedToken({ normalized: true }),
    /looked for behind "BertNormalizer"/,
  ],
  [
    "WordPiece without ends",
    "bert-cased",
    (own) => (own.post_processor = null),
    /adds 0 tokens before a text and 0 behind it/,
  ],
  [
    "WordPiece that keeps control characters",
    "bert-cased",
    (own) => ((own.normalizer as Json).clean_text = false),
    /behind the normalizer/,
  ],
  [
    "WordPiece of other words",
    "bert-cased",
    (own) => (own.pre_tokenizer = stepOf("Whitespace")),
    /cuts text by .*Whitespace/,
  ],
])("%s is refused", (_, name, change, reason) => {
  const write = () => wordPiecePairs(givenOf(name, change));
  expect(write).toThrow(UnsupportedError);
  expect(write).toThrow(reason);
});
