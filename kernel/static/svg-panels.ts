/** The panels of the static picture's rows: one for each panel of the table of measures, with its axis and what recipes aimed at. */
import { lightTheme, variantColour } from "../report/colours";
import { decibelDomain } from "../report/domains";
import { measures, panels as measurePanels, shownValue, type MeasureKey } from "../report/measures";
import { formatTick } from "../report/numbers";
import { coordinate, margin, pictureWidth } from "./svg-marks";
import type { LayerVariant, Report } from "../report/types";

const panelGap = 46;
/** Beyond the axis of error: where layers stand that lost nothing. */
const losslessLane = 30;

/** A column of the picture. */
export interface Panel {
  /** Left edge, in the picture. */
  readonly x: number;
  readonly width: number;
  readonly title: string;
  readonly note: string;
  /** The values at both ends of its axis. */
  readonly minimum: number;
  readonly maximum: number;
  readonly tick: (value: number) => string;
  /** Width that a tick and its label ask for. */
  readonly tickRoom: number;
  readonly measure: MeasureKey;
  /** Targets that all layers of a variant share, each one line through all rows. */
  readonly targetLines?: ReadonlyMap<number, string>;
  /** What a recipe aimed at in a layer. */
  readonly target?: (variant: LayerVariant) => number | undefined;
  /** Grey bars from zero, where the variants do not differ. */
  readonly bars: boolean;
  /** Whether some layer lost nothing and stands beyond the axis. */
  readonly lossless: boolean;
}

/** A panel for each of the table of measures, side by side from `left`. */
export function panelsOf(report: Report, variants: readonly number[], left: number): Panel[] {
  const room = pictureWidth - margin - 14 - left - (measurePanels.length - 1) * panelGap;
  const total = measurePanels.reduce((sum, { picture }) => sum + picture.share, 0);
  let x = left;
  return measurePanels.map(({ measures: [measure], picture }) => {
    const { axis, unit } = measures[measure];
    const width = Math.floor((room * picture.share) / total);
    const targets = targetsOf(report, variants, measure);
    const panel: Panel = {
      ...{ x, width, title: picture.title, note: picture.note + targets.note, measure },
      ...(targets.of ? { target: targets.of } : {}),
      ...(targets.lines ? { targetLines: targets.lines } : {}),
      ...rangeOf(report, variants, measure),
      tick: (value) => tickText(measure, value),
      tickRoom: unit === "" ? 26 : 54,
      bars: (axis.kind === "share" || axis.kind === "amount") && isSame(report, variants, measure),
    };
    x += width + panelGap;
    return panel;
  });
}

/** "20 dB", "50 %", "4", "0.002". */
function tickText(measure: MeasureKey, value: number): string {
  const { axis, unit } = measures[measure];
  if (axis.kind === "distance") return formatTick(value);
  const digits = coordinate(axis.kind === "share" ? 100 * value : value).replace("-", "−");
  return unit === "" ? digits : `${digits} ${unit}`;
}

const variantsOf = (report: Report, variants: readonly number[]): LayerVariant[] =>
  report.layers.flatMap((layer) => variants.flatMap((v) => layer.variants[v] ?? []));

/** The values that a panel's axis runs over, and whether some layer lost nothing and needs a place beyond it. */
function rangeOf(
  report: Report,
  variants: readonly number[],
  measure: MeasureKey,
): Pick<Panel, "minimum" | "maximum" | "lossless"> {
  const { axis, aim } = measures[measure];
  if (axis.kind === "decibels") {
    const { minimum, maximum, lossless } = decibelDomain(report, measure);
    return { minimum, maximum: maximum * 1.03, lossless };
  }
  const shown = variantsOf(report, variants);
  const keys = aim ? [measure, aim] : [measure];
  const most = Math.max(0, ...shown.flatMap((variant) => keys.flatMap((key) => shownValue(key, variant) ?? [])));
  if (axis.kind === "share") return { minimum: 0, maximum: most > 0.5 ? 1 : most > 0.2 ? 0.5 : 0.2, lossless: false };
  const least = axis.kind === "amount" ? axis.atLeast : Number.MIN_VALUE;
  return { minimum: 0, maximum: Math.max(most, least) * 1.06, lossless: false };
}

/** Whether the variants agree in every layer: grey bars then say as much as dots. */
function isSame(report: Report, variants: readonly number[], measure: MeasureKey): boolean {
  return report.layers.every((layer) => {
    const values = variants.flatMap((v) => layer.variants[v] ?? []).map((variant) => shownValue(measure, variant) ?? 0);
    return values.every((value) => Math.abs(value - values[0]) < 5e-4);
  });
}

/** What recipes aimed at: in each layer, as lines through all rows, and as words behind the note where there is one aim only. */
function targetsOf(
  report: Report,
  variants: readonly number[],
  measure: MeasureKey,
): {
  readonly note: string;
  readonly of?: (variant: LayerVariant) => number | undefined;
  readonly lines?: ReadonlyMap<number, string> | undefined;
} {
  const { aim, unit } = measures[measure];
  if (aim === undefined) return { note: "" };
  const of = (variant: LayerVariant): number | undefined => shownValue(aim, variant) ?? undefined;
  const all = new Set(variantsOf(report, variants).flatMap((variant) => of(variant) ?? []));
  const [only] = all;
  const note = all.size === 1 ? `, target ${measures[aim].digits(only).replace(/\.0$/, "")} ${unit}` : "";
  return { note, of, lines: targetLinesOf(report, variants, of) };
}

/** The width of a panel less the lane of what lost nothing. */
export const axisWidth = (panel: Panel): number => panel.width - (panel.lossless ? losslessLane : 0);

/** Where a value stands, in the picture; at an end of the axis where it lies beyond. */
export function position(panel: Panel, value: number): number {
  const share = (value - panel.minimum) / (panel.maximum - panel.minimum);
  return panel.x + axisWidth(panel) * Math.min(1, Math.max(0, share));
}

/** Target → colour of its line: dark where the variants agree, else the variant's. Undefined when layers of one variant differ. */
function targetLinesOf(
  report: Report,
  variants: readonly number[],
  of: (variant: LayerVariant) => number | undefined,
): ReadonlyMap<number, string> | undefined {
  const lines = new Map<number, string>();
  for (const variant of variants) {
    const targets = new Set(variantsOf(report, [variant]).flatMap((measured) => of(measured) ?? []));
    if (targets.size > 1) return undefined;
    for (const target of targets) lines.set(target, lines.has(target) ? lightTheme.target : variantColour(variant));
  }
  return lines.size === 1 ? new Map([...lines.keys()].map((target) => [target, lightTheme.target])) : lines;
}
