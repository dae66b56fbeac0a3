import { columnBands } from "../../../extension/figures/row-columns";
import { panels } from "../../../kernel/report/measures";
import { manyVariantsReport, smallReport } from "../../fixtures/report/reports";
import { stateOf } from "../placed";

test("a column for each panel of the table of measures; where it is narrow the first two", () => {
  const report = smallReport();
  const [wide] = columnBands(report, stateOf(report), 900);
  expect(wide.columns.map(({ title, share }) => [title, share])).toEqual(
    panels.map(({ title, share }) => [title, share]),
  );
  expect(wide.columns.map(({ brief }) => brief)).toEqual(["SQNR", "Sparsity", "Bits per weight"]);
  expect(wide.columns.map(({ aim, fromZero }) => [aim, fromZero])).toEqual([
    [null, false],
    ["targetSparsity", true],
    [null, true],
  ]);
  expect(columnBands(report, stateOf(report), 500)[0].columns).toHaveLength(2);
});

test("with more variants than colours each has columns of its own, in bands under one heading a panel", () => {
  const report = manyVariantsReport();
  const bands = columnBands(report, stateOf(report), 900);
  expect(bands.flatMap(({ heading }) => heading?.title ?? [])).toEqual(panels.map(({ title }) => title));
  expect(bands.flatMap(({ columns }) => columns)).toHaveLength(3 * 10);
  expect(bands.every(({ columns, places }) => places !== null && columns.length <= places)).toBe(true);
});
