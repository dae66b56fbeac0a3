import { cellsOf, modelGrid, stripes } from "../../../extension/figures/map-grid";
import { deepReport } from "../../fixtures/report/reports";

const report = deepReport();
const all = report.layers.map((_, i) => i);

test("every layer that passes the filter has one cell", () => {
  const chosen = all.filter((i) => report.layers[i].kind === "query");
  expect(
    cellsOf(modelGrid(report, chosen))
      .map(({ layer }) => layer)
      .sort((a, b) => a - b),
  ).toEqual(chosen);
});

test("columns stand a unit apart, bands a little more; edges lie around them", () => {
  const grid = modelGrid(report, all);
  const { edges, columns } = stripes(grid);
  expect(edges).toHaveLength(columns.length + 1);
  grid.columns.forEach(({ x, band }, i) => {
    const step = i === 0 ? 1 : x - grid.columns[i - 1].x;
    expect(step).toBeCloseTo(i > 0 && band !== grid.columns[i - 1].band ? 1.4 : 1, 9);
    const at = columns.indexOf(i);
    expect([edges[at], edges[at + 1]]).toEqual([expect.closeTo(x - 0.5, 5), expect.closeTo(x + 0.5, 5)]);
  });
  expect(columns.filter((column) => column === null)).toHaveLength(
    new Set(grid.columns.map(({ band }) => band)).size - 1,
  );
});
