/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { smallHistogram } from "../../../extension/views/small-histogram";

const histogram = { minimum: -1, maximum: 3, counts: [1, 4, 2, 0], below: 1, above: 0 };

test("an image that says in words what it shows", () => {
  const svg = smallHistogram(histogram, 8);
  expect([svg?.getAttribute("role"), svg?.getAttribute("aria-label")]).toEqual([
    "img",
    "Weights from -1.00 to 3.00, 12.5 % outside",
  ]);
  expect(svg?.querySelector("title")?.textContent).toBe(svg?.getAttribute("aria-label"));
});

test("zero is ticked where it is inside; many bins go together in at most 48 columns", () => {
  const zero = (minimum: number) => smallHistogram({ ...histogram, minimum }, 8)?.querySelector(".cb-SmallZero");
  expect([zero(-1) === null, zero(1)]).toEqual([false, null]);
  const counts = Array.from({ length: 512 }, (_, k) => k);
  const path =
    smallHistogram({ ...histogram, counts }, 8)
      ?.querySelector(".cb-SmallBars")
      ?.getAttribute("d") ?? "";
  expect(path.split("M").length - 1).toBe(Math.ceil(512 / 11));
});

test("no bins, no picture", () => {
  expect(smallHistogram({ ...histogram, counts: [] }, 8)).toBeNull();
});
