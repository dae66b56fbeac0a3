/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { quantityLabels } from "../../../extension/figures/quantities";
import { measuresTable, stepsTable } from "../../../extension/views/measures-table";
import { losslessReport, miniLmReport, smallReport } from "../../fixtures/report/reports";
import { payloadReport } from "../payloads";
import { all, expectHarmless, place } from "./page";

const texts = (root: ParentNode, selector: string): string[] =>
  all(root, selector).map((node) => node.textContent ?? "");

test("a line of figures for each variant that is shown, under the names of the measures", () => {
  const report = smallReport();
  const table = measuresTable(report, [1], 0);
  expect(texts(table, "thead th")).toEqual(quantityLabels);
  expect(all(table, "thead th").every((head) => head.getAttribute("scope") === "col")).toBe(true);
  expect(texts(table, "tbody th")).toEqual([report.variants[1].name]);
  expect(all(table, "tbody td")).toHaveLength(quantityLabels.length);
});

test("a variant that lacks the layer says so across the whole line", () => {
  const table = measuresTable(losslessReport(), [0, 1], 1);
  const [, absent] = all<HTMLTableRowElement>(table, "tbody tr");
  expect(texts(absent, "td")).toEqual(["no such layer in this variant"]);
  expect(absent.cells[1].colSpan).toBe(quantityLabels.length);
});

test("steps alone, where a variant has more than one", () => {
  const report = miniLmReport();
  const table = stepsTable(report, [0, 1, 2], 0);
  if (!table) throw new Error("the fixture has two steps");
  expect(texts(table, "thead th")).toEqual(["each step on its own", "SQNR", "RMSE", "largest error"]);
  const steps = report.layers[0].variants.flatMap((variant) => variant?.steps ?? []);
  expect(texts(table, "tbody th")).toEqual(steps.map(({ label }) => label));
  expect(texts(table, "tbody td").slice(0, 2)).toEqual(["step 1 of 2", expect.stringMatching(/ dB$/)]);
  expect(stepsTable(losslessReport(), [], 0)).toBeNull();
});

test("hostile names are text", () => {
  const report = payloadReport(0);
  const steps = stepsTable(report, [0, 1], 2);
  place().append(measuresTable(report, [0, 1], 2), ...(steps ? [steps] : []));
  expectHarmless();
});
