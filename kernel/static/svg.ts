/** The static picture of a report: the layout, the colours and the numbers of the live view, as one SVG file. Deterministic: the same
 *  report gives the same bytes. */
import { reportGiven } from "./whole-report";
import { visibleText } from "../report/visible-text";
import { arrangementOf, variantLimit } from "../report/layout";
import type { Arrangement } from "../report/layout";
import { textAlternative } from "./summary";
import { headerPart } from "./svg-header";
import { mapPart } from "./svg-map";
import { pictureOf, textMark } from "./svg-marks";
import { rowsPart } from "./svg-rows";
import type { Report } from "../report/types";

/** What `reportToSvg` takes. */
export interface PictureOptions {
  /** Layers as rows, or the model map; rows up to 60 layers when not said. */
  readonly arrangement?: Arrangement;
}

/** More than eight variants are drawn as small multiples: a figure for each eight, one below the other. `OptionError` for what is no whole report. */
export function reportToSvg(report: Report, options: PictureOptions = {}): string {
  reportGiven("reportToSvg", report);
  const arrangement = options.arrangement ?? arrangementOf(report.layers.length);
  const marks: string[] = [];
  let y = 0;
  const all = report.variants.map((_, variant) => variant);
  const header = headerPart(report, all);
  marks.push(...header.marks);
  y = header.bottom;
  if (report.layers.length === 0) {
    marks.push(textMark(20, y + 16, "No layer was touched."));
    return pictureOf(y + 36, visibleText(report.model.name), marks);
  }
  for (let first = 0; first < all.length; first += variantLimit) {
    const variants = all.slice(first, first + variantLimit);
    if (all.length > variantLimit) {
      y += 10;
      marks.push(textMark(20, y + 12, `Variants ${first + 1}–${first + variants.length}`, { bold: true, size: 13 }));
      y += 20;
    }
    const part = arrangement === "rows" ? rowsPart(report, variants, y + 8) : mapPart(report, variants, y + 8);
    marks.push(...part.marks);
    y = part.bottom;
  }
  return pictureOf(y + 10, textAlternative(report, visibleText), marks);
}
