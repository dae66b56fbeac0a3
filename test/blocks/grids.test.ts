import { iq1Grid, iq2SGrid, iq2XsGrid, iq2XxsGrid, iq3SGrid, iq3XxsGrid } from "../../kernel/blocks/grids";

test.each([
  ["IQ1", iq1Grid, 8, 2048, [-1, 0, 1]],
  ["IQ2_XXS", iq2XxsGrid, 8, 256, [8, 25, 43]],
  ["IQ2_XS", iq2XsGrid, 8, 512, [8, 25, 43]],
  ["IQ2_S", iq2SGrid, 8, 1024, [8, 25, 43]],
  ["IQ3_XXS", iq3XxsGrid, 4, 256, undefined],
  ["IQ3_S", iq3SGrid, 4, 512, undefined],
] as const)(
  "%s has as many points as its codes count, all different, in order",
  (_, gridOf, dimensions, points, values) => {
    const grid = gridOf();
    expect(grid.length).toBe(points * dimensions);
    const levels = [...new Set(grid)].sort((a, b) => a - b);
    if (values) expect(levels).toEqual(values);
    else expect(levels.length).toBe(8);
    const numberOf = (point: number) =>
      Array.from(grid.subarray(point * dimensions, (point + 1) * dimensions)).reduceRight(
        (number, value) => number * levels.length + levels.indexOf(value),
        0,
      );
    for (let point = 1; point < points; point++) expect(numberOf(point)).toBeGreaterThan(numberOf(point - 1));
  },
);
