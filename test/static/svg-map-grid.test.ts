import { modelMap } from "../../kernel/report/layout";
import { columnLabels, gridOf, labelHeight } from "../../kernel/static/svg-map-grid";
import { deepReport, namelessReport } from "../fixtures/report/reports";

test("columns stand side by side inside the picture, with a gap between bands", () => {
  const grid = gridOf(modelMap(deepReport().layers));
  const gaps = grid.xs.slice(1).map((x, k) => x - grid.xs[k] - grid.widths[k]);
  expect(gaps.every((gap) => gap > -1e-9)).toBe(true);
  expect(gaps.filter((gap) => gap > 1)).toHaveLength(new Set(grid.map.columns.map(({ band }) => band)).size - 1);
  expect(grid.right).toBeLessThan(960);
});

test("labels do not touch; a band is named once", () => {
  const grid = gridOf(modelMap(deepReport().layers));
  const marks = columnLabels(grid, 100);
  expect(marks.filter((mark) => mark.includes(">block<"))).toHaveLength(1);
  expect(marks.some((mark) => mark.includes(">embed<"))).toBe(true);
  expect(labelHeight(grid)).toBe(24);
});

test("a map without blocks has no name for its columns", () => {
  const marks = columnLabels(gridOf(modelMap(namelessReport().layers)), 100);
  expect(marks.some((mark) => mark.includes(">layer<"))).toBe(false);
});
