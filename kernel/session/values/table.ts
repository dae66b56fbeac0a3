/** Arrays of objects, and what `console.table` takes, as a table: for the extension, as HTML that asks for nothing, and as text that fits the
 *  page. Hostile texts stay text. */
import { inspect, types } from "node:util";
import { tableCellText, tableLimits, tableRest } from "../../report/table";
import type { TableView, TableViewCell, TableViewColumn } from "../../report/table";
import { escapeMarkup, visibleText } from "../../report/visible-text";
import { viewMimeType } from "../../report/types";
import { displaySymbol, hasMethod, isOpen, isPlainObject, ownValue } from "./plain";

/** The widest line of a table in text, in characters: what fits a page of a notebook and a sheet of paper. */
const lineWidth = 100;

/** The most rows of the forms for those who have no extension. */
const mostHtmlRows = 100;
const mostTextRows = 40;

/** A value in a cell. */
function cellOf(value: unknown): TableViewCell {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value === "string") return shorten(value);
  try {
    return shorten(inspect(value, { depth: 0, breakLength: Infinity, maxArrayLength: 4, showProxy: true }));
  } catch {
    return `[${typeof value}]`;
  }
}

const shorten = (text: string): string =>
  text.length > tableLimits.characters ? `${text.slice(0, tableLimits.characters - 1)}…` : text;

const isNumeric = (value: unknown): boolean => typeof value === "number" || typeof value === "bigint";

/** True for an object that stands in a table as a row: it has keys, shows itself in no way of its own, and is no collection. */
function isRow(value: unknown): value is object {
  if (!isOpen(value) || Array.isArray(value) || ArrayBuffer.isView(value)) return false;
  if (types.isMap(value) || types.isSet(value) || types.isDate(value) || types.isNativeError(value)) return false;
  if (types.isPromise(value) || types.isRegExp(value) || displaySymbol in value) return false;
  if (!isPlainObject(value) && hasMethod(value, "read")) return false;
  return Object.keys(value).length > 0;
}

/** The rows of an array, where each of its elements is an object with keys and half of what stands under the keys is simple. Errors keep their
 *  lines, for which a cell of a table has no room. */
export function rowsOf(value: unknown): readonly object[] | undefined {
  if (types.isProxy(value) || !Array.isArray(value) || value.length === 0) return undefined;
  const first = value.slice(0, tableLimits.rows) as unknown[];
  if (!first.every(isRow)) return undefined;
  const cells = first.flatMap((row) => Object.keys(row).map((key) => ownValue(row, key)));
  if (cells.some((cell) => types.isNativeError(cell))) return undefined;
  const simple = cells.filter((cell) => cell === null || (typeof cell !== "object" && typeof cell !== "function"));
  return simple.length * 2 >= cells.length ? (value as object[]) : undefined;
}

/** The table of some rows. `names`: only these columns, in this order; absent: the keys in the order in which they come. */
export function tableOf(rows: readonly object[], names?: readonly string[], labels?: readonly string[]): TableView {
  const first = rows.slice(0, tableLimits.rows);
  const keys = [...new Set(names ?? first.flatMap((row) => Object.keys(row)))];
  const columns: TableViewColumn[] = keys.slice(0, tableLimits.columns - (labels ? 1 : 0)).map((key) => {
    const values = first.map((row) => ownValue(row, key));
    const given = values.filter((value) => value !== undefined && value !== null);
    const type = given.length > 0 && given.every(isNumeric) ? "number" : "text";
    const plain = (value: unknown) => (typeof value === "bigint" ? String(value) : cellOf(value));
    return { name: shorten(key), type, cells: values.map(plain) };
  });
  if (labels !== undefined) columns.unshift({ name: "(index)", type: "text", cells: labels.slice(0, first.length) });
  return { version: 1, kind: "table", columns, rowsInAll: rows.length, columnsInAll: keys.length + (labels ? 1 : 0) };
}

