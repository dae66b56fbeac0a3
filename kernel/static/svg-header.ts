/** The head of the static picture: the model in one line, then a line for each variant: its colour, its name, its totals. */
import { lightTheme } from "../report/colours";
import { visibleText } from "../report/visible-text";
import { measureDigits } from "../report/measure-labels";
import { measures, shownIn } from "../report/measures";
import { modelFacts, wholeModelCells } from "./summary";
import { variantMark, fittedText, lineMark, margin, pictureWidth, textMark, textWidth } from "./svg-marks";
import type { Report, VariantSummary } from "../report/types";

/** A part of the picture, below another one. */
export interface Part {
  readonly marks: readonly string[];
  /** Where the next part may start. */
  readonly bottom: number;
}

const lineHeight = 18;

/** The right edges of the numbers' columns, and their headings. */
const wholeModel = [
  { right: 520, heading: "size" },
  { right: 598, heading: "of original" },
  { right: 680, heading: measures.bitsPerWeight.label },
] as const;
const touchedRights: Readonly<Record<(typeof shownIn.totals)[number], number>> = {
  bitsPerWeight: 780,
  sqnrDb: 856,
  sparsity: 930,
};
const touched = shownIn.totals.map((key) => ({ right: touchedRights[key], heading: measures[key].label }));
const columns = [...wholeModel, ...touched];

/** The cells of a variant over the touched layers, with their units. */
const touchedCells = (variant: VariantSummary): string[] =>
  shownIn.totals.map((key) => `${measureDigits(key, variant.touched)} ${measures[key].unit}`.trimEnd());

/** The head over these variants. */
export function headerPart(report: Report, variants: readonly number[]): Part {
  const marks: string[] = [];
  const { model } = report;
  const facts = modelFacts(model);
  const factsWidth = textWidth(facts, 12);
  const nameRoom = pictureWidth - 2 * margin - factsWidth - 16;
  const nameWidth = Math.min(nameRoom, textWidth(visibleText(model.name), 15, true));
  marks.push(fittedText(margin, 30, model.name, nameRoom, { size: 15, bold: true }));
  marks.push(textMark(margin + nameWidth + 14, 30, facts, { size: 12, fill: lightTheme.quiet }));

  const layers = report.layers.length;
  const quiet = { fill: lightTheme.quiet };
  let y = 58;
  const group = (from: number, to: number, text: string) => {
    marks.push(textMark((from + to) / 2, y, text, { anchor: "middle", ...quiet }));
    marks.push(lineMark(from, y + 5, to, y + 5, lightTheme.border));
  };
  group(columns[0].right - 62, wholeModel[wholeModel.length - 1].right, "whole model");
  group(
    touched[0].right - 72,
    columns[columns.length - 1].right,
    `${layers} ${layers === 1 ? "layer" : "layers"} touched`,
  );
  y += 20;
  for (const { right, heading } of columns) marks.push(textMark(right, y, heading, { anchor: "end", ...quiet }));
  for (const variant of variants) {
    y += lineHeight;
    const summary = report.variants[variant];
    const cells = [...wholeModelCells(report, summary), ...touchedCells(summary)];
    marks.push(variantMark(margin + 5, y - 4, variant));
    marks.push(fittedText(margin + 17, y, summary.name, columns[0].right - 72 - margin - 17, { size: 12 }));
    for (const [k, { right }] of columns.entries())
      marks.push(textMark(right, y, cells[k], { anchor: "end", size: 12 }));
  }
  return { marks, bottom: y + 12 };
}
