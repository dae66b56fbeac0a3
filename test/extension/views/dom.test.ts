/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { boundMark, drawing, element, markElement, nameElement, uniqueId } from "../../../extension/views/dom";
import { variantSymbols } from "../../../kernel/report/colours";
import { payloads } from "../payloads";
import { expectHarmless, place } from "./page";

test("text goes in as text, whatever it holds", () => {
  const root = place();
  for (const payload of payloads) {
    root.replaceChildren(element("p", { title: payload }, payload), nameElement(payload, "cb-Layer"));
    expectHarmless();
    expect(root.children[0].textContent).toBe(payload);
    expect(root.children[1].textContent).toBe(payload);
    expect(root.children[1].tagName).toBe("BDI");
  }
});

test("attributes that are undefined or false are left out; true stands without a value", () => {
  const node = element("input", { type: "checkbox", hidden: true, disabled: false, title: undefined });
  expect(node.outerHTML).toBe('<input type="checkbox" hidden="" data-lm-suppress-shortcuts="true">');
});

test("what can have the focus keeps its keys from the notebook", () => {
  const marked = (node: Element): boolean => node.hasAttribute("data-lm-suppress-shortcuts");
  expect([element("button"), element("select"), element("div", { tabindex: 0 }), element("div")].map(marked)).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test("every variant's symbol has a shape of its own; drawings are out of a screen reader's way", () => {
  const marks = variantSymbols.map((symbol) => markElement("#000", symbol));
  expect(new Set(marks.map((mark) => mark.innerHTML)).size).toBe(variantSymbols.length);
  expect(marks.every((mark) => mark.getAttribute("aria-hidden") === "true")).toBe(true);
  expect(markElement("#000", "unknown").innerHTML).toBe(marks[0].innerHTML);
  expect(drawing("svg", {}).namespaceURI).toBe("http://www.w3.org/2000/svg");
});

test("three bounds are told apart by their dashes; the fourth is the first again", () => {
  const dashes = [0, 1, 2, 3].map((bound) => boundMark(bound).innerHTML);
  expect(new Set(dashes).size).toBe(3);
  expect(dashes[3]).toBe(dashes[0]);
});

test("no id is given twice", () => {
  expect(uniqueId("layer")).not.toBe(uniqueId("layer"));
});
