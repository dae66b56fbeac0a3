/** The report as comma-separated values (RFC 4180, CRLF): one row for each layer and variant, every measure at full precision.
 *  Histograms and levels are left out. An SQNR of +∞ (nothing lost) is "inf", which pandas, numpy and R read as a number. */
import { visibleText } from "./visible-text";
import { measureKeys, measures } from "./measures";
import type { Report } from "./types";

/** What a cell may hold; null and undefined leave it empty. */
type Cell = string | number | null | undefined;

/** The heading of each column, in order. */
export const csvColumns: readonly string[] = [
  ..."layer block block_index kind shape dtype parameters layer_bytes variant scheme".split(" "),
  ...measureKeys.map((key) => measures[key].column),
  "steps",
];

/** Quotes where needed. A text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers. */
export function csvCell(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = visibleText(value);
  const safe = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",;'\r\n\t ]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** The whole report as CSV. */
export function reportToCsv(report: Report): string {
  const rows: Cell[][] = [[...csvColumns]];
  for (const layer of report.layers)
    for (const [at, variant] of layer.variants.entries()) {
      if (!variant) continue;
      const { name, block, blockIndex, kind, shape, dtype, parameters, bytes } = layer;
      rows.push([
        ...[name, block, blockIndex, kind, shape.join("x"), dtype, parameters, bytes],
        ...[report.variants[at].name, variant.scheme],
        ...measureKeys.map((key) =>
          variant[key] === null && measures[key].range === "number or infinite" ? "inf" : variant[key],
        ),
        JSON.stringify(variant.steps),
      ]);
    }
  return csvLines(rows);
}

/** Lines of cells as CSV: quoted where needed, each ended by CR and LF. */
export function csvLines(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => row.map(csvCell).join(",") + "\r\n").join("");
}
