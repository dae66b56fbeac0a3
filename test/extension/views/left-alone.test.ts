/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { leftAloneParts } from "../../../extension/views/left-alone";

test("what was left alone stands under the report, names as text", () => {
  const names = ["<b>pos_embed</b>"];
  const group = { role: "buffer", reason: "a table of positions", tensors: 1, parameters: 4, names };
  const [part] = leftAloneParts({ leftAlone: { tensors: 1, parameters: 4, groups: [group] } });
  expect(part.querySelector("summary")?.textContent).toContain("Left alone: 1 tensor");
  expect(part.querySelector("li")?.textContent).toContain(names[0]);
  expect(part.querySelector("b")).toBeNull();
});

test("a report that took all has no such part", () => {
  expect(leftAloneParts({})).toEqual([]);
});
