import { UnsupportedError } from "../../kernel/errors";
import { pieceTypes } from "../../kernel/llama-cpp/sentencepiece-model";
import { checkBytes, unlistedPair, Vocabulary, type Merge } from "../../kernel/llama-cpp/vocabulary";

const { normal, unknown, control, userDefined } = pieceTypes;
const of = (...texts: string[]) =>
  new Vocabulary(
    texts,
    texts.map(() => normal),
  );
const merge = (left: string, right: string): Merge => ({ left, right, text: left + right });

test("tokens that are cut out of a text before merging are not among its own; the others keep their numbers", () => {
  const vocabulary = new Vocabulary(
    ["<unk>", "<s>", "a", "<tool>", "ab"],
    [unknown, control, normal, userDefined, normal],
  );
  expect([...vocabulary.ids]).toEqual([
    ["a", 2],
    ["ab", 4],
  ]);
  expect([vocabulary.has("ab"), vocabulary.has("<s>")]).toEqual([true, false]);
});

test("a symbol is a token, or a single character of one unit or two", () => {
  const vocabulary = of("ab");
  expect(["ab", "x", "🏔", "xy", "abc"].map((text) => vocabulary.isSymbol(text))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

test("each of 256 bytes has its token", () => {
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`);
  checkBytes(of(...bytes));
  expect(() => checkBytes(of(...bytes.filter((name) => name !== "<0x0A>")))).toThrow(UnsupportedError);
  expect(() => checkBytes(of(...bytes.slice(0, 255)))).toThrow("without the byte <0xFF>");
});

test("two symbols that make a token need a merge that says so", () => {
  expect(unlistedPair(of("a", "b", "ab"), [merge("a", "b")])).toBeUndefined();
  expect(unlistedPair(of("a", "b", "ab"), [])).toBe('that has "ab" and no merge of "a" and "b" to it');
  const three = of("ab", "bc", "abc");
  const all = [merge("a", "b"), merge("b", "c"), merge("ab", "c"), merge("a", "bc")];
  expect(unlistedPair(three, all)).toBeUndefined();
  expect(unlistedPair(three, all.slice(0, 3))).toContain('no merge of "a" and "bc"');
  expect(unlistedPair(of("🏔"), [])).toBeUndefined();
  expect(unlistedPair(of("x".repeat(257)), [])).toContain("a token of 257 characters");
});

test("what is cut out of a text is no other symbol, but for texts that merging makes of spaces", () => {
  const vocabulary = new Vocabulary(["▁▁", "<tool>"], [userDefined, userDefined]);
  expect([...vocabulary.ids.keys()]).toEqual(["▁▁"]);
});
