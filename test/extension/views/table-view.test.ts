/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { plainColumn, type Table } from "../../../extension/figures/table";
import { TableView } from "../../../extension/views/table-view";
import { payloads } from "../payloads";
import { all, expectHarmless, place, the } from "./page";

const names = ["b", "a", "c"];
const sizes = [2, 3, 1];
const table: Table = {
  rows: [0, 1, 2],
  columns: [
    plainColumn("layer", false, (row) => ({ text: names[row], sort: names[row] })),
    {
      ...{ head: "ours", group: "SQNR, dB", numeric: true, variant: 0 },
      cell: (row) => ({ text: String(sizes[row]), sort: sizes[row], bar: sizes[row] / 3 }),
    },
  ],
};
const paint = [{ colour: "#0072b2", symbol: "circle" }];
const order = (root: ParentNode): string[] => all(root, ".cb-Layer").map((node) => node.textContent ?? "");
const sortedBy = (root: ParentNode): (string | null)[] =>
  all(root, "th[aria-sort]").map((head) => head.getAttribute("aria-sort"));

test("numbers fall first, words rise first; a third press gives the model's order back; the head keeps the focus", () => {
  const view = new TableView("Layers as a table", {});
  place().append(view.node);
  view.draw(table, paint);
  const press = (column: number): void => all<HTMLButtonElement>(view.node, ".cb-SortButton")[column].click();
  expect([order(view.node), sortedBy(view.node)]).toEqual([
    ["b", "a", "c"],
    ["none", "none"],
  ]);
  press(1);
  expect([order(view.node), sortedBy(view.node)]).toEqual([
    ["a", "b", "c"],
    ["none", "descending"],
  ]);
  expect(document.activeElement).toBe(all(view.node, ".cb-SortButton")[1]);
  press(1);
  expect(order(view.node)).toEqual(["c", "b", "a"]);
  press(1);
  expect(order(view.node)).toEqual(["b", "a", "c"]);
  press(0);
  expect([order(view.node), sortedBy(view.node)]).toEqual([
    ["a", "b", "c"],
    ["ascending", "none"],
  ]);
});

test("groups stand over their columns, blocks over their rows as long as the order is the model's", () => {
  const view = new TableView("Layers", { group: (row) => (row < 2 ? "block 0" : "block 1") });
  view.draw(table, paint);
  expect(all(view.node, "th[scope=colgroup]").map((head) => head.textContent)).toEqual(["", "SQNR, dB"]);
  const blocks = () => all(view.node, "th[scope=rowgroup]").map((head) => head.textContent);
  expect(blocks()).toEqual(["block 0", "block 1"]);
  all<HTMLButtonElement>(view.node, ".cb-SortButton")[1].click();
  expect(blocks()).toEqual([]);
});

test("bars are as long as the share, in the variant's colour", () => {
  const view = new TableView("Layers", {});
  view.draw(table, paint);
  const bars = all(view.node, ".cb-Barred").map(({ style }) => style.getPropertyValue("--cb-share"));
  expect(bars).toEqual(["66.7%", "100.0%", "33.3%"]);
  expect(the(view.node, ".cb-Barred").style.getPropertyValue("--cb-colour")).toBe("#0072b2");
});

test("a name opens its row; the active row is marked, and stays so when the order changes", () => {
  const picked: number[] = [];
  const view = new TableView("Layers", { pick: (row) => picked.push(row) });
  view.draw(table, paint);
  all<HTMLButtonElement>(view.node, ".cb-RowButton")[1].click();
  expect(picked).toEqual([1]);
  view.setActive(1);
  const active = () => all(view.node, ".cb-Row-active").map(({ dataset }) => dataset.row);
  expect(active()).toEqual(["1"]);
  all<HTMLButtonElement>(view.node, ".cb-SortButton")[0].click();
  expect(active()).toEqual(["1"]);
});

test("a picture beside each row; the head has a place for it", () => {
  const view = new TableView("Tensors", { picture: (row) => (row === 0 ? document.createElement("i") : null) });
  view.draw(table, paint);
  expect(all(view.node, "tbody .cb-Picture").map((cell) => cell.children.length)).toEqual([1, 0, 0]);
  expect(all(view.node, "thead .cb-Picture")).toHaveLength(2);
});

test("a sort by a column that is gone is forgotten; hostile names are text", () => {
  const view = new TableView("Layers", {});
  place().append(view.node);
  view.draw(table, paint);
  all<HTMLButtonElement>(view.node, ".cb-SortButton")[1].click();
  view.draw(
    {
      rows: payloads.map((_, i) => i),
      columns: [plainColumn(payloads[0], false, (row) => ({ text: payloads[row], sort: payloads[row] }))],
    },
    [],
  );
  expect(order(view.node)).toEqual([...payloads]);
  expectHarmless();
});
