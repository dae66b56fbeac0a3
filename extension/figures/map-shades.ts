import { colourDomain, shareColourMaximum } from "../../kernel/report/domains";
import { formatMeasure, measureNote } from "../../kernel/report/measure-labels";
import {
  isLossless,
  measures,
  panels,
  shownValue,
  type MeasureKey,
  type MeasurePanel,
} from "../../kernel/report/measures";
import type { LayerReport, Report } from "../../kernel/report/types";
import { cividis, reversed, shareScale, type ColourScale } from "./colours";
import type { ColorAxis } from "./figure";
import { chosenMeasure, type ViewState } from "./state";
import { plotlyText } from "./text";
import type { Theme } from "./theme";

/** A quantity shown as colour. */
export interface Shade {
  readonly title: string;
  readonly note: string;
  /** The scale, without a place for its bar. */
  readonly colours: ColorAxis;
  /** null: no such layer. */
  readonly value: (layer: LayerReport, variant: number) => number | null;
  /** Whether nothing was lost: such a cell bears a sign. */
  readonly lossless: (layer: LayerReport, variant: number) => boolean;
}

/** A shade for each panel of the table of measures: for an error one on cividis, dark for the worse; for the others one hue from zero.
 *  An amount that every variant gives evenly to all its layers has none: a map of it would tell nothing. */
export function shadesOf(report: Report, visible: readonly number[], state: ViewState, theme: Theme): readonly Shade[] {
  return panels.flatMap((panel) => {
    const key = chosenMeasure(panel, state);
    const { axis } = measures[key];
    if (axis.kind === "share") return shareShade(report, visible, panel, key, theme);
    if (axis.kind === "amount") return amountShade(report, visible, panel, key, theme) ?? [];
    return errorShade(report, visible, panel, key, axis.kind === "distance" && state.logarithmic);
  });
}

const valueOf = (key: MeasureKey, layer: LayerReport, v: number): number | null =>
  shownValue(key, layer.variants[v] ?? {}) ?? null;

const allOf = (
  report: Report,
  visible: readonly number[],
  of: (layer: LayerReport, v: number) => number | null,
): number[] => report.layers.flatMap((layer) => visible.map((v) => of(layer, v))).filter((value) => value !== null);

function errorShade(
  report: Report,
  visible: readonly number[],
  panel: MeasurePanel,
  key: MeasureKey,
  logarithmic: boolean,
): Shade {
  const higherIsBetter = measures[key].better === "higher";
  const raw = (layer: LayerReport, v: number): number | null => {
    const variant = layer.variants[v];
    if (!variant || isLossless(variant)) return null;
    const value = valueOf(key, layer, v);
    return value === null || !logarithmic ? value : value > 0 ? Math.log10(value) : null;
  };
  const { minimum: low, maximum: high, clipped } = colourDomain(allOf(report, visible, raw));
  const best = higherIsBetter ? high : low;
  const lossless = (layer: LayerReport, v: number): boolean => {
    const variant = layer.variants[v];
    return variant !== null && shownValue(key, variant) !== undefined && raw(layer, v) === null;
  };
  const note = measureNote(key);
  return {
    title: panel.title,
    note: clipped ? `${note}; colours stop at the 2nd and 98th percentile` : note,
    colours: colourAxis(higherIsBetter ? cividis : reversed(cividis), low, high, (value) =>
      formatMeasure(key, logarithmic ? 10 ** value : value),
    ),
    value: (layer, v) => (lossless(layer, v) ? best : raw(layer, v)),
    lossless,
  };
}

function shareShade(
  report: Report,
  visible: readonly number[],
  panel: MeasurePanel,
  key: MeasureKey,
  theme: Theme,
): Shade {
  const most = shareColourMaximum(allOf(report, visible, (layer, v) => valueOf(key, layer, v)));
  return hueShade(panel, key, theme, most);
}

function amountShade(
  report: Report,
  visible: readonly number[],
  panel: MeasurePanel,
  key: MeasureKey,
  theme: Theme,
): Shade | null {
  const { axis } = measures[key];
  const within = axis.kind === "amount" ? axis.evenWithin : 0;
  const uneven = visible.some((v) => {
    const own = allOf(report, [v], (layer) => valueOf(key, layer, v));
    return own.some((value) => Math.abs(value - own[0]) > within);
  });
  if (!uneven) return null;
  const all = allOf(report, visible, (layer, v) => valueOf(key, layer, v));
  return hueShade(
    panel,
    key,
    theme,
    all.reduce((a, b) => Math.max(a, b), 0),
  );
}

/** One hue from the page's background at zero to full at `most`. */
const hueShade = (panel: MeasurePanel, key: MeasureKey, theme: Theme, most: number): Shade => ({
  title: panel.title,
  note: measureNote(key),
  colours: colourAxis(shareScale(theme), 0, most, (value) => formatMeasure(key, value)),
  value: (layer, v) => valueOf(key, layer, v),
  lossless: () => false,
});

function colourAxis(scale: ColourScale, low: number, high: number, format: (value: number) => string): ColorAxis {
  const ticks = [low, (low + high) / 2, high];
  return {
    colorscale: scale,
    cmin: low,
    cmax: high,
    showscale: true,
    colorbar: { tickmode: "array", tickvals: ticks, ticktext: ticks.map((value) => plotlyText(format(value))) },
  };
}

/** The scale of colour as a thin bar in the title's line, above the panel's right end. */
export function withBar(colours: ColorAxis, x: number, y: number, panelWidth: number, theme: Theme): ColorAxis {
  return {
    ...colours,
    colorbar: {
      ...colours.colorbar,
      orientation: "h",
      lenmode: "pixels",
      len: Math.round(Math.min(180, panelWidth * 0.42)),
      thicknessmode: "pixels",
      thickness: 7,
      x,
      xref: "paper",
      xanchor: "right",
      xpad: 14,
      y,
      yref: "paper",
      yanchor: "bottom",
      ypad: 6,
      outlinewidth: 0,
      ticks: "",
      ticklabelposition: "outside top",
      tickangle: 0,
      tickfont: { size: theme.fontSize - 2, color: theme.muted },
    },
  };
}
