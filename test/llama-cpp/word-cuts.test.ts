import { cutsFor, wordCuts, wordSteps } from "../../kernel/llama-cpp/word-cuts";

const level = (regex: boolean) => ({ type: "ByteLevel", add_prefix_space: false, use_regex: regex });
const split = (Regex: string, more: object = {}) => ({
  type: "Split",
  pattern: { Regex },
  behavior: "Isolated",
  ...more,
});
const sequence = (...pretokenizers: object[]) => ({ type: "Sequence", pretokenizers });
const namesFor = (pre: unknown) => cutsFor(pre).map(({ name }) => name);

const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const cl100k =
  "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";

test("steps become words, those that cut nothing go", () => {
  expect(wordSteps(level(true))).toEqual(["gpt2"]);
  expect(wordSteps(sequence({ type: "Digits", individual_digits: true }, level(true)))).toEqual(["digits", "gpt2"]);
  expect(wordSteps(sequence(split("a"), level(false)))).toEqual(["a"]);
  expect(wordSteps(sequence({ type: "Punctuation", behavior: "Contiguous" }, level(false)))).toEqual(["punctuation"]);
});

test("steps that llama.cpp has not, and text that is not made bytes, give none", () => {
  for (const pre of [
    null,
    { type: "Whitespace" },
    split("a"),
    { ...level(true), add_prefix_space: true },
    sequence({ type: "Punctuation", behavior: "Isolated" }, level(true)),
    sequence(split("a", { behavior: "Removed" }), level(false)),
    sequence(split("a", { behavior: "Removed", invert: true }), level(false)),
    sequence({ type: "Split", pattern: { String: " " }, behavior: "Isolated" }, level(false)),
  ])
    expect([pre, wordSteps(pre)]).toEqual([pre, undefined]);
});

test("one pattern in several spellings has one name", () => {
  expect(namesFor(level(true))).toEqual(["gpt-2", "jina-v2-code"]);
  expect(namesFor(sequence(split(gpt2), level(false)))).toEqual(["gpt-2", "jina-v2-code"]);
  expect(namesFor(sequence(split(cl100k, { behavior: "Removed", invert: true }), level(false)))).toEqual([
    "llama-bpe",
    "smaug-bpe",
  ]);
  expect(namesFor(sequence(split(cl100k.replace("{1,3}", "{1}")), level(false)))).toEqual(["qwen2"]);
  expect(namesFor(sequence(split(cl100k.replace("{1,3}", "{1,2}")), level(false)))).toEqual([]);
  expect(namesFor(sequence(split("[\r\n]"), level(false)))).toEqual([]);
});

test("each row has steps of its own, but for what sets them apart", () => {
  const keys = wordCuts.map(({ name, steps, stripsMask, ignoresMerges }) =>
    JSON.stringify([name, steps, stripsMask, ignoresMerges]),
  );
  expect(new Set(keys).size).toBe(wordCuts.length);
});
