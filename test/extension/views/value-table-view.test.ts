/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { mountValueTable } from "../../../extension/views/value-table-view";
import type { TableView } from "../../../kernel/report/table";
import { payloads } from "../payloads";
import { all, catchFiles, expectHarmless, files, layOut, place, the } from "./page";

beforeAll(() => {
  layOut(900);
  catchFiles();
});

const tableOf = (names: readonly string[], rowsInAll = names.length): TableView => ({
  version: 1,
  kind: "table",
  columns: [
    { name: "i", type: "number", cells: names.map((_, i) => i) },
    { name: "name", type: "text", cells: names },
  ],
  rowsInAll,
  columnsInAll: 2,
});
const names = (root: ParentNode): string[] => all(root, "tbody tr td:last-child").map((cell) => cell.textContent ?? "");

test("a table sorts by its heads, is filtered where it is long, and is saved", async () => {
  const root = place();
  mountValueTable(root, tableOf(Array.from({ length: 20 }, (_, i) => `row ${i}`)));
  expect(root.getAttribute("aria-label")).toBe("Table of 20 rows and 2 columns");
  the<HTMLButtonElement>(root, ".cb-SortButton").click();
  expect(names(root)[0]).toBe("row 19");
  const filter = the<HTMLInputElement>(root, ".cb-Filter");
  filter.value = "row 1";
  filter.dispatchEvent(new Event("input"));
  expect(names(root)).toHaveLength(11);
  expect(the(root, "[role=status]").textContent).toBe("11 of 20 rows");
  filter.value = "nothing";
  filter.dispatchEvent(new Event("input"));
  expect(root.textContent).toContain("No row matches the filter.");
  the<HTMLButtonElement>(root, ".cb-Button").click();
  expect(files.at(-1)?.name).toBe("table-rows.csv");
});

test("a short table has no filter, and one that was cut says so", () => {
  const root = place();
  const mounted = mountValueTable(root, tableOf(["a"], 1000));
  expect(all(root, ".cb-Filter")).toEqual([]);
  expect(the(root, "[role=status]").textContent).toBe("1 of 1000 rows are shown.");
  mounted.dispose();
  expect(root.children).toHaveLength(0);
});

test("hostile names are text", () => {
  const root = place();
  mountValueTable(root, tableOf(payloads));
  expectHarmless();
});
