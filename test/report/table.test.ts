import { readerOf } from "../../kernel/report/reader";
import { checkTable, tableCellText, tableLimits, tableRest, type TableView } from "../../kernel/report/table";

const column = (name: string, type: "number" | "text", cells: readonly (number | string | null)[]) => ({
  name,
  type,
  cells,
});
const table: TableView = {
  version: 1,
  kind: "table",
  columns: [column("a", "number", [1, null]), column("b", "text", ["x", "y"])],
  rowsInAll: 9,
  columnsInAll: 2,
};

test("a saved table is read whole, and nothing beside it", () => {
  expect(checkTable(readerOf({ ...table, more: 1 }))).toEqual(table);
});

test.each([
  [{ columns: 5 }, "columns is not a list"],
  [{ columns: [{ name: 1, type: "text", cells: [] }] }, "columns[0].name is not text"],
  [{ columns: [column("a", "html" as "text", [])] }, 'columns[0].type is "html"'],
  [{ columns: [column("a", "text", [{} as string])] }, "columns[0].cells[0] is not a finite number"],
  [{ columns: [column("a", "text", ["1"]), column("b", "text", [])] }, "columns are not equally long"],
  [{ columns: Array(tableLimits.columns + 1).fill(column("a", "text", [])) }, "at most 40 are drawn"],
  [{ columns: [column("a", "text", Array<string>(tableLimits.rows + 1).fill("x"))] }, "at most 500 are drawn"],
  [{ rowsInAll: -1 }, "rowsInAll is negative"],
])("%j is refused", (wrong, message) => {
  expect(() => checkTable(readerOf({ ...table, ...wrong }))).toThrow(message);
});

test.each([
  [null, ""],
  ["text", "text"],
  [1234567, "1234567"],
  [-0, "-0"],
  [0.123456789, "0.12346"],
  [1e21, "1e+21"],
  [1.5e-9, "1.5e-9"],
])("the cell %p reads %p", (cell, words) => {
  expect(tableCellText(cell)).toBe(words);
});

test("what is left out is said", () => {
  expect(tableRest(table)).toBe("2 of 9 rows are shown.");
  expect(tableRest({ ...table, columnsInAll: 50 }, 1)).toBe("1 of 9 rows and 2 of 50 columns are shown.");
  expect(tableRest({ ...table, rowsInAll: 2 })).toBeUndefined();
});
