/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { curvesFigure, initialCurvesState } from "../../../extension/figures/curves";
import { lightTheme } from "../../../extension/figures/theme";
import { draw, erase, image, type PlotElement } from "../../../extension/views/plotly";
import { rateCurves } from "../../fixtures/report/curves";
import { layOut } from "./page";
import { calls } from "./plotly-double";

jest.mock("../../../extension/views/plotly-library", () => jest.requireActual("./plotly-double"));

beforeAll(() => layOut(900));
beforeEach(() => calls.splice(0));

const { figure } = curvesFigure(rateCurves(), initialCurvesState, lightTheme, 900);

test("plotly gets a copy of the figure, with the axes where it looks for them", async () => {
  const node: PlotElement = document.createElement("div");
  const before = JSON.stringify(figure);
  await draw(node, figure);
  const [{ figure: given }] = calls;
  expect(given.data).toEqual(figure.data);
  expect(given.data[0]).not.toBe(figure.data[0]);
  expect(given.layout.xaxis).toEqual(figure.layout.axes.xaxis);
  given.data.length = 0;
  expect(JSON.stringify(figure)).toBe(before);
});

test("what was drawn is freed; what never was needs nothing", async () => {
  erase(document.createElement("div"));
  const node: PlotElement = document.createElement("div");
  await draw(node, figure);
  erase(node);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(calls.map(({ name }) => name)).toEqual(["react", "purge"]);
});

test("images come as bytes of their type: PNG from base64, SVG from text", async () => {
  const png = await image(figure, "png");
  const svg = await image(figure, "svg");
  expect([png.type, png.size, svg.type]).toEqual(["image/png", 4, "image/svg+xml"]);
  expect(svg.size).toBe(Buffer.byteLength("<svg>é</svg>"));
});
