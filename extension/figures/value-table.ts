import { csvLines } from "../../kernel/report/csv";
import { tableCellText, type TableView, type TableViewCell } from "../../kernel/report/table";
import { plainColumn, type Table } from "./table";
import { visible } from "./text";

/** What a cell sorts by: numbers by size, with infinite ones and big integers, which travel as text; words by the alphabet. */
const sortKey = (cell: TableViewCell, numeric: boolean): number | string => {
  if (!numeric) return cell ?? "";
  const number = cell === null ? NaN : Number(cell);
  return Number.isNaN(number) ? -Infinity : number;
};

/** The rows of an array of objects, in the order of `rows`. */
export function valueTable(view: TableView, rows: readonly number[]): Table {
  return {
    rows,
    columns: view.columns.map(({ name, type, cells }) =>
      plainColumn(visible(name), type === "number", (row) => ({
        text: visible(tableCellText(cells[row])),
        sort: sortKey(cells[row], type === "number"),
      })),
    ),
  };
}

/** The rows that are here as CSV, numbers with all of their digits. */
export function valueCsv(view: TableView): string {
  const length = view.columns[0]?.cells.length ?? 0;
  const lines = Array.from({ length }, (_, row) => view.columns.map(({ cells }) => cells[row]));
  return csvLines([view.columns.map(({ name }) => name), ...lines]);
}
