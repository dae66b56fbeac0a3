import { gridLabel, scaleGrid } from "../../kernel/stored-codes/scale-grid";

const label = (weights: number[], scales: number[], group?: number, block?: [number, number]): string | undefined => {
  const grid = scaleGrid(weights, scales, group, block);
  return grid && gridLabel(grid, weights);
};

test("the shape of scales tells what shares one", () => {
  expect(label([8, 64], [1])).toBe("per tensor");
  expect(label([8, 64], [])).toBe("per tensor");
  expect(label([8, 64], [8])).toBe("per channel");
  expect(label([8, 64], [8, 1])).toBe("per channel");
  expect(label([8, 64], [8, 4])).toBe("g16");
  expect(label([8, 70], [8, 5], 16)).toBe("g16");
  expect(label([40, 70], [3, 3], undefined, [16, 32])).toBe("blocks 16×32");
  expect(label([3, 8, 64], [3, 8, 2])).toBe("g32");
});

test("a row of one block is a block, a column of rows are channels", () => {
  expect(scaleGrid([16, 64], [1, 2], undefined, [16, 32])).toEqual({ height: 16, width: 32, across: 2 });
  expect(scaleGrid([3, 8, 64], [3, 8, 1], undefined, undefined)).toEqual({ height: 1, width: 64, across: 1 });
});

test("scales that fit in no way are none", () => {
  expect(scaleGrid([8, 64], [7, 1], undefined, undefined)).toBeUndefined();
  expect(scaleGrid([8, 70], [8, 4], undefined, undefined)).toBeUndefined();
  expect(scaleGrid([8, 70], [8, 4], 16, undefined)).toBeUndefined();
  expect(scaleGrid([40, 70], [3, 3], undefined, undefined)).toBeUndefined();
  expect(scaleGrid([8, 64], [7], undefined, undefined)).toBeUndefined();
});
