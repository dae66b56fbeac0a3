import { sortRows } from "../../../extension/figures/table";
import { valueCsv, valueTable } from "../../../extension/figures/value-table";
import type { TableView } from "../../../kernel/report/table";

const view: TableView = {
  version: 1,
  kind: "table",
  columns: [
    { name: "name", type: "text", cells: ["b10", "b2", null] },
    { name: "n", type: "number", cells: [0.123456789, "Infinity", "99999999999999999999"] },
    { name: "=x", type: "text", cells: ["=1+1", 'a "b"', "<b>"] },
  ],
  rowsInAll: 3,
  columnsInAll: 3,
};

test("numbers sort by size, also those that travel as text, and words by the alphabet", () => {
  const table = valueTable(view, [0, 1, 2]);
  expect(sortRows(table, 1, false)).toEqual([0, 2, 1]);
  expect(sortRows(table, 0, false)).toEqual([2, 1, 0]);
  expect(table.columns[1].cell(0).text).toBe("0.12346");
});

test("CSV has every digit, and no formula", () => {
  expect(valueCsv(view)).toBe(
    ['name,n,"\'=x"', 'b10,0.123456789,"\'=1+1"', 'b2,Infinity,"a ""b"""', ",99999999999999999999,<b>", ""].join(
      "\r\n",
    ),
  );
});
