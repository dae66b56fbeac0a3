/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { variableLines, variablesTable, VariablesView } from "../../../extension/views/variables-view";
import { payloads } from "../payloads";
import { all, expectHarmless, layOut, place, the } from "./page";

beforeAll(() => layOut(300));

const line = (name: string, bytes: number | null = null) => ({
  name,
  type: "Float32Array",
  shape: "(3)",
  dtype: "float32",
  bytes,
  text: "",
});

test("a message of the kernel is read field by field; another is none", () => {
  expect(variableLines({ variables: [{ ...line("w", 12), more: 1 }, 5, { name: 7, bytes: "x" }] })).toEqual([
    line("w", 12),
    { name: "", type: "", shape: "", dtype: "", bytes: null, text: "" },
  ]);
  for (const none of [null, 5, {}, { variables: 5 }]) expect(variableLines(none)).toBeUndefined();
});

test("sizes sort by bytes", () => {
  const table = variablesTable([line("a", 2048), line("b")], [0, 1]);
  expect(table.columns.map(({ head }) => head)).toEqual(["name", "type", "shape", "dtype", "size", "value"]);
  expect([table.columns[4].cell(0), table.columns[4].cell(1)]).toEqual([
    { text: "2.00 KiB", sort: 2048, bar: null },
    { text: "", sort: -1, bar: null },
  ]);
});

test("the list is filtered, keeps the filter when it is renewed, and has a sentence where it is empty", () => {
  const root = place();
  const view = new VariablesView();
  root.append(view.node);
  view.show([line("weights"), line("bias")]);
  const names = () => all(root, ".cb-Layer").map((node) => node.textContent);
  expect(names()).toEqual(["weights", "bias"]);
  const filter = the<HTMLInputElement>(root, ".cb-Filter");
  filter.value = "WEI";
  filter.dispatchEvent(new Event("input"));
  view.show([line("weights"), line("bias"), line("wein")]);
  expect(names()).toEqual(["weights", "wein"]);
  expect(the(root, "[role=status]").textContent).toBe("2 of 3");
  view.show([line("bias")]);
  expect(root.textContent).toContain("No variable matches the filter.");
  view.show([]);
  expect(root.textContent).toContain("This notebook has no variables yet.");
  view.say("The kernel restarts.");
  expect(root.textContent).toContain("The kernel restarts.");
});

test("hostile names are text", () => {
  const root = place();
  const view = new VariablesView();
  root.append(view.node);
  view.show(payloads.map((name) => ({ ...line(name), text: name, type: name })));
  expectHarmless();
});
