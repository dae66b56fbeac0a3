/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { OptionList } from "../../../extension/views/option-list";
import { all, place } from "./page";

test("a place becomes a list box that names its active option; leaving takes the name away", () => {
  const root = place();
  const options = new OptionList(root, "layer");
  root.append(options.node);
  options.fill("2 layers.", [
    { key: "0", sentence: "first" },
    { key: "1", sentence: "<b>second</b>" },
  ]);
  expect([root.getAttribute("role"), root.getAttribute("aria-label"), root.getAttribute("tabindex")]).toEqual([
    "listbox",
    "2 layers.",
    "0",
  ]);
  options.setActive("1");
  const id = root.getAttribute("aria-activedescendant") ?? "";
  expect(document.getElementById(id)?.textContent).toBe("<b>second</b>");
  const selected = () => all(root, "[role=option]").map((node) => node.getAttribute("aria-selected"));
  expect(selected()).toEqual(["false", "true"]);
  // What is filled anew keeps the choice.
  options.fill("1 layer.", [{ key: "1", sentence: "second" }]);
  expect(selected()).toEqual(["true"]);
  options.setActive(null);
  expect([selected(), root.hasAttribute("aria-activedescendant")]).toEqual([["false"], false]);
});

test("options of two lists never share an id", () => {
  const root = place();
  const lists = [new OptionList(root, "layer"), new OptionList(root, "layer")];
  for (const list of lists) {
    list.fill("", [{ key: "0", sentence: "" }]);
    root.append(list.node);
  }
  const ids = all(root, "[role=option]").map(({ id }) => id);
  expect(new Set(ids).size).toBe(2);
});
