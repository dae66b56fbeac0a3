/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { defaultPreferences } from "../../../extension/figures/state";
import { openView, views } from "../../../extension/views/views";
import { rateCurves } from "../../fixtures/report/curves";
import { smallReport } from "../../fixtures/report/reports";
import { payloadModel } from "../payloads";
import { layOut, place, the } from "./page";

jest.mock("../../../extension/views/plotly-library", () => jest.requireActual("./plotly-double"));

beforeAll(() => layOut(900));

test.each([
  ["report", smallReport(), smallReport().model.name],
  ["model", payloadModel(), "model" in payloadModel() ? undefined : ""],
  ["curves", rateCurves(), "all-MiniLM-L6-v2"],
])("a %s opens under its name, mounts and is taken away again", (kind, data, name) => {
  expect(Object.keys(views)).toContain(kind);
  const checked = openView(JSON.parse(JSON.stringify({ ...data, unknown: 1 })));
  if (!checked.ok) throw new Error(checked.sentence);
  if (name !== undefined) expect(checked.view.name).toBe(name);
  expect(checked.view.data).not.toHaveProperty("unknown");
  const root = place();
  const mounted = checked.view.mount(root, { preferences: defaultPreferences });
  expect(the(root, ".cb-Model").textContent).toBe(checked.view.name);
  mounted.resize();
  mounted.dispose();
  expect(root.children).toHaveLength(0);
});

test("a kind that no row knows is refused with those that are", () => {
  expect(openView({ version: 1, kind: "poster" })).toMatchObject({
    sentence:
      'This figure cannot be drawn: its kind is "poster"; this extension knows "report", "model", "curves" and "table".',
  });
});
