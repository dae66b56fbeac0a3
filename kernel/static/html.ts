/** The report as HTML that asks for nothing: no script, no style sheet, no class. A sanitizer that strips all of those (JupyterLab's, in
 *  a notebook that is not trusted) leaves it whole, and so do nbconvert and code hosts. The picture comes as an `<img>` with a data
 *  address; the table under it is folded. Names stand in `<code>`, where MathJax reads no mathematics either. */
import { reportGiven } from "./whole-report";
import { escapeMarkup, visibleText } from "../report/visible-text";
import { leftAloneLine, leftAloneSentence } from "../report/left-alone";
import { formatShape } from "../report/numbers";
import { markedName, warningLines, warningSign } from "../report/warnings";
import {
  layersInOrder,
  measureCells,
  measureHeadings,
  textAlternative,
  totalsHeadings,
  totalsNote,
  totalsRows,
  worstList,
} from "./summary";
import { pictureWidth } from "./svg-marks";
import { reportToSvg } from "./svg";
import type { Report } from "../report/types";

/** A name in `<code>`, escaped. */
export const code = (name: string): string => `<code>${escapeMarkup(name)}</code>`;

/** An `<img>` that carries its SVG with it. */
export function pictureElement(svg: string, alternative: string): string {
  const data = Buffer.from(svg, "utf8").toString("base64");
  return `<img alt="${escapeMarkup(alternative)}" src="data:image/svg+xml;base64,${data}" width="${pictureWidth}" style="max-width:100%;height:auto">`;
}

/** A row of cells that are HTML already: the first `left` of them to the left, the others (numbers) to the right. JupyterLab sets
 *  every cell to the right, which only a style of its own overrules. */
export function tableRow(cells: readonly string[], left = 1, cell = "td"): string {
  const marked = cells.map((html, k) =>
    k < left
      ? `<${cell} align="left" style="text-align:left">${html}</${cell}>`
      : `<${cell} align="right">${html}</${cell}>`,
  );
  return `<tr>${marked.join("")}</tr>`;
}

function leftAloneParts({ leftAlone }: Report): string[] {
  if (!leftAlone) return [];
  const items = leftAlone.groups.map(
    (group) => `<li>${leftAloneLine(group, code, (text) => escapeMarkup(visibleText(text)))}</li>`,
  );
  return [`<p>${leftAloneSentence(leftAlone)}</p>`, `<ul>${items.join("")}</ul>`];
}

/** The picture, and every number in folded tables. `OptionError` for what is no whole report. */
export function reportToHtml(report: Report): string {
  reportGiven("reportToHtml", report);
  const { variants } = report;
  const worst = worstList(report, code);
  const warnings = warningLines(report.warnings, variants.length > 1, code);
  const totals = totalsRows(report).map(([name, ...cells]) => tableRow([code(name), ...cells]));
  const over = variants.map(
    (variant) => `<th align="center" colspan="${measureHeadings.length}">${code(variant.name)}</th>`,
  );
  const headings = ["layer", "shape", ...variants.flatMap(() => measureHeadings)];
  const rows = layersInOrder(report).map((layer) =>
    tableRow([
      markedName(layer, code),
      formatShape(layer.shape),
      ...variants.flatMap((_, variant) => measureCells(layer, variant)),
    ]),
  );
  return [
    `<figure style="margin:0">${pictureElement(reportToSvg(report), textAlternative(report, visibleText))}</figure>`,
    ...(warnings.length > 0
      ? [`<p>Warnings:</p><ul>${warnings.map((line) => `<li>${warningSign} ${line}</li>`).join("")}</ul>`]
      : []),
    "<details><summary>Table</summary>",
    `<table><thead>${tableRow(totalsHeadings, 1, "th")}</thead><tbody>`,
    ...totals,
    "</tbody></table>",
    `<p>${totalsNote(report, code)} ${worst.length > 0 ? `Worst layers: ${worst.join("; ")}.` : "No layer lost anything."}</p>`,
    ...leftAloneParts(report),
    `<table><thead><tr><th colspan="2"></th>${over.join("")}</tr>${tableRow(headings, 1, "th")}</thead><tbody>`,
    ...rows,
    "</tbody></table></details>",
    "",
  ].join("\n");
}
