import { gather, spread } from "../../kernel/stored/kept-weights";

const keep = Uint8Array.of(0, 1, 0, 7, 1);

test("kept weights go to their places, and the others stay", () => {
  const into = Float32Array.of(-1, -2, -3, -4, -5);
  expect(spread([10, 20, 30], keep, into)).toBe(into);
  expect([...into]).toEqual([-1, 10, -3, 20, 30]);
});

test("weights are gathered to the front, in order", () => {
  const into = new Int8Array(4);
  expect(gather([1, 2, 3, 4, 5], keep, into)).toBe(into);
  expect([...into]).toEqual([2, 4, 5, 0]);
});

test("one is the inverse of the other", () => {
  const all = [0, 9, 0, 8, 7];
  expect(spread(gather(all, keep, new Array<number>(3)), keep, [0, 0, 0, 0, 0])).toEqual(all);
});
