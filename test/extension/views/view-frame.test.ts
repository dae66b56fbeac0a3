/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { curvesFigure, initialCurvesState } from "../../../extension/figures/curves";
import { lightTheme } from "../../../extension/figures/theme";
import { downloadButtons, titleLine, ViewFrame, type DownloadKind } from "../../../extension/views/view-frame";
import { rateCurves } from "../../fixtures/report/curves";
import { payloads } from "../payloads";
import { all, catchFiles, expectHarmless, files, frame, layOut, place, the } from "./page";
import { calls } from "./plotly-double";

jest.mock("../../../extension/views/plotly-library", () => jest.requireActual("./plotly-double"));

const { figure } = curvesFigure(rateCurves(), initialCurvesState, lightTheme, 900);

beforeEach(() => {
  layOut(900);
  calls.splice(0);
  files.splice(0);
  catchFiles();
});

test("draws once a frame, however often it is asked, and not before the page has a width", async () => {
  let drawn = 0;
  const view = new ViewFrame(() => drawn++);
  view.redraw();
  await frame();
  expect(drawn).toBe(0);
  view.resize();
  view.redraw();
  view.redraw();
  await frame();
  expect([drawn, view.width]).toEqual([1, 900]);
  view.resize();
  await frame();
  expect(drawn).toBe(1);
  view.dispose();
});

test("no wider than it says; follows the page; not after it is gone", async () => {
  let drawn = 0;
  const view = new ViewFrame(() => drawn++, 700);
  view.resize();
  expect(view.width).toBe(700);
  layOut(500);
  view.resize();
  await frame();
  expect([drawn, view.width]).toEqual([1, 500]);
  view.redraw();
  view.dispose();
  await frame();
  expect(drawn).toBe(1);
});

test("an empty figure cannot be reached by Tab; a table has the focus inside", () => {
  const view = new ViewFrame(() => undefined);
  view.showEmpty("No layer matches the filter.");
  expect([view.place.textContent, view.place.hasAttribute("tabindex")]).toEqual([
    "No layer matches the filter.",
    false,
  ]);
  view.place.setAttribute("role", "listbox");
  view.showTable(document.createElement("table"));
  expect([view.place.children[0].tagName, view.place.hasAttribute("role")]).toEqual(["TABLE", false]);
  view.dispose();
});

test("what went wrong is read aloud in a sentence; after the view is gone nothing is", () => {
  const view = new ViewFrame(() => undefined);
  expect(view.problem.getAttribute("aria-live")).toBe("polite");
  view.fail(new Error("<b>no canvas</b>"));
  expect(view.problem.textContent).toBe("The figure could not be drawn: <b>no canvas</b>");
  view.problem.replaceChildren();
  view.dispose();
  view.fail("late");
  expect(view.problem.textContent).toBe("");
});

test("saves numbers and pictures under the model's name; a failure is told", async () => {
  const view = new ViewFrame(() => undefined);
  for (const kind of ["csv", "svg", "png"] as const)
    await view.save(
      kind,
      "all-MiniLM/L6",
      "layers",
      () => "a,b",
      () => figure,
    );
  expect(files.map(({ name }) => name)).toEqual(["csv", "svg", "png"].map((kind) => `all-MiniLM-L6-layers.${kind}`));
  expect([await files[0].text(), await files[1].text()]).toEqual(["a,b", "<svg>é</svg>"]);
  await view.save(
    "csv",
    "m",
    "layers",
    () => {
      throw new Error("too long");
    },
    () => figure,
  );
  expect(view.problem.textContent).toContain("too long");
  view.dispose();
});

test("the title line and its tools", () => {
  const asked: DownloadKind[] = [];
  let opened = 0;
  const tools = downloadButtons(
    (kind) => asked.push(kind),
    () => opened++,
  );
  for (const payload of payloads) {
    place().append(titleLine(payload, payload, tools));
    expectHarmless();
    expect(the(document, ".cb-Model").textContent).toBe(payload);
  }
  const buttons = all<HTMLButtonElement>(tools, "button");
  expect(buttons.map((one) => [one.textContent, one.title])).toEqual([
    ["PNG", "Download the figure as PNG"],
    ["SVG", "Download the figure as SVG"],
    ["CSV", "Download every number as CSV"],
    ["Tab", "Open the figure in a tab of its own"],
  ]);
  for (const press of buttons) press.click();
  expect([asked, opened]).toEqual([["png", "svg", "csv"], 1]);
  expect(
    all(
      downloadButtons(() => undefined),
      "button",
    ),
  ).toHaveLength(3);
});
