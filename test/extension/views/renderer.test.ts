/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { frame, layOut, place, the } from "./page";
import { defaultPreferences } from "../../../extension/figures/state";
import { ViewRenderer, ViewWidget } from "../../../extension/views/renderer";
import type { OpenedView } from "../../../extension/views/views";
import { viewMimeType } from "../../../kernel/report/types";
import { rateCurves } from "../../fixtures/report/curves";
import { smallReport } from "../../fixtures/report/reports";

jest.mock("../../../extension/views/plotly-library", () => jest.requireActual("./plotly-double"));

beforeAll(() => layOut(900));

const plain = (value: unknown): Record<string, unknown> => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

function make(openInTab?: (view: OpenedView) => void): ViewWidget {
  const widget = new ViewWidget({ preferences: () => defaultPreferences, ...(openInTab ? { openInTab } : {}) });
  place().append(widget.node);
  return widget;
}

test("each kind of trouble has its plain sentence", () => {
  const widget = make();
  const says = (data: unknown): string | null => {
    widget.present(data);
    return widget.node.textContent;
  };
  expect(says(null)).toBe("The figure is on its way.");
  expect(says({ version: 3, kind: "report" })).toMatch(/^This figure was made by a newer version of Codebook/);
  expect(says({ version: 1, kind: "report", model: {} })).toBe("This figure cannot be drawn: its variants is missing.");
  expect(ViewWidget.viewAt(widget.node)).toBeUndefined();
});

test("an update that changes nothing keeps what the reader has chosen; another view takes its place", async () => {
  const widget = make();
  widget.present(plain(smallReport()));
  await frame();
  const filter = the<HTMLInputElement>(widget.node, ".cb-Filter");
  widget.present(plain(smallReport()));
  expect(the(widget.node, ".cb-Filter")).toBe(filter);
  widget.present(plain(rateCurves()));
  expect([filter.isConnected, ViewWidget.viewAt(widget.node)?.name]).toEqual([false, "all-MiniLM-L6-v2"]);
});

test("opens in a tab where there are tabs, whole and without what the contract does not know", () => {
  const opened: OpenedView[] = [];
  const widget = make((view) => opened.push(view));
  widget.present({ ...plain(rateCurves()), more: 1 });
  const tab = [...widget.node.querySelectorAll("button")].find(({ textContent }) => textContent === "Tab");
  tab?.click();
  expect(opened.map(({ data }) => data)).toEqual([plain(rateCurves())]);
});

test("a view that cannot be put on the page is a sentence, not an error of the notebook", () => {
  const widget = new ViewWidget({
    preferences: () => {
      throw new Error("no settings");
    },
  });
  widget.present(plain(smallReport()));
  expect(widget.node.textContent).toBe("This figure could not be drawn: no settings");
});

test("draws what a notebook holds under its MIME type, and leaves nothing when it is disposed", async () => {
  const renderer = new ViewRenderer(viewMimeType, { preferences: () => defaultPreferences });
  place().append(renderer.node);
  const model = {
    trusted: false,
    metadata: {},
    data: { [viewMimeType]: plain(smallReport()) as never },
    setData: () => undefined,
  };
  await renderer.renderModel(model);
  await frame();
  expect(the(renderer.node, ".cb-Model").textContent).toBe(smallReport().model.name);
  const { node } = renderer;
  renderer.dispose();
  renderer.dispose();
  expect([renderer.isDisposed, node.children.length]).toEqual([true, 0]);
});
