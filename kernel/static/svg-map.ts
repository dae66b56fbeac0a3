/** The static picture for deep models: the model map. One column for each block, one row for each kind of layer, coloured by the
 *  measure; a grid for each variant, all grids of a measure on one scale. */
import { cividis, lightTheme, scaleColour, shareScale } from "../report/colours";
import { colourDomain, shareColourDomain, shareColourMaximum } from "../report/domains";
import { visibleText } from "../report/visible-text";
import { modelMap } from "../report/layout";
import { measurePhrase } from "../report/measure-labels";
import { measures, panels, shownValue, type MeasureKey } from "../report/measures";
import { formatNumber } from "../report/numbers";
import { worstList } from "./summary";
import type { Part } from "./svg-header";
import { columnLabels, gridOf, labelHeight, type Grid } from "./svg-map-grid";
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
import type { Report } from "../report/types";

/** The colour bar with what stands under it. */
const barFoot = 34;
const barHeight = (grid: Grid): number => Math.min(112, Math.max(64, grid.map.rows.length * grid.cellHeight));

/** A tick of the scale of colour, with its unit: "20.0 dB", "40 %", "4.25". */
function tick(key: MeasureKey, value: number): string {
  const { axis, digits, unit } = measures[key];
  if (axis.kind === "share") return `${digits(value).replace(/\.0$/, "")} ${unit}`;
  return axis.kind === "amount" ? digits(value) : `${formatNumber(value)} ${unit}`.trimEnd();
}

/** Shares run from none to all: one hue, from zero, the same for all variants. */
const isShare = (key: MeasureKey): boolean => measures[key].axis.kind === "share";

interface Scale {
  readonly minimum: number;
  readonly maximum: number;
  /** Whether values lie beyond the ends. */
  readonly below: boolean;
  readonly above: boolean;
  readonly lossless: boolean;
  readonly absent: boolean;
}

/** A grid for each panel and variant, with its scale of colour at the right, and the worst layers below. */
export function mapPart(report: Report, variants: readonly number[], top: number): Part {
  const grid = gridOf(modelMap(report.layers));
  const marks: string[] = [];
  let y = top;
  for (const { measures: choices, picture } of panels) {
    const [measure] = choices;
    if (measures[measure].axis.kind === "amount" && !differs(report, variants, measure)) continue;
    marks.push(textMark(margin, y + 12, picture.title, { bold: true, size: 12 }));
    const shared = isShare(measure) || sharesScale(report, variants, measure);
    const ownNote = picture.mapNote ?? picture.note;
    const note = shared ? ownNote : `${ownNote}; each variant on its own scale`;
    marks.push(textMark(margin + textWidth(picture.title, 12, true) + 10, y + 12, note, { fill: lightTheme.quiet }));
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

function sharesScale(report: Report, variants: readonly number[], measure: MeasureKey): boolean {
  return shareColourDomain(
    variants.map((variant) =>
      report.layers
        .flatMap((layer) => layer.variants[variant] ?? [])
        .flatMap((measured) => shownValue(measure, measured) ?? []),
    ),
  );
}

/** An amount gets a grid only where the layers of some variant differ in it: their 95th percentile by a tenth from the 5th. */
function differs(report: Report, variants: readonly number[], measure: MeasureKey): boolean {
  return variants.some((variant) => {
    const values = report.layers
      .flatMap((layer) => shownValue(measure, layer.variants[variant] ?? {}) ?? [])
      .sort((a, b) => a - b);
    return (
      values.length > 0 && values[Math.floor(values.length * 0.95)] > 1.1 * values[Math.floor(values.length * 0.05)]
    );
  });
}

function scaleOf(report: Report, variants: readonly number[], measure: MeasureKey): Scale {
  const values: number[] = [];
  let lossless = false;
  let absent = false;
  for (const layer of report.layers)
    for (const variant of variants) {
      const value = shownValue(measure, layer.variants[variant] ?? {});
      if (value === undefined) absent = true;
      else if (value === null) lossless = true;
      else values.push(value);
    }
  const { minimum, maximum } = colourDomain(values);
  const least = isShare(measure) ? 0 : minimum;
  const most = isShare(measure) ? shareColourMaximum(values) : maximum;
  return {
    minimum: least,
    maximum: most,
    below: values.some((v) => v < least),
    above: values.some((v) => v > most),
    lossless,
    absent,
  };
}

function colourOf(measure: MeasureKey, share: number): string {
  return scaleColour(share, isShare(measure) ? shareScale.light : cividis);
}

function gridMarks(
  report: Report,
  variant: number,
  measure: MeasureKey,
  grid: Grid,
  scale: Scale,
  top: number,
): string[] {
  const { map, cellWidth, cellHeight, xs, widths, left } = grid;
  const gap = cellWidth > 8 ? 1.2 : 0.6;
  const marks: string[] = [];
  for (const [r, kind] of map.rows.entries()) {
    const y = top + r * cellHeight;
    marks.push(fittedText(left - 8, y + cellHeight / 2 + 3.5, kind, left - 8 - margin, { anchor: "end" }));
    for (const [c, at] of map.cells[r].entries()) {
      if (at === null) continue;
      const layer = report.layers[at];
      const measured = layer.variants[variant];
      const value = measured ? shownValue(measure, measured) : undefined;
      const title = titleMark(`${layer.name} ${measured ? measurePhrase(measure, measured) : "absent"}`);
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

function colourBar(measure: MeasureKey, scale: Scale, x: number, top: number, height: number): string[] {
  const steps = 32;
  const marks: string[] = [];
  for (let k = 0; k < steps; k++) {
    const y = top + (height * k) / steps;
    marks.push(boxMark(x, y, 10, height / steps + 0.3, colourOf(measure, 1 - (k + 0.5) / steps)));
  }
  const middle = (scale.minimum + scale.maximum) / 2;
  const ticks: [number, string][] = [
    [0, (scale.above ? "≥ " : "") + tick(measure, scale.maximum)],
    [0.5, tick(measure, middle)],
    [1, (scale.below ? "≤ " : "") + tick(measure, scale.minimum)],
  ];
  for (const [share, text] of ticks) marks.push(textMark(x + 15, top + height * share + 4, text, { size: 10 }));
  let y = top + height + 14;
  const legend = (lossless: boolean, text: string) => {
    marks.push(hollowMark(x, y, 10, 10, lossless), textMark(x + 15, y + 9, text, { size: 10 }));
    y += 15;
  };
  if (scale.lossless) legend(true, `∞ ${measures[measure].unit}`.trimEnd());
  if (scale.absent) legend(false, "absent");
  return marks;
}
