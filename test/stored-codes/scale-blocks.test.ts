import { multiplyByScales, scaleBlocksOf } from "../../kernel/stored-codes/scale-blocks";

const gridOf = (...args: Parameters<typeof scaleBlocksOf>) => {
  const grid = scaleBlocksOf(...args);
  return grid && [grid.blockRows, grid.blockColumns, grid.gridRows, grid.gridColumns, grid.isPerMatrix];
};

test("blocks follow the settings, and the last one is shorter", () => {
  expect(gridOf([600, 300], [5, 3], [128, 128])).toEqual([128, 128, 5, 3, false]);
  expect(gridOf([3, 40, 24], [3, 3, 2], [16, 16])).toEqual([16, 16, 3, 2, true]);
  expect(gridOf([64, 100], [1, 1], [128, 128])).toEqual([64, 100, 1, 1, false]);
  expect(gridOf([40, 24], [3, 1, 2, 1], [16, 16])).toEqual([16, 16, 3, 2, false]);
});

test("scales that do not fit the settings are none of its own, but for one, one a row, one a column", () => {
  expect(gridOf([600, 300], [5, 2], [128, 128])).toBeUndefined();
  expect(gridOf([600, 300], [600, 1], [128, 128])).toEqual([1, 300, 600, 1, false]);
  expect(gridOf([600, 300], [], [128, 128])).toEqual([600, 300, 1, 1, false]);
  expect(gridOf([600, 300], [1, 300], [128, 128])).toEqual([600, 1, 1, 300, false]);
});

test("without settings only equal blocks of a power of two are sure", () => {
  expect(gridOf([256, 96], [2, 3])).toEqual([128, 32, 2, 3, false]);
  expect(gridOf([600, 8], [5, 1])).toBeUndefined();
  expect(gridOf([6, 96], [6, 3])).toEqual([1, 32, 6, 3, false]);
});

test("one scale a matrix, a row, a column are told by their shapes; a square stack's single axis is not", () => {
  expect(gridOf([4, 6, 8], [4])).toEqual([6, 8, 1, 1, true]);
  expect(gridOf([4, 6, 8], [4, 1])).toEqual([6, 8, 1, 1, true]);
  expect(gridOf([4, 6, 8], [4, 1, 1])).toEqual([6, 8, 1, 1, true]);
  expect(gridOf([4, 6, 8], [4, 6])).toEqual([1, 8, 6, 1, true]);
  expect(gridOf([4, 6, 8], [4, 8])).toEqual([6, 1, 1, 8, true]);
  expect(gridOf([4, 6, 6], [4, 6])).toBeUndefined();
  expect(gridOf([6, 6], [6])).toEqual([1, 6, 6, 1, false]);
  expect(gridOf([6, 8], [8])).toBeUndefined();
  expect(gridOf([4, 6, 8], [3, 6, 1])).toBeUndefined();
  expect(gridOf([4, 6, 8], [1, 6, 1])).toEqual([1, 8, 6, 1, false]);
  expect(gridOf([7], [1])).toEqual([1, 7, 1, 1, false]);
  expect(gridOf([7], [7])).toBeUndefined();
});

test("each weight is multiplied by the scale of its block, each matrix by its own", () => {
  const grid = scaleBlocksOf([2, 3, 3], [2, 2, 2], [2, 2]);
  if (!grid) throw new Error("the grid fits");
  const values = new Float32Array(18).fill(1);
  const scales = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  multiplyByScales(values, 0, grid, scales);
  expect([...values]).toEqual([1, 1, 2, 1, 1, 2, 3, 3, 4, 5, 5, 6, 5, 5, 6, 7, 7, 8]);
  const row = new Float32Array(3).fill(1);
  multiplyByScales(row, 5, grid, scales);
  expect([...row]).toEqual([7, 7, 8]);
});
