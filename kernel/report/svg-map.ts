/** The static picture for deep models: the model map. One column for each block, one row for each kind of layer, coloured by the
 *  measure; a grid for each variant, all grids of a measure on one scale. */
import { lightTheme, scaleColour, variantColour } from "./colours";
import { colourDomain, modelMap } from "./layout";
import type { ModelMap } from "./layout";
import { visibleText } from "./labels";
import { formatBits, formatDecibels, formatNumber, formatPercent } from "./numbers";
import { worstList } from "./summary";
import type { Part } from "./svg-header";
import {
  boxMark,
  coordinate,
  dotMark,
  fittedText,
  margin,
  pictureWidth,
  textMark,
  textWidth,
  titleMark,
} from "./svg-marks";
import type { LayerVariant, Report } from "./types";

const barRoom = 96;
const bandGap = 10;
const mostCell = 34;

interface Measure {
  readonly title: string;
  readonly note: string;
  /** A number to colour by; null: nothing was lost. */
  readonly value: (measures: LayerVariant) => number | null;
  readonly words: (measures: LayerVariant) => string;
  readonly tick: (value: number) => string;
  readonly fromZero: boolean;
}

const errorMeasure: Measure = {
  title: "Quantization error",
  note: "SQNR in dB, higher is better",
  value: (m) => m.sqnrDb,
  words: (m) => `${formatDecibels(m.sqnrDb)} dB`,
  tick: (v) => `${formatNumber(v)} dB`,
  fromZero: false,
};
const sparsityMeasure: Measure = {
  title: "Sparsity",
  note: "weights that are zero",
  value: (m) => m.sparsity,
  words: (m) => `${formatPercent(m.sparsity)} % zeros`,
  tick: (v) => `${formatPercent(v)} %`,
  fromZero: true,
};
const bitsMeasure: Measure = {
  title: "Bits per weight",
  note: "every byte counted",
  value: (m) => m.bitsPerWeight,
  words: (m) => `${formatBits(m.bitsPerWeight)} bits/weight`,
  tick: formatBits,
  fromZero: false,
};

/** Where the columns of the grid stand. */
interface Grid {
  readonly map: ModelMap;
  readonly left: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  /** Left edge of each column. */
  readonly xs: readonly number[];
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
    marks.push(
      textMark(margin + textWidth(measure.title, 12, true) + 10, y + 12, measure.note, { fill: lightTheme.quiet }),
    );
    y += 22;
    const scale = scaleOf(report, variants, measure);
    const start = y;
    for (const variant of variants) {
      if (variants.length > 1) {
        marks.push(dotMark(grid.left + 5, y + 8, variantColour(variant), 4.5));
        marks.push(fittedText(grid.left + 16, y + 12, report.variants[variant].name, grid.right - grid.left - 16));
        y += 20;
      }
      marks.push(...gridMarks(report, variant, measure, grid, scale, y));
      y += grid.map.rows.length * grid.cellHeight + 22;
    }
    marks.push(...colourBar(measure, scale, grid.right + 18, start + (variants.length > 1 ? 20 : 0)));
    // The colour bar may be higher than a grid of few rows.
    y = Math.max(y, start + 20 + 150) + 8;
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

/** Bits per weight get a grid of their own only where a recipe gave layers different ones. */
function bitsDiffer(report: Report, variants: readonly number[]): boolean {
  return variants.some((variant) => {
    const bits = report.layers.flatMap((layer) => layer.variants[variant]?.bitsPerWeight ?? []).sort((a, b) => a - b);
    return bits.length > 0 && bits[Math.floor(bits.length * 0.95)] > 1.1 * bits[Math.floor(bits.length * 0.05)];
  });
}

function gridOf(map: ModelMap): Grid {
  const labels = map.rows.map((row) => textWidth(visibleText(row)));
  const left = margin + Math.min(170, Math.max(36, ...labels)) + 8;
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
  return { map, left, cellWidth, cellHeight: Math.min(20, Math.max(14, cellWidth)), xs, right: x };
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
  const least = measure.fromZero ? 0 : minimum;
  const most = measure.fromZero && maximum === 0 ? 0.01 : maximum;
  return {
    minimum: least,
    maximum: most,
    below: values.some((v) => v < least),
    above: values.some((v) => v > most),
    lossless,
    absent,
  };
}

function gridMarks(report: Report, variant: number, measure: Measure, grid: Grid, scale: Scale, top: number): string[] {
  const { map, cellWidth, cellHeight, xs, left } = grid;
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
      const [w, h] = [cellWidth - gap, cellHeight - gap];
      if (value === undefined || value === null) marks.push(hollowMark(xs[c], y, w, h, value === null, title));
      else
        marks.push(
          boxMark(xs[c], y, w, h, scaleColour((value - scale.minimum) / (scale.maximum - scale.minimum)), title),
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

/** Labels under the columns, as many as stand clear of each other. */
function columnLabels(grid: Grid, y: number): string[] {
  const { map, xs, cellWidth } = grid;
  const style = { size: 10, fill: lightTheme.quiet };
  const marks: string[] = [];
  const widest = Math.max(0, ...map.columns.map((column, k) => (isAlone(map, k) ? 0 : textWidth(column.label, 10))));
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((n) => n * cellWidth >= widest + 5) ?? 1000;
  let inBand = 0;
  for (const [k, column] of map.columns.entries()) {
    inBand = k > 0 && column.band === map.columns[k - 1].band ? inBand + 1 : 0;
    if (isAlone(map, k)) marks.push(textMark(xs[k], y, visibleText(column.label), style));
    else if (inBand % every === 0)
      marks.push(textMark(xs[k] + cellWidth / 2, y, column.label, { ...style, anchor: "middle" }));
  }
  const first = map.columns.findIndex((_, k) => !isAlone(map, k));
  if (first >= 0) marks.push(textMark(xs[first] - 4, y, "", style));
  return marks.filter((mark) => !mark.includes("></text>"));
}

function colourBar(measure: Measure, scale: Scale, x: number, top: number): string[] {
  const steps = 32;
  const height = 112;
  const marks: string[] = [];
  for (let k = 0; k < steps; k++) {
    const y = top + (height * k) / steps;
    marks.push(boxMark(x, y, 10, height / steps + 0.3, scaleColour(1 - (k + 0.5) / steps)));
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
