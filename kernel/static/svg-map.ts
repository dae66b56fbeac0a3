/** The static picture for deep models: the model map. One column for each block, one row for each kind of layer, coloured by the
 *  measure; a grid for each variant, all grids of a measure on one scale. */
import { cividis, lightTheme, scaleColour, shareScale } from "../report/colours";
import { colourDomain, modelMap, shareColourDomain } from "../report/layout";
import type { ModelMap } from "../report/layout";
import { visibleText } from "../report/labels";
import { formatBits, formatDecibels, formatNumber, formatPercent } from "../report/numbers";
import { worstList } from "./summary";
import type { Part } from "./svg-header";
import {
  boxMark,
  coordinate,
  variantMark,
  fittedText,
  margin,
  pictureWidth,
  textMark,
  textWidth,
  titleMark,
} from "./svg-marks";
import type { LayerVariant, Report } from "../report/types";

const barRoom = 96;
/** The colour bar with what stands under it. */
const barFoot = 34;
const barHeight = (grid: Grid): number => Math.min(112, Math.max(64, grid.map.rows.length * grid.cellHeight));
const bandGap = 10;
const mostCell = 34;

interface Measure {
  readonly title: string;
  readonly note: string;
  /** A number to colour by; null: nothing was lost. */
  readonly value: (measures: LayerVariant) => number | null;
  readonly words: (measures: LayerVariant) => string;
  readonly tick: (value: number) => string;
  /** A share, from none to all: one hue, from zero, the same for all variants. */
  readonly share: boolean;
}

const errorMeasure: Measure = {
  title: "Quantization error",
  note: "SQNR in dB, higher is better",
  value: (m) => m.sqnrDb,
  words: (m) => `${formatDecibels(m.sqnrDb)} dB`,
  tick: (v) => `${formatNumber(v)} dB`,
  share: false,
};
const sparsityMeasure: Measure = {
  title: "Sparsity",
  note: "weights that are zero",
  value: (m) => m.sparsity,
  words: (m) => `${formatPercent(m.sparsity)} % zeros`,
  tick: (v) => `${formatPercent(v).replace(/\.0$/, "")} %`,
  share: true,
};
const bitsMeasure: Measure = {
  title: "Bits per weight",
  note: "every byte counted",
  value: (m) => m.bitsPerWeight,
  words: (m) => `${formatBits(m.bitsPerWeight)} bits/weight`,
  tick: formatBits,
  share: false,
};

/** Where the columns of the grid stand. */
interface Grid {
  readonly map: ModelMap;
  readonly left: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** Left edge of each column, and its width. */
  readonly xs: readonly number[];
  readonly widths: readonly number[];
  readonly right: number;
}

interface Scale {
  readonly minimum: number;
  readonly maximum: number;
  /** Whether values lie beyond the ends. */
  readonly below: boolean;
  readonly above: boolean;
  readonly lossless: boolean;
  readonly absent: boolean;
}

export function mapPart(report: Report, variants: readonly number[], top: number): Part {
  const grid = gridOf(modelMap(report.layers));
  const marks: string[] = [];
  let y = top;
  for (const measure of [errorMeasure, sparsityMeasure, ...(bitsDiffer(report, variants) ? [bitsMeasure] : [])]) {
    marks.push(textMark(margin, y + 12, measure.title, { bold: true, size: 12 }));
    const shared = measure.share || sharesScale(report, variants, measure);
    const note = shared ? measure.note : `${measure.note}; each variant on its own scale`;
    marks.push(textMark(margin + textWidth(measure.title, 12, true) + 10, y + 12, note, { fill: lightTheme.quiet }));
    y += 22;
    const start = y;
    const naming = variants.length > 1 ? 20 : 0;
    for (const [at, variant] of variants.entries()) {
      const scale = scaleOf(report, shared ? variants : [variant], measure);
      const own = y;
      if (naming > 0) {
        marks.push(variantMark(grid.left + 5, y + 8, variant));
        marks.push(fittedText(grid.left + 16, y + 12, report.variants[variant].name, grid.right - grid.left - 16));
        y += naming;
      }
      marks.push(...gridMarks(report, variant, measure, grid, scale, y));
      y += grid.map.rows.length * grid.cellHeight + labelHeight(grid);
      if (shared && at > 0) continue;
      marks.push(...colourBar(measure, scale, grid.right + 18, own + naming, barHeight(grid)));
      // The colour bar may be higher than a grid of few rows.
      if (!shared) y = Math.max(y, own + naming + barHeight(grid) + barFoot);
    }
    y = Math.max(y, start + naming + barHeight(grid) + barFoot) + 10;
  }
  const worst = worstList(report, visibleText);
  if (worst.length > 0) {
    marks.push(textMark(margin, y + 12, "Worst layers", { bold: true, size: 12 }));
    y += 14;
    for (const line of worst) {
      y += 16;
      marks.push(fittedText(margin, y, line, pictureWidth - 2 * margin));
    }
  }
  return { marks, bottom: y + 6 };
}

