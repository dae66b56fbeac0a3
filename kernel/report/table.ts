/** A table of values, as plain data: what a cell shows of an array of objects, and how saved ones are checked. */
import type { Reader } from "./reader";

/** Bounds on what is sent, saved and drawn: a table is looked at, and longer data belong in a file. */
export const tableLimits = { rows: 500, columns: 40, characters: 300 } as const;

/** What a cell holds: a finite number, text (infinite numbers and big integers too), or null where an object has no such key. */
export type TableViewCell = number | string | null;

/** A column of a table. */
export interface TableViewColumn {
  /** The key of the objects; "" over what has no key. */
  readonly name: string;
  /** "number" where nothing but numbers stands in it: they stand right and sort by size. */
  readonly type: "number" | "text";
  /** A cell for each row. */
  readonly cells: readonly TableViewCell[];
}

/** The first rows of an array of objects, column by column. */
export interface TableView {
  /** Version of the contract. */
  readonly version: 1;
  /** Tells it from other views. */
  readonly kind: "table";
  /** In the order in which the keys come. */
  readonly columns: readonly TableViewColumn[];
  /** Rows of the data, of which at most 500 are here. */
  readonly rowsInAll: number;
  /** Keys of the data, of which at most 40 are here. */
  readonly columnsInAll: number;
}

/** Saved JSON → a whole table, its fields copied; throws `Malformed` with the place of the first wrong one. */
export function checkTable(view: Reader): TableView {
  const columns = view.list("columns", tableLimits.columns, (column) => ({
    name: column.text("name"),
    type: column.word("type", ["number", "text"]),
    cells: column.cells("cells", tableLimits.rows),
  }));
  const length = columns[0]?.cells.length ?? 0;
  if (columns.some(({ cells }) => cells.length !== length)) throw view.malformed("are not equally long", "columns");
  return {
    version: 1,
    kind: "table",
    columns,
    rowsInAll: view.count("rowsInAll"),
    columnsInAll: view.count("columnsInAll"),
  };
}

/** A cell as a reader sees it: five significant digits, whole numbers as they are, nothing for null. */
export function tableCellText(cell: TableViewCell): string {
  if (cell === null) return "";
  if (typeof cell === "string") return cell;
  if (Number.isInteger(cell) && Math.abs(cell) < 1e15) return Object.is(cell, -0) ? "-0" : String(cell);
  return String(Number(cell.toPrecision(5)));
}

/** What is left out of the table where its first `rows` rows are shown, as a sentence; undefined where it is whole. */
export function tableRest(view: TableView, rows = view.columns[0]?.cells.length ?? 0): string | undefined {
  const parts = [
    ...(view.rowsInAll > rows ? [`${rows} of ${view.rowsInAll} rows`] : []),
    ...(view.columnsInAll > view.columns.length ? [`${view.columns.length} of ${view.columnsInAll} columns`] : []),
  ];
  return parts.length === 0 ? undefined : `${parts.join(" and ")} are shown.`;
}
