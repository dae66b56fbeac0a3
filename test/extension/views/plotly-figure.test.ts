/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { frame, layOut, place } from "./page";
import { PlotlyRenderer, plotlyMimeType } from "../../../extension/views/plotly-figure";
import { calls, failWith } from "./plotly-double";

jest.mock("../../../extension/views/plotly-library", () => jest.requireActual("./plotly-double"));

beforeAll(() => layOut(900));
beforeEach(() => calls.splice(0));

const model = (data: unknown) => ({
  data: { [plotlyMimeType]: data },
  metadata: {},
  trusted: true,
  setData: () => undefined,
});

test("a figure is drawn by plotly from a copy, and freed", async () => {
  const renderer = new PlotlyRenderer();
  place().append(renderer.node);
  const data = { data: [{ type: "bar", x: ["a"], y: [1] }], layout: { title: { text: "t" } } };
  await renderer.renderModel(model(data) as never);
  const [{ name, figure }] = calls;
  expect([name, figure.data]).toEqual(["newPlot", data.data]);
  expect(figure.data[0]).not.toBe(data.data[0]);
  renderer.dispose();
  await frame();
  expect(calls.map((call) => call.name)).toEqual(["newPlot", "purge"]);
});

test("what cannot be drawn is said in its place", async () => {
  const renderer = new PlotlyRenderer();
  place().append(renderer.node);
  await renderer.renderModel(model({ data: [{ type: "surface" }] }) as never);
  expect(renderer.node.textContent).toContain("surface is not in this build of plotly");
  failWith(new Error("no canvas"));
  await renderer.renderModel(model({ data: [{ type: "bar" }] }) as never);
  failWith(null);
  expect(renderer.node.textContent).toContain("This figure could not be drawn: no canvas");
  expect(calls).toHaveLength(1);
});
