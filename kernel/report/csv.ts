/** The report as comma-separated values (RFC 4180, CRLF): one row for each layer and variant, every measure at full precision.
 *  Histograms and levels are left out. An SQNR of +∞ (nothing lost) is "inf", which pandas, numpy and R read as a number. */
import { visibleText } from "./labels";
import type { Report } from "./types";

type Cell = string | number | null | undefined;

/** The columns of the CSV in order, units in their names. */
export const csvColumns = (
  "layer block block_index kind shape dtype parameters layer_bytes variant scheme bytes bits_per_weight mean_squared_error " +
  "root_mean_square_error sqnr_db cosine max_abs_error sparsity target_sparsity entropy_bits steps"
).split(" ");

/** Quotes where needed. A text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers. */
export function csvCell(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = visibleText(value);
  const safe = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",;'\r\n\t ]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** A report as comma-separated values: a heading, then a row for each layer and variant, in full precision. */
export function reportToCsv(report: Report): string {
  const rows: Cell[][] = [csvColumns];
  for (const layer of report.layers)
    for (const [at, m] of layer.variants.entries()) {
      if (!m) continue;
      const { block, blockIndex, kind, dtype, parameters } = layer;
      rows.push([
        ...[layer.name, block, blockIndex, kind, layer.shape.join("x"), dtype, parameters, layer.bytes],
        ...[report.variants[at].name, m.scheme, m.bytes, m.bitsPerWeight, m.meanSquaredError, m.rootMeanSquareError],
        ...[
          m.sqnrDb ?? "inf",
          m.cosine,
          m.maxAbsError,
          m.sparsity,
          m.targetSparsity,
          m.entropyBits,
          JSON.stringify(m.steps),
        ],
      ]);
    }
  return rows.map((row) => row.map(csvCell).join(",") + "\r\n").join("");
}
