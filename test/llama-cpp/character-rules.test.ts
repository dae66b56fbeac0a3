import { characterRules, composes } from "../../kernel/llama-cpp/character-rules";

test("steps become rules of single characters, one step after the other", () => {
  const steps = [
    { type: "Replace", pattern: { String: "``" }, content: '"' },
    { type: "NFKD" },
    { type: "StripAccents" },
    { type: "Lowercase" },
  ];
  const rules = characterRules(steps, true, "f");
  expect(["É", "ﬁ", "Ⅷ", "\u0301", "``", "\u0085", "\u3000", "Σ"].map((one) => rules?.get(one))).toEqual([
    ...["e", "fi", "viii", "", '"', " ", " ", "σ"],
  ]);
  expect([rules?.has("a"), rules?.has(" "), rules?.get("한")]).toEqual([false, false, "한".normalize("NFD")]);
});

test("without a step, only white space is one; and where text is not cut at it, nothing", () => {
  expect(characterRules([], true, "f")?.get("\n")).toBe(" ");
  expect(characterRules([], false, "f")?.size).toBe(0);
  expect(characterRules([{ type: "Nmt" }], false, "f")?.get("\u0001")).toBe("");
});

test("a step of another kind has no rules", () => {
  expect(characterRules([{ type: "Prepend" }], true, "f")).toBeUndefined();
  expect(characterRules([{ type: "Replace", pattern: { Regex: "a" }, content: "" }], true, "f")).toBeUndefined();
});

test("some steps compose characters", () => {
  expect([composes([{ type: "NFKC" }]), composes([{ type: "NFKD" }])]).toEqual([true, false]);
});
