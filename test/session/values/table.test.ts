/** @jest-environment jsdom */
"use strict"; // the compiler puts its own above every comment, where Jest would not look

import { consoleTable, rowsOf, tableForms, tableHtml, tableOf, tableText } from "../../../kernel/session/values/table";
import { payloads } from "../../extension/payloads";

const rows = [
  { layer: "query", bits: 4, error: 0.123456789 },
  { layer: "key", bits: 4.5, error: NaN },
];

test("an array of objects is a table, in the order of its keys", () => {
  expect(tableOf(rows)).toEqual({
    version: 1,
    kind: "table",
    columns: [
      { name: "layer", type: "text", cells: ["query", "key"] },
      { name: "bits", type: "number", cells: [4, 4.5] },
      { name: "error", type: "number", cells: [0.123456789, "NaN"] },
    ],
    rowsInAll: 2,
    columnsInAll: 3,
  });
  expect(tableText(tableOf(rows))).toBe(
    ["layer  bits    error", "query     4  0.12346", "key     4.5      NaN"].join("\n"),
  );
  expect(Object.keys(tableForms(tableOf(rows)))).toEqual([
    "application/vnd.codebook.view+json",
    "text/html",
    "text/plain",
  ]);
});

test.each([
  [[]],
  [[1, 2]],
  [[{ a: 1 }, 5]],
  [[{ a: 1 }, null]],
  [[{}, {}]],
  [[[1], [2]]],
  [[new Map(), new Map()]],
  [[new Date()]],
  [[new Error("e")]],
  [[Promise.resolve()]],
  [[{ a: {}, b: {}, c: 1 }]],
  [[new Proxy({ a: 1 }, {})]],
  [new Proxy([{ a: 1 }], {})],
  [[{ a: 1, [Symbol.for("Jupyter.display")]: () => ({}) }]],
  [{ a: 1 }],
])("%p is none", (value) => {
  expect(rowsOf(value)).toBeUndefined();
});

test("missing values, getters, big integers, cycles and nested data stand in their cells", () => {
  const cycle: Record<string, unknown> = { a: 1n };
  cycle.self = cycle;
  const data = [
    cycle,
    {
      b: null,
      get computed(): number {
        throw new Error("asked");
      },
      list: [1, [2]],
    },
  ];
  const cells = Object.fromEntries(tableOf(data).columns.map(({ name, cells }) => [name, cells]));
  expect(cells).toMatchObject({
    a: ["1", null],
    b: [null, null],
    computed: [null, "[Getter]"],
    list: [null, "[ 1, [Array] ]"],
  });
  expect(String(cells.self[0])).toContain("[Circular");
});

test("a million rows and a thousand keys are bounded, and say so", () => {
  const long = Array.from({ length: 1_000_000 }, (_, i) => ({ i, text: "x".repeat(1000) }));
  const view = tableOf(rowsOf(long) ?? []);
  expect(view.columns.map(({ cells }) => cells.length)).toEqual([500, 500]);
  expect(view.rowsInAll).toBe(1_000_000);
  const text = tableText(view);
  expect(text.split("\n")).toHaveLength(42);
  expect(text).toMatch(/40 of 1000000 rows are shown\.$/);
  expect(JSON.stringify(tableForms(view)).length).toBeLessThan(400_000);
  const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key ${i}`, i]));
  expect(tableOf([wide]).columns).toHaveLength(40);
  expect(tableText(tableOf([wide]))).toContain("40 of 1000 columns are shown.");
});

test("lines of text fit the page", () => {
  const wide = Array.from({ length: 3 }, (_, i) => ({ i, a: "a".repeat(300), b: "b".repeat(90), c: "short" }));
  const lines = tableText(tableOf(wide)).split("\n");
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
  expect(lines[1]).toContain("short");
  const many = [Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`a long name ${i}`, "value"]))];
  expect(tableText(tableOf(many))).toMatch(/\d+ more columns do not fit\./);
});

test("hostile texts stay text in the HTML, which is well-formed", () => {
  const view = tableOf(payloads.map((name, i) => ({ i, [payloads[i % 7]]: name })));
  const { body } = new DOMParser().parseFromString(tableHtml(view), "text/html");
  const names = new Set([...body.querySelectorAll("*")].map((node) => node.localName));
  expect([...names].sort()).toEqual(
    ["p", "table", "tbody", "td", "th", "thead", "tr"].filter((name) => names.has(name)),
  );
  for (const node of body.querySelectorAll("*"))
    expect(node.getAttributeNames().filter((name) => !["scope", "align", "style"].includes(name))).toEqual([]);
});

test("console.table takes lists of lists, objects of objects, maps, sets and values, and the names of columns", () => {
  const shown = (data: unknown, names?: unknown) =>
    consoleTable(data, names)?.columns.map(({ name, cells }) => [name, ...cells]);
  expect(
    shown([
      [1, 2],
      [3, 4],
    ]),
  ).toEqual([
    ["(index)", "0", "1"],
    ["0", 1, 3],
    ["1", 2, 4],
  ]);
  expect(shown({ x: { a: 1 }, y: 5 })).toEqual([
    ["(index)", "x", "y"],
    ["a", 1, null],
    ["Values", null, 5],
  ]);
  expect(shown(new Map([["k", 1]]))).toEqual([
    ["(index)", "0"],
    ["Key", "k"],
    ["Values", 1],
  ]);
  expect(shown(new Set(["k"]))).toEqual([
    ["(index)", "0"],
    ["Values", "k"],
  ]);
  expect(shown([{ a: 1, b: 2 }], ["b"])).toEqual([
    ["(index)", "0"],
    ["b", 2],
  ]);
  for (const none of [5, "text", null, [], {}, new Proxy([1], {})]) expect(consoleTable(none)).toBeUndefined();
});
