/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { keepSliderKeys } from "../../extension/slider-keys";

test("a widget's slider keeps its keys once it has the focus, and nothing else does", () => {
  document.body.innerHTML =
    '<div class="jupyter-widgets"><div role="slider" tabindex="0"></div><button></button></div><div role="slider" tabindex="0"></div>';
  const [own, button, other] = document.querySelectorAll<HTMLElement>("[role=slider], button");
  const kept = () => [own, button, other].map((node) => node.hasAttribute("data-lm-suppress-shortcuts"));
  const end = keepSliderKeys(document);
  expect(kept()).toEqual([false, false, false]);
  for (const node of [own, button, other]) node.focus();
  expect(kept()).toEqual([true, false, false]);
  own.removeAttribute("data-lm-suppress-shortcuts");
  end();
  own.focus();
  expect(kept()).toEqual([false, false, false]);
});
