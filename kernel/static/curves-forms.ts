/** Curves as an aligned text, and as HTML with the picture and a folded table. */
import { curveCells, curveHeadings, curveRows } from "../report/curve-rows";
import { code, pictureElement, tableRow } from "./html";
import { visibleText } from "../report/visible-text";
import { curvesAlternative, curvesToSvg } from "./svg-curves";
import { alignColumns, type Alignment } from "./text-table";
import type { CurvesView } from "../report/curves";

/** Every measured point as a line of text, with its height above each bound. */
export function curvesToText(view: CurvesView): string {
  const heads = curveHeadings(view);
  const rows = [heads, ...curveRows(view).map(curveCells)].map((row) => row.map(visibleText));
  const alignments = heads.map((_, at): Alignment => (at < 2 ? "left" : "right"));
  return [`${visibleText(view.name)} · ${visibleText(view.facts)}`, "", ...alignColumns(rows, alignments)].join("\n");
}

/** The picture, and the points as a folded table. */
export function curvesToHtml(view: CurvesView): string {
  const heads = curveHeadings(view);
  const rows = curveRows(view).map((row) => {
    const [name, label, ...numbers] = curveCells(row);
    return tableRow([code(name), code(label), ...numbers], 2);
  });
  return [
    `<figure style="margin:0">${pictureElement(curvesToSvg(view), curvesAlternative(view))}</figure>`,
    "<details><summary>Table</summary>",
    `<table><thead>${tableRow([...heads.slice(0, 2), ...heads.slice(2).map(code)], 2, "th")}</thead><tbody>`,
    ...rows,
    "</tbody></table></details>",
    "",
  ].join("\n");
}
