/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { curvesFigure, initialCurvesState, type CurveMark } from "../../../extension/figures/curves";
import { lightTheme } from "../../../extension/figures/theme";
import { CurvesPanel } from "../../../extension/views/curves-panel";
import type { PlotElement } from "../../../extension/views/plotly";
import { rateCurves } from "../../fixtures/report/curves";
import { all, layOut, place, point, the, zoom } from "./page";

jest.mock("../../../extension/views/plotly-library", () => jest.requireActual("./plotly-double"));

beforeAll(() => layOut(900));

const drawn = curvesFigure(rateCurves(), initialCurvesState, lightTheme, 900);

async function make(): Promise<{ panel: CurvesPanel; hovered: (CurveMark | null)[] }> {
  const hovered: (CurveMark | null)[] = [];
  const panel = new CurvesPanel({
    hover: (mark) => hovered.push(mark),
    failed: (error) => {
      throw error;
    },
  });
  place().append(panel.node);
  await panel.draw(drawn);
  return { panel, hovered };
}

test("the pointer finds the nearest point within its reach, and none while a button is down", async () => {
  const { panel, hovered } = await make();
  const at = panel.positionOf(drawn.marks[1]);
  if (!at) throw new Error("the point is in sight");
  point(panel.node, "pointermove", at.x + 8, at.y - 8);
  point(panel.node, "pointermove", at.x + 8, at.y - 8, { buttons: 1 });
  point(panel.node, "pointermove", 1, 1);
  point(panel.node, "pointerleave");
  expect(hovered).toEqual([drawn.marks[1], null, null, null]);
});

test("the ring stands around the active point, also after a zoom, and not where the point is out of sight", async () => {
  const { panel } = await make();
  const mark = drawn.marks[0];
  panel.setActive(mark);
  const ring = (): string[] => all(panel.node, ".cb-Mark-point").map(({ style }) => style.left);
  const [before] = ring();
  const plot = the<PlotElement>(panel.node, ".cb-Plot");
  zoom(plot, "xaxis", [mark.x, mark.x + 1]);
  expect(ring()).not.toEqual([before]);
  expect(parseFloat(ring()[0])).toBe(drawn.plot.left - 9);
  zoom(plot, "xaxis", [mark.x + 1, mark.x + 2]);
  expect([ring(), panel.positionOf(mark)]).toEqual([[], null]);
  zoom(plot, "xaxis", [mark.x - 1, mark.x + 2]);
  panel.setActive(null);
  expect(ring()).toEqual([]);
});
