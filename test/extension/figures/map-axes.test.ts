import { columnAxis, columnTicks, rowAxis } from "../../../extension/figures/map-axes";
import { modelGrid } from "../../../extension/figures/map-grid";
import { lightTheme } from "../../../extension/figures/theme";
import { textWidth } from "../../../extension/figures/text";
import { deepReport } from "../../fixtures/report/reports";

const report = deepReport();
const grid = modelGrid(
  report,
  report.layers.map((_, i) => i),
);

test.each([200, 460, 1200])("labels in a panel of %d pixels do not touch", (width) => {
  const ticks = columnTicks(grid, width, 11);
  const cell = width / grid.width;
  const spans = ticks.map((i) => {
    const half = textWidth(grid.columns[i].label, 11) / 2;
    const middle = (grid.columns[i].x + 0.5) * cell;
    return [middle - half, middle + half];
  });
  spans.slice(1).forEach(([start], k) => expect(start).toBeGreaterThanOrEqual(spans[k][1]));
  expect(ticks.length).toBeGreaterThan(2);
});

test("axes of later panels follow the first, and only the outer ones have labels", () => {
  const first = columnAxis(grid, { domain: [0, 0.4], anchor: "y", width: 460, index: 0 }, true, lightTheme);
  const second = columnAxis(grid, { domain: [0.6, 1], anchor: "y2", width: 460, index: 1 }, false, lightTheme);
  expect([first.matches, second.matches]).toEqual([undefined, "x"]);
  expect([first.title?.text, second.title?.text, second.showticklabels]).toEqual(["block", "", false]);
  const rows = rowAxis(["query", "<key>"], [0, 1], "x", lightTheme, true, 1);
  expect([rows.ticktext, rows.range, rows.matches]).toEqual([["query", "&lt;key&gt;"], [1.5, -0.5], "y"]);
});
