/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { curvesFigure, initialCurvesState } from "../../../extension/figures/curves";
import { lightTheme } from "../../../extension/figures/theme";
import { placedElement, PlotPanel } from "../../../extension/views/plot-panel";
import type { PlotElement } from "../../../extension/views/plotly";
import { rateCurves } from "../../fixtures/report/curves";
import { all, frame, layOut, place, the, zoom } from "./page";
import { calls, failWith } from "./plotly-double";

jest.mock("../../../extension/views/plotly-library", () => jest.requireActual("./plotly-double"));

beforeAll(() => layOut(900));
beforeEach(() => calls.splice(0));
afterEach(() => failWith(null));

const { figure } = curvesFigure(rateCurves(), initialCurvesState, lightTheme, 900);

function make(): { panel: PlotPanel; failures: unknown[] } {
  const failures: unknown[] = [];
  const panel: PlotPanel = new PlotPanel(
    () => [placedElement("mark", { left: panel.range("xaxis")[0], top: 0 })],
    (error) => failures.push(error),
  );
  place().append(panel.node);
  return { panel, failures };
}

test("its height is reserved before plotly has drawn; screen readers pass it by", async () => {
  const { panel } = make();
  const drawing = panel.draw(figure);
  expect([panel.node.style.width, panel.node.style.height]).toEqual(["900px", "420px"]);
  await drawing;
  expect(all(panel.node, ":scope > *").map((node) => node.getAttribute("aria-hidden"))).toEqual(["true", "true"]);
});

test("marks follow the zoom, however often it was drawn", async () => {
  const { panel } = make();
  await panel.draw(figure);
  await panel.draw(figure);
  zoom(the<PlotElement>(panel.node, ".cb-Plot"), "xaxis", [3, 4]);
  expect(panel.range("xaxis")).toEqual([3, 4]);
  expect(all(panel.node, ".mark").map(({ style }) => style.left)).toEqual(["3px"]);
});

test("a failed drawing is told; one that fails after the panel is gone is not", async () => {
  const { panel, failures } = make();
  failWith(new Error("no canvas"));
  await panel.draw(figure);
  expect(failures).toEqual([new Error("no canvas")]);
  const late = panel.draw(figure);
  panel.dispose();
  await late;
  expect(failures).toHaveLength(1);
  expect(panel.node.isConnected).toBe(false);
});

test("what was drawn while the panel was taken away is freed", async () => {
  const { panel } = make();
  const late = panel.draw(figure);
  panel.dispose();
  await late;
  await frame();
  expect(calls.map(({ name }) => name)).toEqual(["react", "purge"]);
});
