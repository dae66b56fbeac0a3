/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { element } from "../../../extension/views/dom";
import { Tooltip } from "../../../extension/views/tooltip";
import { all, layOut, place, the } from "./page";

beforeAll(() => layOut(900));

test("built anew for another key only; hidden, shown, taken away", () => {
  place();
  const tip = new Tooltip();
  let built = 0;
  const show = (key: string): void =>
    tip.show(
      key,
      () => {
        built++;
        return [element("p", {}, key)];
      },
      10,
      20,
    );
  show("a");
  show("a");
  expect([built, the(document, ".cb-Tip").textContent]).toEqual([1, "a"]);
  show("b");
  expect([built, the(document, ".cb-Tip").getAttribute("role")]).toEqual([2, "tooltip"]);
  tip.hide();
  expect(the(document, ".cb-Tip").hidden).toBe(true);
  tip.dispose();
  expect(all(document, ".cb-Tip")).toEqual([]);
});

test("stays inside the window", () => {
  place();
  const tip = new Tooltip();
  tip.show("a", () => [], 5000, 790);
  const { left, top } = the(document, ".cb-Tip").style;
  expect(parseFloat(left)).toBeLessThanOrEqual(900 - 8);
  expect(parseFloat(top)).toBeLessThan(800);
  tip.show("a", () => [], -50, -50);
  expect([the(document, ".cb-Tip").style.left, the(document, ".cb-Tip").style.top]).toEqual(["4px", "4px"]);
});
