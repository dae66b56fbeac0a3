import { reportTable } from "../../../extension/figures/report-table";
import { sortRows } from "../../../extension/figures/table";
import { losslessReport, miniLmReport, smallReport } from "../../fixtures/report/reports";
import { stateOf } from "../placed";

test("the table sorts numbers by size and words by their numbers", () => {
  const report = miniLmReport();
  const table = reportTable(report, stateOf(report));
  const first = table.columns.findIndex((column) => column.variant === 1);
  const sorted = sortRows(table, first, false);
  const values = sorted.map((row) => report.layers[row].variants[1]?.sqnrDb ?? 0);
  expect(values).toEqual([...values].sort((a, b) => a - b));
});

test("columns: the layer, then each panel's measure for each variant that is on", () => {
  const report = smallReport();
  const table = reportTable(report, stateOf(report, { measure: "rootMeanSquareError", hidden: [0] }));
  expect(table.columns.map(({ head, group, variant }) => [head, group, variant])).toEqual([
    ["layer", "", null],
    ["shape", "", null],
    [report.variants[1].name, "RMSE", 1],
    [report.variants[1].name, "zeros", 1],
    [report.variants[1].name, "bits per weight", 1],
  ]);
});

test("what lost nothing is the best and has no bar; a layer that a variant lacks is empty and last", () => {
  const report = losslessReport();
  const table = reportTable(report, stateOf(report));
  const [, , first, second] = table.columns;
  expect(first.group).toBe("SQNR, dB");
  expect(first.cell(0)).toEqual({ text: "lossless", sort: Infinity, bar: null });
  expect(second.cell(1)).toEqual({ text: "", sort: -Infinity, bar: null });
  const byError = reportTable(report, stateOf(report, { measure: "meanSquaredError" }));
  expect(byError.columns[2].cell(0)).toEqual({ text: "lossless", sort: 0, bar: null });
});

test("the longest bar is the column's largest value; a share's bar is the share", () => {
  const report = miniLmReport();
  for (const measure of ["sqnrDb", "cosine"] as const) {
    const { columns, rows } = reportTable(report, stateOf(report, { measure }));
    const bars = (title: string) =>
      columns.filter(({ group }) => group === title).flatMap((column) => rows.map((row) => column.cell(row).bar ?? 0));
    expect(Math.max(...bars(columns[2].group))).toBeCloseTo(1, 12);
    expect(Math.max(...bars("bits per weight"))).toBe(1);
    expect(bars("zeros")[0]).toBe(report.layers[rows[0]].variants[0]?.sparsity);
  }
});
