/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { placeRows } from "../../../extension/figures/row-places";
import { reportTable } from "../../../extension/figures/report-table";
import { layerSentence, reportSummary } from "../../../extension/figures/summary";
import { layerTip } from "../../../extension/views/layer-tip";
import { warningList } from "../../../extension/views/warning-list";
import { smallReport, warnedReport } from "../../fixtures/report/reports";
import { stateOf } from "../placed";

const report = warnedReport();
const state = stateOf(report);

test("a line for each warning of the variants that are on", () => {
  const lines = (variants: number[]) => warningList(report, variants, 1).map(({ textContent }) => textContent);
  expect(lines([0, 1])).toEqual([
    "⚠ linear 4-bit g64: SQNR 1.2 dB, below 3 dB",
    "⚠ linear 4-bit g64: 12 of 96 groups of 32 weights became all zero",
    "⚠ linear 3-bit g64: 12 of 96 groups of 32 weights became all zero",
  ]);
  expect([lines([1]).length, warningList(report, [0, 1], 0).length]).toEqual([1, 0]);
  const alone = { ...report, variants: report.variants.slice(0, 1) };
  expect(warningList(alone, [0], 1)[0].textContent).toBe("⚠ SQNR 1.2 dB, below 3 dB");
});

test("what they say is text, not markup", () => {
  const [layer] = report.layers;
  const [first] = layer.variants;
  if (!first) throw new Error("the fixture has this variant");
  const hostile = { ...first, warnings: [{ kind: "low SQNR", text: "<img src=x onerror=alert(1)>" } as const] };
  const [line] = warningList({ ...report, layers: [{ ...layer, variants: [hostile] }] }, [0], 0);
  expect(line.children).toHaveLength(0);
});

test("the tip shows them, rows and tables mark the layer, words tell of them", () => {
  expect(layerTip(report, state, 1).map(({ className }) => className)).toContain("cb-Warning");
  expect(placeRows(report, [0, 1], true).map(({ label }) => label.startsWith("⚠ "))).toEqual([false, true]);
  const [names] = reportTable(report, state).columns;
  expect([names.cell(0).text, names.cell(1).text]).toEqual([report.layers[0].name, `⚠ ${report.layers[1].name}`]);
  expect(reportSummary(report, state).at(-1)).toMatch(
    /^Warnings: h\.0\.attn\.c_proj\.weight \(linear 4-bit g64\): SQNR/,
  );
  expect(reportSummary(smallReport(), state).at(-1)).toMatch(/^Worst layers/);
  expect(layerSentence(report, 1, state)).toContain("warning: SQNR 1.2 dB, below 3 dB");
});
