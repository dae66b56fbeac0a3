/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import type { ViewState } from "../../../extension/figures/state";
import { ReportControls } from "../../../extension/views/report-controls";
import { errorChoices, measures } from "../../../kernel/report/measures";
import { miniLmReport } from "../../fixtures/report/reports";
import { payloadReport } from "../payloads";
import { stateOf } from "../placed";
import { all, choose, expectHarmless, place, the } from "./page";

const report = miniLmReport();

function make(of = report): {
  controls: ReportControls;
  changes: Partial<ViewState>[];
  update: (change: Partial<ViewState>) => void;
} {
  const changes: Partial<ViewState>[] = [];
  let state = stateOf(of);
  const controls = new ReportControls(
    of,
    () => state,
    (next) => changes.push(next),
  );
  const update = (change: Partial<ViewState>): void => {
    state = stateOf(of, change);
    controls.update();
  };
  place().append(controls.legend, controls.row);
  return { controls, changes, update };
}

test("a choice for each measure of error, with its meaning as a hint", () => {
  make();
  const choices = all(the(document, "[aria-label=Measure]"), ".cb-Segment");
  expect(choices.map(({ textContent, title }) => [textContent, title])).toEqual(
    errorChoices.map((key) => [measures[key].label, measures[key].meaning]),
  );
});

test("what the reader does becomes a change of the state", () => {
  const { changes } = make();
  for (const words of ["RMSE", "worst first", "table"]) choose(document, words);
  const filter = the<HTMLInputElement>(document, ".cb-Filter");
  filter.value = "query";
  filter.dispatchEvent(new Event("input"));
  const kinds = the<HTMLSelectElement>(document, ".cb-Select");
  kinds.value = "1";
  kinds.dispatchEvent(new Event("change"));
  all<HTMLButtonElement>(document, ".cb-Chip")[1].click();
  expect(changes).toMatchObject([
    { measure: "rootMeanSquareError" },
    { order: "worst" },
    { layout: "table" },
    { text: "query" },
    { kind: expect.any(String) },
    { hidden: [1] },
  ]);
});

test("only what means something is offered: an axis for distances, an order for rows and tables", () => {
  const { update } = make();
  const shown = (label: string): boolean => !the(document, `[aria-label=${label}]`).hidden;
  const after = (change: Partial<ViewState>): boolean[] => {
    update(change);
    return [shown("Axis"), shown("Order")];
  };
  expect(after({})).toEqual([false, true]);
  expect(after({ measure: "cosine" })).toEqual([true, true]);
  expect(after({ measure: "cosine", layout: "table" })).toEqual([false, true]);
  expect(after({ layout: "map" })).toEqual([false, false]);
});

test("chips say which variants are on, with their size and bits", () => {
  make().update({ hidden: [2] });
  const chips = all(document, ".cb-Chip");
  expect(chips.map((chip) => chip.getAttribute("aria-pressed"))).toEqual(["true", "true", "false"]);
  expect(chips[0].textContent).toMatch(/^linear 4-bit g64[\d.]+ MiB · \d\.\d\d bits\/weight$/);
});

test("hostile names are text", () => {
  make(payloadReport(5)).controls.update();
  expectHarmless();
});
