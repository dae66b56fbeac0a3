/** The head of the static picture: the model in one line, then a line for each variant: its colour, its name, its totals. */
import { lightTheme } from "../report/colours";
import { visibleText } from "../report/labels";
import { formatBits, formatBytes, formatDecibels, formatPercent } from "../report/numbers";
import { modelFacts } from "./summary";
import { variantMark, fittedText, lineMark, margin, pictureWidth, textMark, textWidth } from "./svg-marks";
import type { Report } from "../report/types";

export interface Part {
  readonly marks: readonly string[];
  /** Where the next part may start. */
  readonly bottom: number;
}

const lineHeight = 18;

/** Right edges of the numbers' columns, their headings, and the group that each belongs to. */
const columns = [
  { right: 520, heading: "size" },
  { right: 598, heading: "of original" },
  { right: 680, heading: "bits/weight" },
  { right: 780, heading: "bits/weight" },
  { right: 856, heading: "SQNR" },
  { right: 930, heading: "zeros" },
] as const;

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
  group(columns[0].right - 62, columns[2].right, "whole model");
  group(columns[3].right - 72, columns[5].right, `${layers} ${layers === 1 ? "layer" : "layers"} touched`);
  y += 20;
  for (const { right, heading } of columns) marks.push(textMark(right, y, heading, { anchor: "end", ...quiet }));
  for (const variant of variants) {
    const { name, bytes, bitsPerWeight, touched } = report.variants[variant];
    y += lineHeight;
    const cells = [
      formatBytes(bytes),
      model.bytes > 0 ? `${formatPercent(bytes / model.bytes)} %` : "–",
      formatBits(bitsPerWeight),
      formatBits(touched.bitsPerWeight),
      `${formatDecibels(touched.sqnrDb)} dB`,
      `${formatPercent(touched.sparsity)} %`,
    ];
    marks.push(variantMark(margin + 5, y - 4, variant));
    marks.push(fittedText(margin + 17, y, name, columns[0].right - 72 - margin - 17, { size: 12 }));
    for (const [k, { right }] of columns.entries())
      marks.push(textMark(right, y, cells[k], { anchor: "end", size: 12 }));
  }
  return { marks, bottom: y + 12 };
}
