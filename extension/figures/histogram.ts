import type { Histogram, LayerReport, Report } from "../../kernel/report/types";
import { paints } from "./colours";
import { lookOf, type Axis, type Figure, type Trace } from "./figure";
import { integer, percent } from "./numbers";
import { plotlyText, visible } from "./text";
import type { Theme } from "./theme";

const levelHeight = 9;
const plotHeight = 190;

/** A layer's weights before (grey) and after (a line for each variant) over the same bins; below the axis one line of ticks per
 *  variant, a tick for each value that its weights can take. */
export function histogramFigure(
  report: Report,
  layerIndex: number,
  variants: readonly number[],
  logarithmic: boolean,
  theme: Theme,
  width: number,
): Figure | null {
  const layer = report.layers[layerIndex];
  const before = layer.histogram;
  if (!before || before.counts.length === 0) return null;
  const paint = paints(report.variants.length, variants);
  const leveled = variants.filter((v) => (layer.variants[v]?.levels?.length ?? 0) > 0);
  const step = (before.maximum - before.minimum) / before.counts.length;
  const range: readonly [number, number] =
    step === 0 ? [before.minimum - 1, before.maximum + 1] : [before.minimum, before.maximum];
  const margin = { l: 58, r: 12, t: 12, b: 40 + leveled.length * levelHeight, pad: 0 } as const;
  const levelShare =
    leveled.length === 0 ? 0 : (leveled.length * levelHeight + 4) / (plotHeight + leveled.length * levelHeight + 4);
  const common = { xaxis: "x", hoverinfo: "skip", showlegend: false } as const;

  const data: Trace[] = [
    {
      ...common,
      yaxis: "y",
      type: "scatter",
      mode: "lines",
      name: "before",
      ...outline(before, logarithmic),
      line: { color: theme.dark ? "#7d848c" : "#9aa3ad", width: 1, shape: "hv" },
      fill: "tozeroy",
      fillcolor: theme.dark ? "rgba(125,132,140,0.45)" : "rgba(154,163,173,0.45)",
    },
  ];
  for (const v of [...variants].reverse()) {
    const after = layer.variants[v]?.histogram;
    if (!after || after.counts.length === 0) continue;
    data.push({
      ...common,
      yaxis: "y",
      type: "scatter",
      mode: "lines",
      name: plotlyText(report.variants[v].name),
      ...outline(after, logarithmic),
      line: { color: paint[v].colour, width: 1.4, shape: "hv" },
    });
  }
  leveled.forEach((v, line) => {
    const levels = layer.variants[v]?.levels ?? [];
    data.push({
      ...common,
      yaxis: "y2",
      type: "scatter",
      mode: "lines",
      name: plotlyText(`levels of ${report.variants[v].name}`),
      x: levels.flatMap((level) => [level, level, null]),
      y: levels.flatMap(() => [line + 0.12, line + 0.88, null]),
      line: { color: paint[v].colour, width: levels.length > 64 ? 1 : 1.6 },
    });
  });

  const axes: Record<string, Axis> = {
    xaxis: {
      type: "linear",
      range,
      anchor: leveled.length > 0 ? "y2" : "y",
      side: "bottom",
      showgrid: false,
      zeroline: true,
      zerolinecolor: theme.muted,
      zerolinewidth: 1,
      nticks: Math.max(3, Math.floor(width / 90)),
      tickfont: { size: theme.fontSize - 1, color: theme.muted },
      ticks: "outside",
      ticklen: 3,
      tickcolor: theme.faint,
      showline: true,
      linecolor: theme.faint,
      automargin: false,
      title: { text: "weight", font: { size: theme.fontSize - 1, color: theme.muted }, standoff: 4 },
    },
    yaxis: {
      type: logarithmic ? "log" : "linear",
      domain: [levelShare, 1],
      anchor: "x",
      showgrid: true,
      gridcolor: theme.grid,
      zeroline: false,
      nticks: 5,
      ...(logarithmic
        ? { dtick: 1, range: [Math.log10(0.5), Math.log10(tallest(layer, variants) * 1.6)] as const }
        : {}),
      tickfont: { size: theme.fontSize - 1, color: theme.muted },
      ticks: "",
      exponentformat: logarithmic ? "power" : "SI",
      fixedrange: true,
      automargin: false,
      title: { text: "weights per bin", font: { size: theme.fontSize - 1, color: theme.muted }, standoff: 8 },
    },
  };
  if (leveled.length > 0)
    axes.yaxis2 = {
      type: "linear",
      domain: [0, Math.max(0, levelShare - 0.01)],
      range: [leveled.length, 0],
      anchor: "x",
      showgrid: false,
      zeroline: false,
      showticklabels: false,
      ticks: "",
      fixedrange: true,
      automargin: false,
    };
  return {
    data,
    layout: {
      width,
      height: margin.t + plotHeight + leveled.length * levelHeight + 46,
      margin: { ...margin, b: 42 },
      ...lookOf(theme),
      annotations: [],
      axes,
      colorAxes: {},
    },
  };
}

/** The outline of a histogram as a step line, closed at both ends. On a logarithmic axis an empty bin stands at half a weight. */
function outline(h: Histogram, logarithmic: boolean): { x: readonly number[]; y: readonly number[] } {
  const floor = logarithmic ? 0.5 : 0;
  const step = (h.maximum - h.minimum) / h.counts.length;
  const x = h.counts.map((_, i) => h.minimum + i * step);
  const y = h.counts.map((n) => Math.max(floor, n));
  return { x: [h.minimum, ...x, h.maximum, h.maximum], y: [floor, ...y, y[y.length - 1], floor] };
}

function tallest(layer: LayerReport, variants: readonly number[]): number {
  const counts = [layer.histogram, ...variants.map((v) => layer.variants[v]?.histogram)].flatMap(
    (h) => h?.counts ?? [],
  );
  return counts.reduce((a, b) => Math.max(a, b), 1);
}

/** "Outside this axis: 3 weights before, 5 after linear 4-bit." */
export function outsideSentence(report: Report, layerIndex: number, variants: readonly number[]): string {
  const layer = report.layers[layerIndex];
  const outside = (h: Histogram | undefined): number => (h ? h.below + h.above : 0);
  const words = (n: number): string => {
    const weights = `${integer(n)} ${n === 1 ? "weight" : "weights"}`;
    return n >= 0.001 * layer.parameters ? `${weights} (${percent(n / layer.parameters)})` : weights;
  };
  const before = outside(layer.histogram);
  const after = variants.map((v) => ({ v, n: outside(layer.variants[v]?.histogram) }));
  if (before === 0 && after.every(({ n }) => n === 0)) return "Every weight lies inside this axis.";
  if (after.every(({ n }) => n === before)) return `Outside this axis: ${words(before)}, before and after.`;
  const parts = after.map(({ v, n }) => `${words(n)} after ${visible(report.variants[v].name)}`);
  return `Outside this axis: ${[`${words(before)} before`, ...parts].join(", ")}.`;
}
