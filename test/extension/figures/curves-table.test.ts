import { curvesTable } from "../../../extension/figures/curves-table";
import { sortRows } from "../../../extension/figures/table";
import { rateCurves } from "../../fixtures/report/curves";

const view = rateCurves();

test("the table sorts by value, the lossless highest", () => {
  const table = curvesTable(view, []);
  expect(sortRows(table, 3, true).map((row) => table.columns[0].cell(row).text)).toEqual([
    "rans alone",
    "linear",
    "nf4",
    "linear",
    "linear",
  ]);
  expect(curvesTable(view, [0, 2]).rows).toEqual([3]);
});
