/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { button, dropDown, filterField, Segments } from "../../../extension/views/controls";
import { payloads } from "../payloads";
import { all, expectHarmless, place, the } from "./page";

test("a row of words is a group of native radio buttons: one name, one chosen, each with its hint", () => {
  const chosen: string[] = [];
  const segments = new Segments(
    "Order",
    [
      { value: "model", label: "model order" },
      { value: "worst", label: "worst first", hint: "Worst layers on top" },
    ],
    (value) => chosen.push(value),
  );
  place().append(segments.node);
  expect([segments.node.getAttribute("role"), segments.node.getAttribute("aria-label")]).toEqual([
    "radiogroup",
    "Order",
  ]);
  const inputs = all<HTMLInputElement>(segments.node, "input");
  expect(new Set(inputs.map(({ name }) => name)).size).toBe(1);
  segments.set("worst");
  expect(inputs.map(({ checked }) => checked)).toEqual([false, true]);
  expect(chosen).toEqual([]);
  inputs[0].click();
  expect(chosen).toEqual(["model"]);
  expect(all(segments.node, "label").map(({ title }) => title)).toEqual(["", "Worst layers on top"]);
  segments.show(false);
  expect(segments.node.hidden).toBe(true);
});

test("two rows of words do not share a choice", () => {
  const make = () => new Segments("x", [{ value: "a", label: "a" }], () => undefined);
  const names = [make(), make()].map(({ node }) => the<HTMLInputElement>(node, "input").name);
  expect(names[0]).not.toBe(names[1]);
});

test("a button has its hint as its name, and keeps keys from the notebook", () => {
  let clicks = 0;
  const node = button("PNG", "Download the figure as PNG", () => clicks++);
  node.click();
  expect([clicks, node.type, node.getAttribute("aria-label"), node.title]).toEqual([
    1,
    "button",
    "Download the figure as PNG",
    "Download the figure as PNG",
  ]);
  expect(node.hasAttribute("data-lm-suppress-shortcuts")).toBe(true);
});

test("a filter tells every letter", () => {
  const typed: string[] = [];
  const field = filterField("filter layers…", (text) => typed.push(text));
  for (const text of ["q", "qu"]) {
    field.value = text;
    field.dispatchEvent(new Event("input"));
  }
  expect(typed).toEqual(["q", "qu"]);
  expect([field.type, field.getAttribute("aria-label")]).toEqual(["search", "filter layers…"]);
});

test("a list's first entry stands for all; hostile entries are text and give their own value", () => {
  const chosen: (string | null)[] = [];
  const entries = payloads.map((value) => ({ value, text: value }));
  const list = dropDown("Kind of layer", "all kinds", entries, (value) => chosen.push(value));
  place().append(list);
  expectHarmless();
  for (const value of ["3", ""]) {
    list.value = value;
    list.dispatchEvent(new Event("change"));
  }
  expect(chosen).toEqual([payloads[3], null]);
  expect(list.options[0].text).toBe("all kinds");
  expect(list.options[4].textContent).toBe(payloads[3]);
});
