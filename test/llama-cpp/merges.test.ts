import { FormatError } from "../../kernel/errors";
import { mergesOf, unmerged } from "../../kernel/llama-cpp/merges";

test("merges are read in both spellings", () => {
  expect(mergesOf("f", ["a b", ["c d", "e"]])).toEqual([
    ["a", "b"],
    ["c d", "e"],
  ]);
  for (const wrong of [undefined, {}, ["a"], [["a"]], [["a", ""]], ["a b c"], [3]])
    expect(() => mergesOf("f", wrong)).toThrow(FormatError);
});

test("a token that its merges do not make is found", () => {
  const merges = mergesOf("f", ["b c", "a b", "ab c", "a bc"]);
  expect(unmerged(["a", "bc", "ab", "abc"], merges)).toBeUndefined();
  // The merge of b and c comes first, and no merge joins a and bc.
  expect(unmerged(["ab", "abc"], merges.slice(0, 3))).toBe("abc");
  expect(unmerged(["x", "xy"], merges)).toBe("xy");
  // Of equal merges the leftmost goes first.
  expect(unmerged(["aaa"], mergesOf("f", ["a a", "aa a"]))).toBeUndefined();
  expect(unmerged(["aaa"], mergesOf("f", ["a a", "a aa"]))).toBe("aaa");
});
