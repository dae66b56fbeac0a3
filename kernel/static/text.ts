/** The report as plain text: what a terminal, a diff or a screen reader shows. */
import { reportGiven } from "./whole-report";
import { shortenMiddle, visibleText } from "../report/visible-text";
import { leftAloneLine, leftAloneSentence } from "../report/left-alone";
import { formatShape } from "../report/numbers";
import { markedName, warningLines, warningSign } from "../report/warnings";
import {
  layersInOrder,
  measureCells,
  measureHeadings,
  modelFacts,
  totalsHeadings,
  totalsNote,
  totalsRows,
  worstList,
} from "./summary";
import { alignColumns, cellWidth } from "./text-table";
import type { Alignment } from "./text-table";
import type { LayerReport, Report } from "../report/types";

/** Names longer than this are cut in the middle. */
const nameLimit = 56;
/** Variants beside each other; more follow in a table below. */
const variantsAcross = 3;
/** Layers that are listed before the middle is left out. */
const layerLimit = 60;

const label = (name: string): string => shortenMiddle(visibleText(name), nameLimit, cellWidth);

/** What `reportToText` takes. */
export interface ReportTextOptions {
  /** List every layer, however many there are. */
  readonly all?: boolean;
}

/** The whole report as lines of text: the model, the totals, the five worst layers, and a table of layers for every three variants. Of more
 *  than 60 layers the middle is left out, unless `all` asks for it. `OptionError` for what is no whole report. */
export function reportToText(report: Report, options: ReportTextOptions = {}): string {
  reportGiven("reportToText", report);
  const totals = totalsRows(report).map(([name, ...cells]) => [label(name), ...cells]);
  const worst = worstList(report, label);
  const warnings = warningLines(report.warnings, report.variants.length > 1, label);
  const lines = [
    `${label(report.model.name)} · ${modelFacts(report.model)}`,
    "",
    ...alignColumns([totalsHeadings, ...totals], ["left", ...totalsHeadings.slice(1).map((): Alignment => "right")]),
    totalsNote(report, label),
    "",
    ...(worst.length > 0 ? ["Worst layers:", ...worst.map((line) => `  ${line}`)] : ["No layer lost anything."]),
    ...(warnings.length > 0 ? ["", "Warnings:", ...warnings.map((line) => `  ${warningSign} ${line}`)] : []),
  ];
  if (report.leftAlone)
    lines.push(
      "",
      leftAloneSentence(report.leftAlone),
      ...report.leftAlone.groups.map((group) => `  ${leftAloneLine(group, visibleText)}`),
    );
  for (let first = 0; first < report.variants.length; first += variantsAcross)
    lines.push(
      "",
      ...layerTable(report, first, Math.min(report.variants.length, first + variantsAcross), options.all === true),
    );
  return lines.join("\n");
}

function layerTable(report: Report, first: number, end: number, all: boolean): string[] {
  const variants = Array.from({ length: end - first }, (_, k) => first + k);
  const layers = layersInOrder(report);
  const row = (layer: LayerReport): string[] => [
    markedName(layer, label),
    formatShape(layer.shape),
    ...variants.flatMap((variant) => ["│", ...measureCells(layer, variant)]),
  ];
  const shown = !all && layers.length > layerLimit ? layerLimit / 2 : layers.length;
  const rows: (string[] | string)[] = layers.slice(0, shown).map(row);
  if (shown < layers.length) {
    const hidden = layers.length - 2 * shown;
    rows.push(`… ${hidden} more layers; reportToMarkdown(report) and reportToCsv(report) list all ${layers.length} …`);
    rows.push(...layers.slice(-shown).map(row));
  }
  const headings = ["layer", "shape", ...variants.flatMap(() => ["│", ...measureHeadings])];
  const alignments: Alignment[] = [
    "left",
    "right",
    ...variants.flatMap((): Alignment[] => ["left", ...measureHeadings.map((): Alignment => "right")]),
  ];
  const lines = alignColumns([headings, ...rows], alignments);
  // The variants' names stand over their columns; each column group starts at its bar.
  let over = "";
  let from = 0;
  for (const variant of variants) {
    const bar = lines[0].indexOf("│", from);
    const next = lines[0].indexOf("│", bar + 1);
    const room = (next < 0 ? lines[0].length : next - 2) - bar - 2;
    over = over.padEnd(bar) + "│ " + shortenMiddle(visibleText(report.variants[variant].name), room, cellWidth);
    from = bar + 1;
  }
  return [over, ...lines];
}
