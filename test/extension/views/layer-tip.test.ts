/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { layerTip } from "../../../extension/views/layer-tip";
import { payloadReport } from "../payloads";
import { smallReport } from "../../fixtures/report/reports";
import { stateOf } from "../placed";
import { expectHarmless, place } from "./page";

test("the layer's whole name, where it stands, and its figures for the variants that are on", () => {
  const report = smallReport();
  const [name, facts, table] = layerTip(report, stateOf(report, { hidden: [0] }), 0);
  expect(name.textContent).toBe("h.0.attn.c_attn.weight");
  expect(facts.textContent).toBe("block 0 · 64 × 192 · F16 · 12,288 weights");
  expect(table.textContent).toContain(report.variants[1].name);
  expect(table.textContent).not.toContain(report.variants[0].name);
});

test("hostile names are text", () => {
  const report = payloadReport(7);
  for (const layer of report.layers.keys()) {
    place().append(...layerTip(report, stateOf(report), layer));
    expectHarmless();
  }
});