function sharesScale(report: Report, variants: readonly number[], measure: Measure): boolean {
  return shareColourDomain(
    variants.map((variant) =>
      report.layers
        .flatMap((layer) => layer.variants[variant] ?? [])
        .flatMap((measures) => measure.value(measures) ?? []),
    ),
  );
}

/** Bits per weight get a grid of their own only where a recipe gave layers different ones. */
function bitsDiffer(report: Report, variants: readonly number[]): boolean {
  return variants.some((variant) => {
    const bits = report.layers.flatMap((layer) => layer.variants[variant]?.bitsPerWeight ?? []).sort((a, b) => a - b);
    return bits.length > 0 && bits[Math.floor(bits.length * 0.95)] > 1.1 * bits[Math.floor(bits.length * 0.05)];
  });
}

function gridOf(map: ModelMap): Grid {
  const labels = map.rows.map((row) => textWidth(visibleText(row)));
  const left = margin + Math.min(170, Math.max(36, ...labels) + 1) + 8;
  const bands = map.columns.filter((column, k) => k > 0 && column.band !== map.columns[k - 1].band).length;
  const room = pictureWidth - barRoom - left - bands * bandGap;
  // A column on its own takes the width of its label.
  const alone = map.columns.map((column, k) => isAlone(map, k) ? Math.max(20, textWidth(visibleText(column.label), 10) + 2) : 0); // prettier-ignore
  const aloneRoom = alone.reduce((sum, width) => sum + width, 0);
  const shared = alone.filter((width) => width === 0).length;
  const cellWidth = Math.min(mostCell, (room - aloneRoom) / Math.max(1, shared));
  const xs: number[] = [];
  let x = left;
  for (const [k, column] of map.columns.entries()) {
    if (k > 0 && column.band !== map.columns[k - 1].band) x += bandGap;
    xs.push(x);
    x += alone[k] || cellWidth;
  }
  const widths = alone.map((width) => width || cellWidth);
  return { map, left, cellWidth, cellHeight: Math.min(20, Math.max(15, cellWidth)), xs, widths, right: x };
}

function isAlone(map: ModelMap, column: number): boolean {
  return (
    map.columns[column].band !== map.columns[column - 1]?.band &&
    map.columns[column].band !== map.columns[column + 1]?.band
  );
}

function scaleOf(report: Report, variants: readonly number[], measure: Measure): Scale {
  const values: number[] = [];
  let lossless = false;
  let absent = false;
  for (const layer of report.layers)
    for (const variant of variants) {
      const measures = layer.variants[variant];
      const value = measures ? measure.value(measures) : undefined;
      if (value === undefined) absent = true;
      else if (value === null) lossless = true;
      else values.push(value);
    }
  const { minimum, maximum } = colourDomain(values);
  const least = measure.share ? 0 : minimum;
  const most = measure.share
    ? ([0.1, 0.2, 0.4, 0.6, 0.8].find((step) => values.every((v) => v <= step)) ?? 1)
    : maximum;
  return {
    minimum: least,
    maximum: most,
    below: values.some((v) => v < least),
    above: values.some((v) => v > most),
    lossless,
    absent,
  };
}

function colourOf(measure: Measure, share: number): string {
  return scaleColour(share, measure.share ? shareScale.light : cividis);
}

