import type { LayerReport, Report } from "../../kernel/report/types";
import { isWarnedOf, warningSign } from "../../kernel/report/warnings";
import { shorten } from "./text";

const blockGap = 0.55;

/** A layer's row: where it stands and what is written beside it. */
export interface Row {
  /** Index of the layer. */
  readonly layer: number;
  /** Its middle, in rows from the first; a block begins a little further down. */
  readonly y: number;
  /** What the layer is called beside its block. */
  readonly label: string;
  /** Written once, at the first row of a block. */
  readonly block: string;
}

/** The rows of these layers, one below the other; `grouped` in blocks, else each names its own. */
export function placeRows(report: Report, layers: readonly number[], grouped: boolean): readonly Row[] {
  const rows: Row[] = [];
  let y = 0;
  let previous: string | null = null;
  for (const index of layers) {
    const layer = report.layers[index];
    const starts = !grouped || layer.block !== previous;
    if (rows.length > 0) y += grouped && starts ? 1 + blockGap : 1;
    rows.push({ layer: index, y, label: shortName(layer), block: starts ? shorten(layer.block, 18) : "" });
    previous = layer.block;
  }
  return rows;
}

/** What a layer is called beside its block, marked where there is a warning of it. */
export const shortName = (layer: LayerReport): string =>
  isWarnedOf(layer) ? `${warningSign} ${shorten(layer.kind || layer.name, 28)}` : shorten(layer.kind || layer.name, 30);
