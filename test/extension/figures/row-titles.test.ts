import { columnBands } from "../../../extension/figures/row-columns";
import { placeRows } from "../../../extension/figures/row-places";
import { bandHeading, blockNames, columnTitle } from "../../../extension/figures/row-titles";
import { lightTheme } from "../../../extension/figures/theme";
import { losslessReport, smallReport } from "../../fixtures/report/reports";
import { payloads } from "../payloads";
import { expectPlainText, stateOf } from "../placed";

const report = smallReport();
const [error, sparsity] = columnBands(report, stateOf(report), 900)[0].columns;
const place = { x: "x", upper: 0 };

test("a title has its note where there is room, else its brief form", () => {
  const [wide] = columnTitle(error, 0, 1, 400, lightTheme, place);
  const [narrow] = columnTitle(error, 0, 1, 120, lightTheme, place);
  expect(wide.text).toContain("<b>Quantization error</b>");
  expect(wide.text).toContain("SQNR, higher is better");
  expect(narrow.text).toBe("<b>SQNR</b>");
});

test("the lane of what lost nothing has its word, where it stands on the axis", () => {
  const edge = losslessReport();
  const decades = columnBands(edge, stateOf(edge, { measure: "rootMeanSquareError" }), 900)[0].columns[0];
  const [, word] = columnTitle(decades, 0, 1, 400, lightTheme, place);
  expect([word.text, word.x]).toEqual(["lossless", Math.log10(decades.scale.lossless ?? NaN)]);
  expect(columnTitle(sparsity, 0, 1, 400, lightTheme, place)).toHaveLength(1);
});

test("block names stand once each at the far left; none where there are none", () => {
  const rows = placeRows(report, [0, 1, 2, 3, 4, 5], true);
  const names = blockNames(rows, "y", 120, 50, lightTheme);
  expect(names.map(({ text }) => text)).toEqual(rows.flatMap(({ block }) => block || []));
  expect(blockNames(rows, "y", 120, 0, lightTheme)).toEqual([]);
});

test("names in titles are text", () => {
  for (const payload of payloads) {
    const named = { ...error, title: payload, brief: payload, note: payload };
    for (const { text } of columnTitle(named, 0, 1, 400, lightTheme, place)) expectPlainText(text);
    expectPlainText(bandHeading({ title: payload, note: payload }, 1, 100, 0, lightTheme).text);
  }
});