/** The table as HTML without a script or a style sheet: numbers to the right. */
export function tableHtml(view: TableView): string {
  const attributes = ({ type }: TableViewColumn) =>
    type === "number" ? ' align="right" style="text-align:right"' : ' align="left" style="text-align:left"';
  const head = view.columns.map((column) => `<th scope="col"${attributes(column)}>${escapeMarkup(column.name)}</th>`);
  const length = Math.min(mostHtmlRows, view.columns[0]?.cells.length ?? 0);
  const lines = Array.from({ length }, (_, row) => {
    const cells = view.columns.map(
      (column) => `<td${attributes(column)}>${escapeMarkup(tableCellText(column.cells[row]))}</td>`,
    );
    return `<tr>${cells.join("")}</tr>`;
  });
  const rest = tableRest(view, length);
  return [
    `<table><thead><tr>${head.join("")}</tr></thead><tbody>`,
    ...lines,
    `</tbody></table>${rest === undefined ? "" : `<p>${rest}</p>`}`,
  ].join("\n");
}

const cut = (text: string, width: number): string => {
  const letters = [...text];
  return letters.length > width ? `${letters.slice(0, width - 1).join("")}…` : text;
};

/** The table as text whose lines are at most `width` characters long: long cells are cut, and columns that do not fit are counted. */
export function tableText(view: TableView, width = lineWidth): string {
  const rows = Math.min(mostTextRows, view.columns[0]?.cells.length ?? 0);
  const texts = view.columns.map((column) =>
    [column.name, ...column.cells.slice(0, rows).map(tableCellText)].map(visibleText),
  );
  const wanted = texts.map((column) => Math.max(1, ...column.map((text) => [...text].length)));
  // Every column may be so wide that all fit; what narrow ones do not need goes to the wide ones.
  let widest = Math.max(1, ...wanted);
  const total = (most: number) => wanted.reduce((sum, one) => sum + Math.min(one, most) + 2, -2);
  while (widest > 8 && total(widest) > width) widest--;
  const widths = wanted.map((one) => Math.min(one, widest));
  let fitting = 0;
  for (let used = -2; fitting < widths.length && used + widths[fitting] + 2 <= width; fitting++)
    used += widths[fitting] + 2;
  const shown = Math.max(1, fitting);
  const lines = Array.from({ length: texts[0]?.length ?? 0 }, (_, row) =>
    texts
      .slice(0, shown)
      .map((column, at) => {
        const text = cut(column[row], widths[at]);
        const blank = " ".repeat(widths[at] - [...text].length);
        return view.columns[at].type === "number" ? blank + text : text + blank;
      })
      .join("  ")
      .trimEnd(),
  );
  const rest = tableRest(view, rows);
  return [
    ...lines,
    ...(shown < view.columns.length ? [`${view.columns.length - shown} more columns do not fit.`] : []),
    ...(rest === undefined ? [] : [rest]),
  ].join("\n");
}

/** The three forms of a table. */
export const tableForms = (view: TableView): Record<string, unknown> => ({
  [viewMimeType]: view,
  "text/html": tableHtml(view),
  "text/plain": tableText(view),
});

/** The table of what `console.table` was given, with the keys or indices of the data as its first column; undefined for what is no table. */
export function consoleTable(data: unknown, names?: unknown): TableView | undefined {
  if (!isOpen(data)) return undefined;
  let entries: [string, unknown][];
  if (types.isMap(data))
    entries = [...data].map(([key, value], at) => [String(at), isRow(value) ? value : { Key: key, Values: value }]);
  else if (types.isSet(data)) entries = [...data].map((value, at) => [String(at), value]);
  else
    entries = Object.keys(data)
      .slice(0, 100_000)
      .map((key) => [key, ownValue(data, key)]);
  if (entries.length === 0) return undefined;
  const rows = entries.map(([, value]) => {
    if (Array.isArray(value) || isRow(value)) return value as object;
    return { Values: value };
  });
  const wanted = Array.isArray(names) ? names.map(String) : undefined;
  return tableOf(
    rows,
    wanted,
    entries.map(([key]) => key),
  );
}
