import type { Axis, Trace } from "../../../extension/figures/figure";
import { addUpperAxes, columnAxis, rowAxis } from "../../../extension/figures/row-axes";
import { columnBands } from "../../../extension/figures/row-columns";
import { placeRows } from "../../../extension/figures/row-places";
import { lightTheme } from "../../../extension/figures/theme";
import { payloadReport } from "../payloads";
import { expectPlainText, stateOf } from "../placed";

const report = payloadReport(0);
const [error] = columnBands(report, stateOf(report), 900)[0].columns;

test("the vertical axis names every row, as text; later bands follow the first", () => {
  const rows = placeRows(report, [0, 1, 2], true);
  const axis = rowAxis(rows, [3, -0.6], [0, 1], "x", lightTheme, 1);
  expect(axis.tickvals).toEqual(rows.map(({ y }) => y));
  (axis.ticktext ?? []).forEach(expectPlainText);
  expect(axis.matches).toBe("y");
});

test("a narrow column has fewer ticks", () => {
  const ticks = (size: number): number | undefined => columnAxis(error, [0, 1], "y", lightTheme, size).nticks;
  expect([ticks(100), ticks(200), ticks(900)]).toEqual([2, 4, 6]);
});

test("upper axes repeat the lower ones, follow their zoom, and have a trace so that plotly draws them", () => {
  const axes: Record<string, Axis> = { xaxis: columnAxis(error, [0, 1], "y", lightTheme, 300) };
  const data: Trace[] = [];
  addUpperAxes(axes, data, 1);
  expect(axes.xaxis2).toMatchObject({ side: "top", overlaying: "x", matches: "x", range: axes.xaxis.range });
  expect(data).toEqual([expect.objectContaining({ xaxis: "x2", yaxis: "y", x: [null] })]);
});
