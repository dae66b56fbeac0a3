import { addedTokens, settingsOf, stepsOf, tokensOf } from "../../kernel/llama-cpp/tokenizer-json";
import { pieceTypes } from "../../kernel/llama-cpp/sentencepiece-model";

test("tokens stand at their numbers, and rows without one are unused", () => {
  const tokenizer = {
    added_tokens: [
      { id: 3, content: "<s>", special: true },
      { id: 1, content: "b", special: false },
    ],
  };
  const { texts, types } = tokensOf("f", { vocab: { a: 0, b: 1 } }, tokenizer, 5);
  expect(texts).toEqual(["a", "b", "[PAD2]", "<s>", "[PAD4]"]);
  expect(types).toEqual([
    pieceTypes.normal,
    pieceTypes.userDefined,
    pieceTypes.unused,
    pieceTypes.control,
    pieceTypes.unused,
  ]);
});

test.each([-1, 2, 1.5, "1", null])("a token of the number %p is refused", (id) => {
  expect(() => tokensOf("f", { vocab: { a: id } }, {}, 2)).toThrow("0 to 1, a row of the token embeddings");
});

test("settings are an object", () => {
  expect(settingsOf({ a: 1 }, "f", "model")).toEqual({ a: 1 });
  for (const wrong of [[], null, "a", undefined])
    expect(() => settingsOf(wrong, "f", "model")).toThrow('"model" is no object');
});

test("added tokens have a number and a text", () => {
  expect([addedTokens("f", {}), addedTokens("f", { added_tokens: null })]).toEqual([[], []]);
  expect(addedTokens("f", { added_tokens: [{ id: 1, content: "a" }] })).toEqual([{ id: 1, content: "a" }]);
  expect(() => addedTokens("f", { added_tokens: {} })).toThrow('"added_tokens" is no list');
  for (const wrong of [null, 7, "a", {}, { id: 1 }, { content: "a" }, { id: "1", content: "a" }])
    expect(() => addedTokens("f", { added_tokens: [{ id: 0, content: "" }, wrong] })).toThrow(
      'entry 1 of "added_tokens" is',
    );
});

test("sequences are laid out, however deep", () => {
  const [a, b, c] = ["A", "B", "C"].map((type) => ({ type }));
  expect(stepsOf({ type: "Sequence", normalizers: [a, { type: "Sequence", normalizers: [b] }] })).toEqual([a, b]);
  expect(stepsOf({ type: "Sequence", pretokenizers: [c] })).toEqual([c]);
  expect([stepsOf(null), stepsOf(a)]).toEqual([[], [a]]);
});
