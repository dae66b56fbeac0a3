import {
  asciiSpaces,
  checkMarkup,
  checkNormalized,
  checkOverlaps,
  nameWith,
  stripsOf,
} from "../../kernel/llama-cpp/added-tokens";
import { pieceTypes } from "../../kernel/llama-cpp/sentencepiece-model";
import type { AddedToken } from "../../kernel/llama-cpp/tokenizer-json";

const token = (content: string, more: Partial<AddedToken> = {}): AddedToken => ({
  id: 0,
  content,
  special: true,
  ...more,
});
const tokensOf = (...texts: string[]) => ({ texts, types: texts.map(() => pieceTypes.control) });

test("white space beside markup: the rules of llama.cpp, and none other", () => {
  const strips = (...added: AddedToken[]) => stripsOf("k", added, tokensOf(...added.map(({ content }) => content)));
  expect(strips(token("<s>"))).toBe("none");
  expect(strips(token("<s>"), token("<mask>", { lstrip: true }))).toBe("mask");
  expect(strips(token("[MASK]", { lstrip: true }))).toBe("modern-bert");
  const phi = ["<unk>", "<s>", "<|endoftext|>"].map((text) => token(text));
  const right = { rstrip: true };
  expect(strips(...phi, token("</s>", right), token("<|user|>", right))).toBe("phi-3");
  expect(() => strips(...phi, token("</s>", right), token("<|user|>"))).toThrow('"</s>" has rstrip');
  expect(() => strips(...phi, token("<|user|>", right))).toThrow('"<|user|>" has rstrip');
  expect(() => strips(token("<x>", { lstrip: true }))).toThrow('"<x>" has lstrip');
  expect(() => strips(token("<mask>", { lstrip: true, rstrip: true }))).toThrow("has lstrip");
  expect(() => strips(token("<x>", { single_word: true }))).toThrow("has single_word");
});

test("a name holds the word that llama.cpp looks for, and no other such word", () => {
  expect(nameWith("small", undefined)).toBe("small");
  expect(nameWith("Phi-3-mini", "phi-3")).toBe("Phi-3-mini");
  expect(nameWith("small", "phi-3")).toBe("phi-3 small");
  expect(nameWith("tiny-Phi3 of modern-bert", undefined)).toBe("tiny-phi 3 of modern bert");
  expect(nameWith("phi3", "modern-bert")).toBe("modern-bert phi 3");
});

test("tokens that may overlap are refused, runs of one character are not", () => {
  const check =
    (...texts: string[]) =>
    () =>
      checkOverlaps(
        "k",
        texts.map((text) => token(text)),
      );
  expect(check("<a>", "<a><a>", "<b>")).not.toThrow();
  expect(check("  ", "   ", "\n\n", "\n\n\n")).not.toThrow();
  expect(check("ab", "bc")).toThrow('"ab" and "bc" may overlap');
  expect(check("a  ", "  ")).toThrow('"a  " and "  " may overlap');
  const late = { normalized: true };
  expect(() => checkOverlaps("k", [token("b"), token("abc", late)])).toThrow('"b" before "abc"');
  expect(() => checkOverlaps("k", [token("b", late), token("abc", late)])).not.toThrow();
});

test("a plain token that llama.cpp takes for markup is refused", () => {
  const { normal, control } = pieceTypes;
  expect(() => checkMarkup("k", ["a", "</s>"], [normal, control])).not.toThrow();
  expect(() => checkMarkup("k", ["a", "</s>"], [normal, normal])).toThrow('plain token "</s>"');
});

test("a token that is looked for in changed text is refused", () => {
  const steps = [{ type: "NFC" }, { type: "Lowercase" }];
  const plain = token("<x>", { special: false, normalized: true });
  expect(() => checkNormalized("k", [plain], steps, (type) => type === "NFC")).toThrow('behind "Lowercase"');
  expect(() => checkNormalized("k", [plain], steps.slice(0, 1), (type) => type === "NFC")).not.toThrow();
  expect(() => checkNormalized("k", [{ ...plain, normalized: false }], steps, () => false)).not.toThrow();
});

test("the note on white space says where", () => {
  expect(asciiSpaces("before <mask>")).toBe("llama.cpp takes away ASCII's white space before <mask> only");
});
