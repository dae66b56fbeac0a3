/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { mountModelView } from "../../../extension/views/model-view";
import type { ModelView } from "../../../kernel/report/model";
import { payloadModel, payloads } from "../payloads";
import { all, catchFiles, expectHarmless, files, layOut, place, the } from "./page";

beforeAll(() => {
  layOut(900);
  catchFiles();
});

const tensor = (name: string, block: string, blockIndex: number | null, kind: string) => ({
  ...{ name, block, blockIndex, kind, shape: [2, 2], dtype: "F32", parameters: 4, bytes: 16 },
});
const model: ModelView = {
  version: 1,
  kind: "model",
  model: { name: "toy", format: "memory", parameters: 12, bytes: 48 },
  tensors: [
    tensor("h.10.up", "block 10", 10, "up"),
    tensor("h.2.up", "block 2", 2, "up"),
    tensor("h.2.down", "block 2", 2, "down"),
  ],
};
const names = (root: ParentNode): string[] => all(root, ".cb-Layer").map((node) => node.textContent ?? "");

test("tensors stand by block; the view says what it is to a screen reader", () => {
  const root = place();
  mountModelView(root, model);
  expect(names(root)).toEqual(["h.2.up", "h.2.down", "h.10.up"]);
  expect(all(root, "th[scope=rowgroup]").map((head) => head.textContent)).toEqual(["block 2", "block 10"]);
  expect(root.getAttribute("aria-label")).toBe("toy: 12 parameters, 48 B, memory. 3 tensors.");
  expect(all(root, ".cb-Picture")).toEqual([]);
});

test("filter and kind leave what matches, and say how many; nothing has its sentence", () => {
  const root = place();
  mountModelView(root, model);
  const filter = the<HTMLInputElement>(root, ".cb-Filter");
  const type = (text: string): void => {
    filter.value = text;
    filter.dispatchEvent(new Event("input"));
  };
  type("f32 H.2");
  expect([names(root), the(root, "[role=status]").textContent]).toEqual([["h.2.up", "h.2.down"], "2 of 3 tensors"]);
  const kinds = the<HTMLSelectElement>(root, ".cb-Select");
  kinds.value = String([...kinds.options].findIndex(({ text }) => text === "down (1)") - 1);
  kinds.dispatchEvent(new Event("change"));
  expect(names(root)).toEqual(["h.2.down"]);
  type("nothing");
  expect(root.textContent).toContain("No tensor matches the filter.");
});

test("the list arrives as CSV; an empty model says so; taken away it leaves nothing", async () => {
  const root = place();
  const mounted = mountModelView(root, { ...model, tensors: [] });
  expect(root.textContent).toContain("This model holds no tensors.");
  the<HTMLButtonElement>(root, ".cb-Buttons button").click();
  expect(files.map(({ name }) => name)).toEqual(["toy-tensors.csv"]);
  expect(await files[0].text()).toMatch(/^tensor,block,/);
  mounted.dispose();
  expect(root.children).toHaveLength(0);
});

test("hostile names are text, beside small histograms", () => {
  const root = place();
  mountModelView(root, payloadModel() as ModelView);
  expectHarmless();
  expect([...names(root)].sort()).toEqual([...payloads].sort());
  expect(all(root, "td.cb-Picture svg[role=img]")).toHaveLength(payloads.length);
});
