/** The report as Markdown (GitHub's tables): for a README, an issue, a paper's appendix. */
import { reportGiven } from "./whole-report";
import { visibleText } from "../report/visible-text";
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
import type { Report } from "../report/types";

/** A name as a code span, where neither markup nor mathematics is read. */
export function markdownCode(name: string): string {
  const text = visibleText(name);
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  const space = text === "" || text.startsWith("`") || text.endsWith("`") ? " " : "";
  return fence + space + text + space + fence;
}

/** In a table, a bar would end the cell even inside a code span. */
const cellCode = (name: string): string => markdownCode(name).replace(/\|/g, "\\|");

function table(headings: readonly string[], rows: readonly (readonly string[])[], left: readonly number[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(headings), line(headings.map((_, k) => (left.includes(k) ? "---" : "---:"))), ...rows.map(line)];
}

function leftAloneLines({ leftAlone }: Report): string[] {
  if (!leftAlone) return [];
  const lines = leftAlone.groups.map((group) => `- ${leftAloneLine(group, markdownCode)}`);
  return [leftAloneSentence(leftAlone), "", ...lines, ""];
}

/** The whole report: totals, the worst layers, and every layer with SQNR (dB), bits per weight and share of zeros (%) for each variant. `OptionError` for what is no whole report. */
export function reportToMarkdown(report: Report): string {
  reportGiven("reportToMarkdown", report);
  const worst = worstList(report, markdownCode);
  const warnings = warningLines(report.warnings, report.variants.length > 1, markdownCode);
  const many = report.variants.length > 1;
  const headings = report.variants.flatMap((variant) =>
    measureHeadings.map((heading) => (many ? `${cellCode(variant.name)} ${heading}` : heading)),
  );
  const rows = layersInOrder(report).map((layer) => [
    markedName(layer, cellCode),
    formatShape(layer.shape),
    ...report.variants.flatMap((_, variant) => measureCells(layer, variant)),
  ]);
  return [
    `${markdownCode(report.model.name)} · ${modelFacts(report.model, markdownCode)}`,
    "",
    ...table(
      totalsHeadings,
      totalsRows(report).map(([name, ...cells]) => [cellCode(name), ...cells]),
      [0],
    ),
    "",
    totalsNote(report, markdownCode),
    "",
    worst.length > 0 ? `Worst layers: ${worst.join("; ")}.` : "No layer lost anything.",
    "",
    ...(warnings.length > 0 ? ["Warnings:", "", ...warnings.map((line) => `- ${warningSign} ${line}`), ""] : []),
    ...leftAloneLines(report),
    ...table(["layer", "shape", ...headings], rows, [0]),
    "",
  ].join("\n");
}
