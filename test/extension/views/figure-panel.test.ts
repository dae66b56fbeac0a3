/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { mapFigure } from "../../../extension/figures/map";
import { rowsFigure } from "../../../extension/figures/rows";
import { lightTheme } from "../../../extension/figures/theme";
import { FigurePanel } from "../../../extension/views/figure-panel";
import type { PlotElement } from "../../../extension/views/plotly";
import { deepReport, smallReport } from "../../fixtures/report/reports";
import { stateOf } from "../placed";
import { all, layOut, place, point, the, zoom } from "./page";

jest.mock("../../../extension/views/plotly-library", () => jest.requireActual("./plotly-double"));

beforeAll(() => layOut(900));

const report = smallReport();
const rows = rowsFigure(report, stateOf(report), lightTheme, 900);
const [column] = rows.panels;

function make(): { panel: FigurePanel; hovered: (number | null)[]; picked: number[] } {
  const hovered: (number | null)[] = [];
  const picked: number[] = [];
  const panel = new FigurePanel({
    hover: (layer) => hovered.push(layer),
    pick: (layer) => picked.push(layer),
    failed: (error) => {
      throw error;
    },
  });
  place().append(panel.node);
  return { panel, hovered, picked };
}

/** The middle of the n-th row, in pixels of the page. */
const rowMiddle = (n: number): number => {
  const [bottom, top] = rows.figure.layout.axes.yaxis.range ?? [0, 1];
  return column.top + ((column.cells[n].y - top) / (bottom - top)) * column.height;
};

test("any place in a row is its layer, beside the columns too; between blocks and outside is none", async () => {
  const { panel, hovered } = make();
  await panel.draw(rows);
  for (const x of [2, column.left + 5, 890]) point(panel.node, "pointermove", x, rowMiddle(2));
  point(panel.node, "pointermove", 5, 2);
  expect(hovered).toEqual([2, 2, 2, null]);
  expect(all(panel.node, ".cb-Mark-hover")).toEqual([]);
});

test("a row is marked once across all columns, hovered and active differently", async () => {
  const { panel } = make();
  await panel.draw(rows);
  point(panel.node, "pointermove", 5, rowMiddle(1));
  panel.setActive(3);
  const mark = the(panel.node, ".cb-Mark-active");
  expect(all(panel.node, ".cb-Mark-active, .cb-Mark-hover")).toHaveLength(2);
  expect(parseFloat(mark.style.top) + parseFloat(mark.style.height) / 2).toBeCloseTo(rowMiddle(3), 6);
  expect(panel.rectangleOf(3)?.width).toBe(900);
  panel.setActive(1);
  expect(all(panel.node, ".cb-Mark-active, .cb-Mark-hover")).toHaveLength(1);
});

test("a click opens a layer; a drag, which zooms, does not; nor does another button", async () => {
  const { panel, picked } = make();
  await panel.draw(rows);
  const click = (toX: number, button = 0): void => {
    point(panel.node, "pointerdown", 300, rowMiddle(4), { button });
    point(window, "pointerup", toX, rowMiddle(4), { button });
  };
  click(302);
  click(340);
  click(300, 2);
  expect(picked).toEqual([4]);
  panel.dispose();
  click(300);
  expect(picked).toEqual([4]);
});

test("while a button is down nothing is hovered; leaving ends it", async () => {
  const { panel, hovered } = make();
  await panel.draw(rows);
  point(panel.node, "pointermove", 5, rowMiddle(0));
  point(panel.node, "pointermove", 5, rowMiddle(0), { buttons: 1 });
  point(panel.node, "pointerleave");
  expect(hovered).toEqual([0, null, null]);
});

test("after a zoom the pointer and the marks follow; a layer out of sight has no place", async () => {
  const { panel, hovered } = make();
  await panel.draw(rows);
  panel.setActive(0);
  zoom(the<PlotElement>(panel.node, ".cb-Plot"), "yaxis", [column.cells[5].y + 0.5, column.cells[5].y - 0.5]);
  point(panel.node, "pointermove", 300, column.top + column.height / 2);
  expect(hovered).toEqual([5]);
  expect([panel.rectangleOf(0), all(panel.node, ".cb-Mark-active")]).toEqual([null, []]);
});

test("on the map a cell is marked in every panel, and the pointer finds it in each", async () => {
  const deep = deepReport();
  const map = mapFigure(deep, stateOf(deep, { hidden: [1] }), lightTheme, 1000);
  const { panel, hovered } = make();
  await panel.draw(map);
  panel.setActive(7);
  const marks = all(panel.node, ".cb-Mark-active");
  expect(marks).toHaveLength(map.panels.length);
  for (const { style } of marks)
    point(
      panel.node,
      "pointermove",
      parseFloat(style.left) + parseFloat(style.width) / 2,
      parseFloat(style.top) + parseFloat(style.height) / 2,
    );
  expect(hovered).toEqual(map.panels.map(() => 7));
});
