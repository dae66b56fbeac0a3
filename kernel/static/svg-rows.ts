/** The static picture for models of up to 60 layers: layers as rows, grouped by block; error, sparsity and bits per weight as three
 *  panels over the same rows, the variants as dots on one line. */
import { lightTheme, variantColour } from "../report/colours";
import { decibelDomain, groupByBlock } from "../report/layout";
import { visibleText } from "../report/labels";
import { formatBits, formatDecibels, formatPercent, formatShape, niceTicks } from "../report/numbers";
import type { Part } from "./svg-header";
import {
  boxMark,
  coordinate,
  variantMark,
  fittedText,
  lineMark,
  margin,
  pictureWidth,
  textMark,
  textWidth,
  titleMark,
} from "./svg-marks";
import type { LayerReport, LayerVariant, Report } from "../report/types";

const rowHeight = 18;
const groupGap = 8;
const panelGap = 46;
/** Beyond the axis of error: where layers stand that lost nothing. */
const losslessLane = 30;

interface Panel {
  readonly x: number;
  readonly width: number;
  readonly title: string;
  readonly note: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly tick: (value: number) => string;
  /** Width that a tick and its label ask for. */
  readonly tickRoom: number;
  readonly value: (measures: LayerVariant) => number | null;
  /** Targets that all layers of a variant share, each one line through all rows. */
  readonly targetLines?: ReadonlyMap<number, string>;
  readonly target?: (measures: LayerVariant) => number | undefined;
  /** Grey bars from zero, where the variants do not differ. */
  readonly bars: boolean;
  readonly lossless: boolean;
}

interface Row {
  readonly layer: LayerReport;
  readonly y: number;
}

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

function panelsOf(report: Report, variants: readonly number[], left: number): Panel[] {
  const shown = report.layers.flatMap((layer) => variants.flatMap((v) => layer.variants[v] ?? []));
  const same = (value: (m: LayerVariant) => number) =>
    report.layers.every((layer) => {
      const values = variants.flatMap((v) => layer.variants[v] ?? []).map(value);
      return values.every((x) => Math.abs(x - values[0]) < 5e-4);
    });
  const room = pictureWidth - margin - 14 - left - 2 * panelGap;
  const widths = [0.5, 0.26, 0.24].map((share) => Math.floor(room * share));
  const decibels = decibelDomain(report);
  const sparsest = Math.max(...shown.map((m) => Math.max(m.sparsity, m.targetSparsity ?? 0)), 0);
  const most = Math.max(...shown.map((m) => m.bitsPerWeight), 1);
  const lines = targetLinesOf(report, variants);
  const targets = [...new Set(shown.flatMap((m) => m.targetSparsity ?? []))];
  const target = targets.length === 1 ? `, target ${formatPercent(targets[0]).replace(/\.0$/, "")} %` : "";
  return [
    {
      x: left, width: widths[0], title: "Quantization error",
      tickRoom: 54, note: "SQNR in dB, higher is better",
      minimum: decibels.minimum, maximum: decibels.maximum * 1.03, tick: (v) => `${coordinate(v).replace("-", "−")} dB`,
      value: (m) => m.sqnrDb, bars: false, lossless: decibels.lossless,
    },
    {
      x: left + widths[0] + panelGap, width: widths[1], title: "Sparsity",
      tickRoom: 54, note: `zero weights${target}`,
      minimum: 0, maximum: sparsest > 0.5 ? 1 : sparsest > 0.2 ? 0.5 : 0.2, tick: (v) => `${coordinate(100 * v)} %`,
      value: (m) => m.sparsity, target: (m) => m.targetSparsity, ...(lines ? { targetLines: lines } : {}), bars: same((m) => m.sparsity), lossless: false,
    },
    {
      x: left + widths[0] + widths[1] + 2 * panelGap, width: widths[2], title: "Bits per weight",
      tickRoom: 26, note: "every byte counted",
      minimum: 0, maximum: most * 1.06, tick: (v) => coordinate(v),
      value: (m) => m.bitsPerWeight, bars: same((m) => m.bitsPerWeight), lossless: false,
    },
  ]; // prettier-ignore
}

const axisWidth = (panel: Panel): number => panel.width - (panel.lossless ? losslessLane : 0);

function position(panel: Panel, value: number): number {
  const share = (value - panel.minimum) / (panel.maximum - panel.minimum);
  return panel.x + axisWidth(panel) * Math.min(1, Math.max(0, share));
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

/** Target → colour of its line: dark where the variants agree, else the variant's. Undefined when layers of one variant differ. */
function targetLinesOf(report: Report, variants: readonly number[]): ReadonlyMap<number, string> | undefined {
  const lines = new Map<number, string>();
  for (const variant of variants) {
    const targets = new Set(report.layers.flatMap((layer) => layer.variants[variant]?.targetSparsity ?? []));
    if (targets.size > 1) return undefined;
    for (const target of targets) lines.set(target, lines.has(target) ? lightTheme.target : variantColour(variant));
  }
  return lines.size === 1 ? new Map([...lines.keys()].map((target) => [target, lightTheme.target])) : lines;
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
    return `${report.variants[v].name}: ${formatDecibels(m.sqnrDb)} dB, ${formatPercent(m.sparsity)} % zeros, ${formatBits(m.bitsPerWeight)} bits/weight`;
  });
  const marks = [titleMark(`${layer.name} (${formatShape(layer.shape)}) ${facts.join("; ")}`)];
  marks.push(fittedText(labelRight, y + 4, layer.kind, labelWidth, { anchor: "end" }));
  for (const panel of panels)
    marks.push(panel.bars ? barMarks(layer, panel, variants, y) : dotsMarks(layer, panel, variants, y));
  return `<g>${marks.join("")}</g>`;
}

function barMarks(layer: LayerReport, panel: Panel, variants: readonly number[], y: number): string {
  const measures = variants.flatMap((v) => layer.variants[v] ?? [])[0];
  if (!measures) return "";
  const value = panel.value(measures) ?? 0;
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
    const measures = layer.variants[variant];
    if (!measures) return [];
    const value = panel.value(measures);
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