function gridMarks(report: Report, variant: number, measure: Measure, grid: Grid, scale: Scale, top: number): string[] {
  const { map, cellWidth, cellHeight, xs, widths, left } = grid;
  const gap = cellWidth > 8 ? 1.2 : 0.6;
  const marks: string[] = [];
  for (const [r, kind] of map.rows.entries()) {
    const y = top + r * cellHeight;
    marks.push(fittedText(left - 8, y + cellHeight / 2 + 3.5, kind, left - 8 - margin, { anchor: "end" }));
    for (const [c, at] of map.cells[r].entries()) {
      if (at === null) continue;
      const layer = report.layers[at];
      const measures = layer.variants[variant];
      const value = measures ? measure.value(measures) : undefined;
      const title = titleMark(`${layer.name} ${measures ? measure.words(measures) : "absent"}`);
      const [w, h] = [widths[c] - gap, cellHeight - gap];
      if (value === undefined || value === null) marks.push(hollowMark(xs[c], y, w, h, value === null, title));
      else
        marks.push(
          boxMark(xs[c], y, w, h, colourOf(measure, (value - scale.minimum) / (scale.maximum - scale.minimum)), title),
        );
    }
  }
  return [...marks, ...columnLabels(grid, top + map.rows.length * cellHeight + 11)];
}

/** Not on the scale: nothing was lost (a white cell with a frame), or the variant has no such layer (a grey one). */
function hollowMark(x: number, y: number, width: number, height: number, lossless: boolean, inside = ""): string {
  const box = `<rect x="${coordinate(x + 0.5)}" y="${coordinate(y + 0.5)}" width="${coordinate(width - 1)}" height="${coordinate(height - 1)}"`;
  const paint = lossless ? `fill="#fff" stroke="${lightTheme.quiet}"` : `fill="${lightTheme.grid}"`;
  return inside ? `${box} ${paint}>${inside}</rect>` : `${box} ${paint}/>`;
}

/** Bands of several columns, as [first, last]. */
function bandsOf(map: ModelMap): [number, number][] {
  const bands: [number, number][] = [];
  for (let first = 0, k = 1; k <= map.columns.length; k++) {
    if (k < map.columns.length && map.columns[k].band === map.columns[first].band) continue;
    if (k - first > 1) bands.push([first, k - 1]);
    first = k;
  }
  return bands;
}

const labelHeight = (grid: Grid): number => (bandsOf(grid.map).length > 1 ? 36 : 24);

/** Labels under the columns, as many as stand clear of each other, and what they count: at the left, or under each of several bands. */
function columnLabels(grid: Grid, y: number): string[] {
  const { map, xs, widths, left, cellWidth } = grid;
  const style = { size: 10, fill: lightTheme.quiet, anchor: "middle" } as const;
  const middle = (k: number) => xs[k] + (widths[k] - 1) / 2;
  const marks: string[] = [];
  for (const [k, column] of map.columns.entries())
    if (isAlone(map, k)) marks.push(textMark(middle(k), y, visibleText(column.label), style));
  const bands = bandsOf(map);
  const widest = Math.max(0, ...map.columns.map((column, k) => (isAlone(map, k) ? 0 : textWidth(column.label, 10))));
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((n) => n * cellWidth >= widest + 5) ?? 1000;
  for (const [first, last] of bands) {
    for (let k = first; k <= last; k += every) marks.push(textMark(middle(k), y, map.columns[k].label, style));
    const band = map.columns[first].band;
    if (bands.length > 1) marks.push(textMark((middle(first) + middle(last)) / 2, y + 12, band, style));
    else if (map.byBlock) marks.push(textMark(left - 8, y, band, { ...style, anchor: "end" }));
  }
  return marks;
}

function colourBar(measure: Measure, scale: Scale, x: number, top: number, height: number): string[] {
  const steps = 32;
  const marks: string[] = [];
  for (let k = 0; k < steps; k++) {
    const y = top + (height * k) / steps;
    marks.push(boxMark(x, y, 10, height / steps + 0.3, colourOf(measure, 1 - (k + 0.5) / steps)));
  }
  const middle = (scale.minimum + scale.maximum) / 2;
  const ticks: [number, string][] = [
    [0, (scale.above ? "≥ " : "") + measure.tick(scale.maximum)],
    [0.5, measure.tick(middle)],
    [1, (scale.below ? "≤ " : "") + measure.tick(scale.minimum)],
  ];
  for (const [share, text] of ticks) marks.push(textMark(x + 15, top + height * share + 4, text, { size: 10 }));
  let y = top + height + 14;
  const legend = (lossless: boolean, text: string) => {
    marks.push(hollowMark(x, y, 10, 10, lossless), textMark(x + 15, y + 9, text, { size: 10 }));
    y += 15;
  };
  if (scale.lossless) legend(true, "∞ dB");
  if (scale.absent) legend(false, "absent");
  return marks;
}
