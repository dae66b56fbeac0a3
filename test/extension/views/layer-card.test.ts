/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { lightTheme } from "../../../extension/figures/theme";
import { LayerCard } from "../../../extension/views/layer-card";
import { miniLmReport, smallReport, withoutHistogram } from "../../fixtures/report/reports";
import { payloadReport } from "../payloads";
import { all, expectHarmless, frame, layOut, place, press, the } from "./page";
import { calls, failWith } from "./plotly-double";

jest.mock("../../../extension/views/plotly-library", () => jest.requireActual("./plotly-double"));

beforeAll(() => layOut(900));
beforeEach(() => calls.splice(0));
afterEach(() => failWith(null));

function make(): { card: LayerCard; closed: () => number; failures: unknown[] } {
  let closed = 0;
  const failures: unknown[] = [];
  const card = new LayerCard({ close: () => closed++, failed: (error) => failures.push(error) });
  place().append(card.node);
  return { card, closed: () => closed, failures };
}

test("an opened layer: its name, its facts, its histogram, a line for each variant, each step", () => {
  const report = smallReport();
  const { card } = make();
  expect(card.open).toBe(false);
  card.show(report, 0, [0, 1], lightTheme, 900);
  expect([card.open, card.node.getAttribute("aria-label")]).toEqual([true, "Layer h.0.attn.c_attn.weight"]);
  expect(the(card.node, ".cb-Card-facts").textContent).toBe("block 0 · 64 × 192 · F16 · 12,288 weights · 24.0 KiB");
  expect(the(card.node, ".cb-Plot").getAttribute("role")).toBe("img");
  expect(all(card.node, ".cb-Measures")).toHaveLength(1);
  expect(card.node.textContent).toContain("Outside this axis: 3 weights, before and after.");
  card.show(miniLmReport(), 4, [0, 1, 2], lightTheme, 900);
  expect(all(card.node, ".cb-Measures")).toHaveLength(2);
});

test("counts in decades on request; the box keeps the focus", async () => {
  const { card } = make();
  card.show(smallReport(), 0, [0], lightTheme, 900);
  await frame();
  the<HTMLInputElement>(card.node, "input[type=checkbox]").click();
  await frame();
  const types = calls.filter(({ name }) => name === "react").map(({ figure }) => figure.layout.yaxis);
  expect(types).toEqual([expect.objectContaining({ type: "linear" }), expect.objectContaining({ type: "log" })]);
  expect(document.activeElement).toBe(the(card.node, "input[type=checkbox]"));
});

test("Escape and the button close it, and nobody else hears the key", () => {
  const { card, closed } = make();
  card.show(smallReport(), 0, [0], lightTheme, 900);
  let heard = 0;
  document.body.addEventListener("keydown", () => heard++);
  expect(press(the(card.node, "button"), "Escape")).toBe(true);
  expect(press(the(card.node, "button"), "a")).toBe(false);
  the<HTMLButtonElement>(card.node, "[aria-label='Close this layer (Escape)']").click();
  expect([closed(), heard]).toEqual([2, 1]);
});

test("hidden it holds nothing, and what plotly held is freed", async () => {
  const { card } = make();
  card.show(smallReport(), 0, [0], lightTheme, 900);
  await frame();
  card.hide();
  await frame();
  expect([card.open, card.node.children.length, calls.at(-1)?.name]).toEqual([false, 0, "purge"]);
});

test("a layer without a histogram says so; a failed drawing is told", async () => {
  const report = smallReport();
  const { card, failures } = make();
  const bare = { ...report, layers: report.layers.map(withoutHistogram) };
  card.show(bare, 0, [0], lightTheme, 900);
  expect(card.node.textContent).toContain("This report holds no histogram of this layer.");
  expect(all(card.node, "input")).toEqual([]);
  failWith(new Error("no canvas"));
  card.show(report, 0, [0], lightTheme, 900);
  await frame();
  expect(failures).toEqual([new Error("no canvas")]);
});

test("hostile names are text", () => {
  const report = payloadReport(11);
  const { card } = make();
  for (const layer of report.layers.keys()) {
    card.show(report, layer, [0, 1], lightTheme, 900);
    expectHarmless();
  }
});
