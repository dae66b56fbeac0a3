/** The static picture for models of up to 60 layers: layers as rows, grouped by block; error, sparsity and bits per weight as three
 *  panels over the same rows, the variants as dots on one line. */
import { lightTheme, variantColour } from "../report/colours";
import { visibleText } from "../report/visible-text";
import { groupByBlock } from "../report/layout";
import { measurePhrase } from "../report/measure-labels";
import { shownValue } from "../report/measures";
import { formatShape, niceTicks } from "../report/numbers";
import { isWarnedOf, warningSign } from "../report/warnings";
import type { Part } from "./svg-header";
import {
  boxMark,
  coordinate,
  variantMark,
  fittedText,
  lineMark,
  margin,
  textMark,
  textWidth,
  titleMark,
} from "./svg-marks";
import { axisWidth, panelsOf, position, type Panel } from "./svg-panels";
import type { LayerReport, Report } from "../report/types";

const rowHeight = 18;
const groupGap = 8;
interface Row {
  readonly layer: LayerReport;
  readonly y: number;
}

/** The layers as rows, with every panel of the table of measures. */
export function rowsPart(report: Report, variants: readonly number[], top: number): Part {
  const groups = groupByBlock(report.layers);
  const widest = (texts: readonly string[], least: number, most: number) =>
    Math.min(most, Math.max(least, ...texts.map((text) => Math.ceil(textWidth(visibleText(text))) + 2)));
  const blockWidth = widest(
    groups.map((group) => group.block),
    0,
    86,
  );
  const labelWidth = widest(
    report.layers.map((layer) => layer.kind),
    40,
    230,
  );
  const labelRight = margin + blockWidth + 12 + labelWidth;
  const panels = panelsOf(report, variants, labelRight + 12);

  const first = top + 48;
  const rows: Row[] = [];
  const marks: string[] = [];
  let y = first;
  for (const group of groups) {
    if (rows.length > 0) y += groupGap;
    if (group.block !== "") marks.push(fittedText(margin, y + 13, group.block, blockWidth, { fill: lightTheme.quiet }));
    for (const at of group.layers) {
      rows.push({ layer: report.layers[at], y: y + rowHeight / 2 });
      y += rowHeight;
    }
  }
  const bottom = y + 2;
  for (const panel of panels) marks.push(...axisMarks(panel, top, first - 4, bottom, rows.length > 24));
  marks.push(...rows.map((row) => rowMarks(report, row, variants, panels, labelRight, labelWidth)));
  for (const panel of panels) marks.push(...targetMarks(panel, first - 4, bottom));
  return { marks, bottom: bottom + 26 };
}

function axisMarks(panel: Panel, top: number, from: number, to: number, above: boolean): string[] {
  const marks = [
    textMark(panel.x, top + 12, panel.title, { bold: true, size: 12 }),
    fittedText(panel.x, top + 26, panel.note, panel.width + 12, { fill: lightTheme.quiet }),
  ];
  const quiet = { anchor: "middle", fill: lightTheme.quiet, size: 10 } as const;
  const ticks = niceTicks(panel.minimum, panel.maximum, Math.max(2, Math.floor(axisWidth(panel) / panel.tickRoom)));
  for (const tick of ticks) {
    const x = position(panel, tick);
    marks.push(lineMark(x, from, x, to, tick === 0 ? lightTheme.border : lightTheme.grid));
    marks.push(textMark(x, to + 14, panel.tick(tick), quiet));
    if (above) marks.push(textMark(x, from - 3, panel.tick(tick), quiet));
  }
  if (panel.lossless) {
    const x = panel.x + panel.width - 8;
    marks.push(lineMark(x, from, x, to, lightTheme.grid, ' stroke-dasharray="2 2"'));
    marks.push(textMark(x, to + 14, "∞", quiet));
    if (above) marks.push(textMark(x, from - 3, "∞", quiet));
  }
  return marks;
}

function targetMarks(panel: Panel, from: number, to: number): string[] {
  return [...(panel.targetLines ?? [])].map(([target, colour]) => {
    const x = position(panel, target);
    return lineMark(x, from, x, to, colour, ' stroke-dasharray="3 2"');
  });
}

