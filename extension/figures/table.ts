import { shape } from "./numbers";

/** A column of a table: what its cells say, what they sort by, and how long their bar is. */
export interface TableColumn {
  readonly head: string;
  /** Written above columns that belong together. */
  readonly group: string;
  readonly numeric: boolean;
  /** The variant whose colour the column takes, if any. */
  readonly variant: number | null;
  readonly cell: (row: number) => TableCell;
}

/** A cell: its text, its place in the order, its bar. */
export interface TableCell {
  readonly text: string;
  readonly sort: number | string;
  /** 0–1, or null for no bar. */
  readonly bar: number | null;
}

/** A table as plain data and functions of a row. */
export interface Table {
  readonly columns: readonly TableColumn[];
  /** Indices of layers or tensors, in the order of the model or the one that the reader's filters give. */
  readonly rows: readonly number[];
}

/** A column of text or of numbers without a group or a bar. */
export const plainColumn = (
  head: string,
  numeric: boolean,
  cell: (row: number) => Omit<TableCell, "bar">,
): TableColumn => ({ head, group: "", numeric, variant: null, cell: (row) => ({ ...cell(row), bar: null }) });

/** The columns with a tensor's name, under the heading `head`, and its shape. */
export const tensorColumns = (
  head: string,
  tensor: (row: number) => { readonly name: string; readonly shape: readonly number[]; readonly parameters: number },
): readonly TableColumn[] => [
  plainColumn(head, false, (row) => ({ text: tensor(row).name, sort: tensor(row).name })),
  plainColumn("shape", true, (row) => ({ text: shape(tensor(row).shape), sort: tensor(row).parameters })),
];

/** The rows in the order of a column: numbers by size, words by the alphabet with numbers inside them by size. */
export function sortRows(table: Table, column: number, descending: boolean): readonly number[] {
  const keys = new Map(table.rows.map((row) => [row, table.columns[column].cell(row).sort]));
  const sign = descending ? -1 : 1;
  return [...table.rows].sort((a, b) => {
    const [left, right] = [keys.get(a) ?? "", keys.get(b) ?? ""];
    const order =
      typeof left === "number" && typeof right === "number"
        ? left === right
          ? 0
          : left < right
            ? -1
            : 1
        : String(left).localeCompare(String(right), "en", { numeric: true });
    return order === 0 ? a - b : sign * order;
  });
}
