import {
  binsOfRuns,
  distinctRuns,
  firstPosition,
  lloydBins,
  meansOf,
  optimalBins,
  prefixSums,
} from "../../../kernel/quantize/cuts/bins";

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

test("Lloyd's rounds move bins to their means, and drop those that lose all", () => {
  const points = Float32Array.of(0, 1, 2, 10, 11, 15);
  const sums = prefixSums(points);
  expect(lloydBins(points, { starts: [0, 1], values: [0, 7.8] }, sums, 10)).toEqual({
    starts: [0, 3],
    values: [1, 12],
  });
  expect(lloydBins(points, { starts: [0, 1, 2], values: [1, 100, 200] }, sums, 1)).toEqual({
    starts: [0],
    values: [6.5],
  });
  expect(lloydBins(points, { starts: [0, 1], values: [0, 7.8] }, sums, 0)).toEqual({
    starts: [0, 1],
    values: [0, 7.8],
  });
});

test("optimal bins count a value as often as it occurs", () => {
  // One 0 and one 4 against a hundred 5s: the cut lies between 0 and 4.
  const many = Float32Array.from([0, 4, ...new Array<number>(100).fill(5)]);
  expect(optimalBins(many, distinctRuns(many, 9), 2).starts).toEqual([0, 1]);
});
