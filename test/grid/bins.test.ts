import {
  binsOfRuns,
  distinctRuns,
  equalCuts,
  firstPosition,
  meansOf,
  nearerEnd,
  prefixSums,
  startsOfCuts,
} from "../../kernel/grid/bins";

const ordered = Float32Array.of(-1, -1, 0, 2, 2, 2, 9);

test("runs begin where a new value does, one more than the limit at most", () => {
  expect(Array.from(distinctRuns(ordered, 9))).toEqual([0, 2, 3, 6]);
  expect(Array.from(distinctRuns(ordered, 2))).toEqual([0, 2, 3]);
  expect(Array.from(distinctRuns(new Float32Array(0), 2))).toEqual([]);
});

test("bins of runs have their value", () => {
  expect(binsOfRuns(ordered, distinctRuns(ordered, 9))).toEqual({ starts: [0, 2, 3, 6], values: [-1, 0, 2, 9] });
});

test("sums and means are those of the weights between", () => {
  const sums = prefixSums(ordered);
  expect(Array.from(sums)).toEqual([0, -1, -2, -2, 0, 2, 4, 13]);
  expect(meansOf([0, 3], sums)).toEqual([-2 / 3, 15 / 4]);
  expect(meansOf([0], sums)).toEqual([13 / 7]);
});

test("the first position not below, or above, a value", () => {
  expect([firstPosition(ordered, 2, 0, 7), firstPosition(ordered, 2, 0, 7, true)]).toEqual([3, 6]);
  expect([firstPosition(ordered, -5, 0, 7), firstPosition(ordered, 10, 0, 7), firstPosition(ordered, 1, 0, 7)]).toEqual(
    [0, 7, 3],
  );
  expect(firstPosition(ordered, 2, 4, 7)).toBe(4);
});

test("a cut moves to the nearer end of its run, to the start when both are as near", () => {
  expect([0, 1, 2, 3, 4, 5, 6].map((cut) => nearerEnd(ordered, cut))).toEqual([0, 0, 2, 3, 3, 6, 6]);
});

test("equal cuts make bins of equal numbers, but for runs and for bins left empty", () => {
  expect(equalCuts(7, 3)).toEqual([2, 4]);
  expect(startsOfCuts(ordered, [2, 4])).toEqual([0, 2, 3]);
  expect(startsOfCuts(ordered, [1, 3, 4])).toEqual([0, 3]);
  // The run of the last value ends where the values do.
  expect(startsOfCuts(Float32Array.of(1, 2, 2, 2), [3])).toEqual([0]);
});