function rowMarks(
  report: Report,
  row: Row,
  variants: readonly number[],
  panels: readonly Panel[],
  labelRight: number,
  labelWidth: number,
): string {
  const { layer, y } = row;
  const facts = variants.flatMap((v) => {
    const m = layer.variants[v];
    if (!m) return [];
    return `${report.variants[v].name}: ${panels.map(({ measure }) => measurePhrase(measure, m)).join(", ")}`;
  });
  const marks = [titleMark(`${layer.name} (${formatShape(layer.shape)}) ${facts.join("; ")}`)];
  marks.push(
    fittedText(
      labelRight,
      y + 4,
      isWarnedOf(layer, variants) ? `${warningSign} ${layer.kind}` : layer.kind,
      labelWidth,
      { anchor: "end" },
    ),
  );
  for (const panel of panels)
    marks.push(panel.bars ? barMarks(layer, panel, variants, y) : dotsMarks(layer, panel, variants, y));
  return `<g>${marks.join("")}</g>`;
}

function barMarks(layer: LayerReport, panel: Panel, variants: readonly number[], y: number): string {
  const [measured] = variants.flatMap((v) => layer.variants[v] ?? []);
  if (!measured) return "";
  const value = shownValue(panel.measure, measured) ?? 0;
  return (
    boxMark(panel.x, y - 5, Math.max(0.5, position(panel, value) - panel.x), 10, lightTheme.bar) +
    targetTicks(layer, panel, variants, y)
  );
}

/** A short line for each target, where layers have different ones. */
function targetTicks(layer: LayerReport, panel: Panel, variants: readonly number[], y: number): string {
  const { target } = panel;
  if (!target || panel.targetLines) return "";
  const targets = new Set(variants.flatMap((v) => layer.variants[v] ?? []).flatMap((m) => target(m) ?? []));
  return [...targets]
    .map((t) => lineMark(position(panel, t), y - 7, position(panel, t), y + 7, lightTheme.target))
    .join("");
}

function dotsMarks(layer: LayerReport, panel: Panel, variants: readonly number[], y: number): string {
  const lane = panel.x + panel.width - 8;
  const dots = variants.flatMap((variant) => {
    const measured = layer.variants[variant];
    if (!measured) return [];
    const value = shownValue(panel.measure, measured) ?? null;
    const below = value !== null && value < panel.minimum;
    return { variant, below, x: value === null ? lane : position(panel, value) };
  });
  if (dots.length === 0) return textMark(panel.x + 4, y + 4, "–", { fill: lightTheme.quiet });
  const xs = dots.map((dot) => dot.x);
  const from = dots.length === 1 ? panel.x : Math.min(...xs);
  const line = lineMark(from, y, Math.max(...xs), y, lightTheme.range, ' stroke-width="3"');
  const marks = spreadApart(xs, y).map((dotY, k) => {
    const { variant, x, below } = dots[k];
    const colour = variantColour(variant);
    // Below the axis: an arrow that points out of the panel.
    return below
      ? `<path d="M${coordinate(x - 4)} ${coordinate(dotY)}l7 -4v8z" fill="${colour}"/>`
      : variantMark(x, dotY, variant);
  });
  return line + targetTicks(layer, panel, variants, y) + marks.join("");
}

/** Heights for dots that would hide each other: those closer than a dot's width share the height of the row. */
function spreadApart(xs: readonly number[], y: number): number[] {
  const order = xs.map((_, k) => k).sort((a, b) => xs[a] - xs[b] || a - b);
  const heights = xs.map(() => y);
  let start = 0;
  for (let end = 1; end <= order.length; end++) {
    if (end < order.length && xs[order[end]] - xs[order[end - 1]] < 4.5) continue;
    const cluster = order.slice(start, end).sort((a, b) => a - b);
    const step = cluster.length > 1 ? Math.min(5, 10 / (cluster.length - 1)) : 0;
    for (const [k, at] of cluster.entries()) heights[at] = y + (k - (cluster.length - 1) / 2) * step;
    start = end;
  }
  return heights;
}
