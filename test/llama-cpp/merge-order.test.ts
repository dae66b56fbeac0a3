import { disorder } from "../../kernel/llama-cpp/merge-order";
import { pieceTypes } from "../../kernel/llama-cpp/sentencepiece-model";
import { Vocabulary, type Merge } from "../../kernel/llama-cpp/vocabulary";

const merge = (left: string, right: string): Merge => ({ left, right, text: left + right });
/** Scores by token; merges in the order of their ranks. */
function found(scores: Record<string, number>, ...merges: Merge[]): string | undefined {
  const texts = Object.keys(scores);
  const vocabulary = new Vocabulary(
    texts,
    texts.map(() => pieceTypes.normal),
  );
  return disorder(vocabulary, merges, Object.values(scores));
}

test("scores that fall from rank to rank give the same order", () => {
  expect(found({ ab: -1, cd: -2 }, merge("a", "b"), merge("c", "d"))).toBeUndefined();
  expect(found({ abc: -1 }, merge("a", "bc"), merge("ab", "c"))).toBeUndefined();
});

test("a later merge with a higher score is named", () => {
  expect(found({ ab: -2, cd: -1 }, merge("a", "b"), merge("c", "d"))).toBe(
    'whose merge to "cd" comes behind that to "ab" and has a higher score',
  );
});

test("two tokens of one score have no order, even where they differ behind what float32 holds", () => {
  const message = 'whose merges to "ab" and "cd" have no order';
  expect(found({ ab: -1, cd: -1 }, merge("a", "b"), merge("c", "d"))).toBe(message);
  expect(found({ ab: -1, cd: -1 - 1e-12 }, merge("a", "b"), merge("c", "d"))).toBe(message);
});

test("runs of one character may share a score where every row is joined alike by ranks and from the left", () => {
  // The first two always join first, so that no a stands before an aa.
  expect(found({ aa: -1, aaa: -1 }, merge("a", "a"), merge("a", "aa"))).toBeUndefined();
  // aa aa a a: by ranks the last two join next, from the left the first two pairs do.
  expect(found({ aa: -1, aaaa: -1 }, merge("a", "a"), merge("aa", "aa"))).toBe(
    'whose merges to "aa" and "aaaa" have no order',
  );
});
