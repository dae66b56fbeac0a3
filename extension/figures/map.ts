import { colourDomain, modelMap, type MapColumn } from "../../kernel/report/layout";
import type { LayerReport, Report } from "../../kernel/report/types";
import { cividis, reversed, shareScale, type ColourScale } from "./colours";
import type { Annotation, Axis, Cell, ColorAxis, Panel, PlacedFigure, Trace } from "./figure";
import { axisId, axisName } from "./figure";
import { isLossless, measures } from "./measures";
import { bits, percent } from "./numbers";
import { selectLayers, visibleVariants, type ViewState } from "./state";
import { plotlyText, shorten, textWidth } from "./text";
import type { Theme } from "./theme";

/** Room above a panel: with the scale of colour beside the title, and without. */
const barHeight = 44;
const titleHeight = 26;
const variantHeight = 24;
/** Room below a panel: with the blocks' numbers, and without. */
const axisHeight = 42;
const lineGap = 10;
const panelGap = 34;
/** Below this a cell is too narrow to point at: the panels then stand below each other. */
const narrowestCell = 13;

/** The kernel's model map over the layers that pass the filter, with a place on the axis for each column: columns that belong
 *  together stand together, with a narrow gap to the next. */
interface Grid {
  readonly columns: readonly (MapColumn & { readonly x: number })[];
  readonly rows: readonly string[];
  readonly cells: readonly (readonly (number | null)[])[];
  readonly width: number;
  readonly byBlock: boolean;
}

const bandGap = 0.4;

export function modelGrid(report: Report, layers: readonly number[]): Grid {
  const map = modelMap(layers.map((i) => report.layers[i]));
  let gaps = 0;
  const columns = map.columns.map((column, i) => {
    if (i > 0 && column.band !== map.columns[i - 1].band) gaps += bandGap;
    return { ...column, x: i + gaps };
  });
  return {
    columns,
    rows: map.rows,
    cells: map.cells.map((row) => row.map((at) => (at === null ? null : layers[at]))),
    width: columns.length + gaps,
    byBlock: map.byBlock,
  };
}

/** Edges of the columns, and of the gaps between them, with the column (or null) that lies between each two. */
function stripes(grid: Grid): { edges: readonly number[]; columns: readonly (number | null)[] } {
  const edges: number[] = [-0.5];
  const columns: (number | null)[] = [];
  grid.columns.forEach(({ x }, i) => {
    if (x - 0.5 > edges[edges.length - 1] + 1e-9) {
      edges.push(x - 0.5);
      columns.push(null);
    }
    edges.push(x + 0.5);
    columns.push(i);
  });
  return { edges: edges.map((edge) => Math.round(edge * 1e6) / 1e6), columns };
}

/** A quantity shown as colour. */
interface Shade {
  readonly title: string;
  readonly note: string;
  readonly colours: ColorAxis;
  /** null: no such layer. */
  readonly value: (layer: LayerReport, variant: number) => number | null;
  readonly lossless: (layer: LayerReport, variant: number) => boolean;
}

/** The model map: error and sparsity (and bits per weight, where they differ) over the same grid, for each variant in turn on one
 *  common scale of colour. Axes are shared, so that zooming one panel zooms all. */
export function mapFigure(report: Report, state: ViewState, theme: Theme, width: number): PlacedFigure {
  const visible = visibleVariants(report, state);
  const grid = modelGrid(report, selectLayers(report, { ...state, order: "model" }));
  const shades = shadesOf(report, visible, state, theme);
  const labels = grid.rows.map((row) => shorten(row, 26));
  const left = Math.min(Math.round(width * 0.4), Math.max(24, ...labels.map((l) => textWidth(l, theme.fontSize))) + 12);
  const right = 16;
  const plotWidth = Math.max(40, width - left - right);
  const beside = Math.floor((plotWidth - panelGap * (shades.length - 1)) / shades.length / grid.width);
  const perLine = beside >= narrowestCell ? shades.length : 1;
  const panelWidth = (plotWidth - panelGap * (perLine - 1)) / perLine;
  const cellHeight = grid.rows.length > 14 ? 17 : 21;
  const plotHeight = grid.rows.length * cellHeight;
  const lines = Math.ceil(shades.length / perLine);
  const naming = visible.length > 1 ? variantHeight : 0;
  const tops: number[] = [];
  let height = 0;
  visible.forEach((_, band) => {
    height += naming;
    for (let line = 0; line < lines; line++) {
      height += band === 0 ? barHeight : titleHeight;
      tops.push(height);
      height += plotHeight + (line === lines - 1 ? axisHeight : lineGap);
    }
  });

  const data: Trace[] = [];
  const annotations: Annotation[] = [];
  const panels: Panel[] = [];
  const axes: Record<string, Axis> = {};
  const colorAxes: Record<string, ColorAxis> = {};
  const top0 = naming + barHeight;
  const full = height - top0 - axisHeight;
  visible.forEach((variant, band) => {
    shades.forEach((shade, s) => {
      const index = panels.length;
      const line = Math.floor(s / perLine);
      const place = s % perLine;
      const start = place * (panelWidth + panelGap);
      const top = tops[band * lines + line];
      const xDomain: [number, number] = [share(start / plotWidth), share((start + panelWidth) / plotWidth)];
      const yDomain: [number, number] = [share(1 - (top - top0 + plotHeight) / full), share(1 - (top - top0) / full)];
      const [x, y] = [axisId("x", index), axisId("y", index)];
      axes[axisName("x", index)] = columnAxis(grid, xDomain, y, theme, panelWidth, index, line === lines - 1);
      axes[axisName("y", index)] = rowAxis(labels, yDomain, x, theme, place === 0, index);
      data.push(...cellTraces(report, grid, shade, variant, `coloraxis${s === 0 ? "" : s + 1}`, { x, y }, theme));
      annotations.push(...titles(shade, xDomain[0], yDomain[1], panelWidth, theme));
      if (naming > 0 && s === 0)
        annotations.push(
          text(report.variants[variant].name, xDomain[0], yDomain[1], band === 0 ? barHeight - 8 : titleHeight, theme),
        );
      if (band === 0)
        colorAxes[axisName("color", s)] = withBar(shade.colours, xDomain[1], yDomain[1], panelWidth, theme);
      panels.push({
        xaxis: axisName("x", index),
        yaxis: axisName("y", index),
        left: left + start,
        top,
        width: panelWidth,
        height: plotHeight,
        cells: cellsOf(grid),
      });
    });
  });
  return {
    figure: {
      data,
      layout: {
        width,
        height,
        margin: { l: left, r: right, t: top0, b: axisHeight, pad: 0 },
        font: { family: theme.fontFamily, size: theme.fontSize, color: theme.text },
        paper_bgcolor: theme.background,
        plot_bgcolor: theme.background,
        showlegend: false,
        hovermode: false,
        dragmode: "zoom",
        annotations,
        axes,
        colorAxes,
      },
    },
    panels,
  };
}

const share = (value: number): number => Math.min(1, Math.max(0, Math.round(value * 1e6) / 1e6));

const cellsOf = (grid: Grid): readonly Cell[] =>
  grid.cells.flatMap((row, y) =>
    row.flatMap((layer, i) => (layer === null ? [] : [{ layer, x: grid.columns[i].x, y }])),
  );

function shadesOf(report: Report, visible: readonly number[], state: ViewState, theme: Theme): readonly Shade[] {
  const measure = measures[state.measure];
  const logarithmic = measure.logarithmic && state.logarithmic;
  const raw = (layer: LayerReport, v: number): number | null => {
    const variant = layer.variants[v];
    if (!variant || isLossless(variant)) return null;
    const value = measure.value(variant);
    return value === null || !logarithmic ? value : value > 0 ? Math.log10(value) : null;
  };
  const all = <T>(of: (layer: LayerReport, v: number) => T | null): T[] =>
    report.layers.flatMap((layer) => visible.map((v) => of(layer, v))).filter((value) => value !== null);
  const { minimum: low, maximum: high, clipped } = colourDomain(all(raw));
  const best = measure.higherIsBetter ? high : low;
  const lossless = (layer: LayerReport, v: number): boolean => {
    const variant = layer.variants[v];
    return variant !== null && raw(layer, v) === null;
  };
  const error: Shade = {
    title: measure.label,
    note: clipped ? `${measure.note}; colours stop at the 2nd and 98th percentile` : measure.note,
    colours: colourAxis(measure.higherIsBetter ? cividis : reversed(cividis), low, high, (value) =>
      measure.format(logarithmic ? 10 ** value : value),
    ),
    value: (layer, v) => (lossless(layer, v) ? best : raw(layer, v)),
    lossless,
  };
  const zeros = all((layer, v) => layer.variants[v]?.sparsity ?? null);
  const most = [0.1, 0.2, 0.4, 0.6, 0.8, 1].find((step) => zeros.every((zero) => zero <= step)) ?? 1;
  const sparsity: Shade = {
    title: "Sparsity",
    note: "zero weights",
    colours: colourAxis(shareScale(theme), 0, most, percent),
    value: (layer, v) => layer.variants[v]?.sparsity ?? null,
    lossless: () => false,
  };
  const weightBits = all((layer, v) => layer.variants[v]?.bitsPerWeight ?? null);
  const greatest = weightBits.reduce((a, b) => Math.max(a, b), 0);
  // Where a variant gives all its layers the same bits, a map of them tells nothing.
  const uneven = visible.some((v) => {
    const own = report.layers.flatMap((layer) => layer.variants[v]?.bitsPerWeight ?? []);
    return own.some((value) => Math.abs(value - own[0]) > 0.25);
  });
  if (!uneven) return [error, sparsity];
  const size: Shade = {
    title: "Size",
    note: "bits per weight",
    colours: colourAxis(shareScale(theme), 0, greatest, bits),
    value: (layer, v) => layer.variants[v]?.bitsPerWeight ?? null,
    lossless: () => false,
  };
  return [error, sparsity, size];
}

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
function withBar(colours: ColorAxis, x: number, y: number, panelWidth: number, theme: Theme): ColorAxis {
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

function cellTraces(
  report: Report,
  grid: Grid,
  shade: Shade,
  variant: number,
  coloraxis: string,
  reference: { x: string; y: string },
  theme: Theme,
): readonly Trace[] {
  const common = { xaxis: reference.x, yaxis: reference.y, hoverinfo: "skip", showlegend: false } as const;
  const marks = cellsOf(grid).filter((cell) => shade.lossless(report.layers[cell.layer], variant));
  const { edges, columns } = stripes(grid);
  const value = (layer: number | null): number | null =>
    layer === null ? null : shade.value(report.layers[layer], variant);
  const cells: Trace = {
    ...common,
    type: "heatmap",
    x: edges,
    y: grid.rows.map((_, i) => i),
    z: grid.cells.map((row) => columns.map((column) => (column === null ? null : value(row[column])))),
    coloraxis,
    xgap: 1,
    ygap: 1,
  };
  if (marks.length === 0) return [cells];
  const losslessMarks: Trace = {
    ...common,
    type: "scatter",
    mode: "text",
    x: marks.map((cell) => cell.x),
    y: marks.map((cell) => cell.y),
    text: marks.map(() => "∞"),
    textposition: "middle center",
    textfont: { size: theme.fontSize - 1, color: "#1f2328" },
  };
  return [cells, losslessMarks];
}

/** As many labels as fit without touching, the names of the ends first. */
export function columnTicks(grid: Grid, panelWidth: number, fontSize: number): readonly number[] {
  const cell = panelWidth / grid.width;
  const taken: [number, number][] = [];
  const take = (i: number): boolean => {
    const half = textWidth(shorten(grid.columns[i].label, 12), fontSize) / 2 + 2;
    const middle = (grid.columns[i].x + 0.5) * cell;
    if (taken.some(([a, b]) => middle - half < b && middle + half > a)) return false;
    taken.push([middle - half, middle + half]);
    return true;
  };
  const numbered = (label: string): boolean => /^\d+$/.test(label);
  const names = grid.columns.flatMap(({ label }, i) => (!numbered(label) && take(i) ? [i] : []));
  const widest = Math.max(...grid.columns.map(({ label }) => (numbered(label) ? textWidth(label, fontSize) : 0))) + 6;
  const step = [1, 2, 5, 10, 20, 50, 100].find((n) => n * cell >= widest) ?? 200;
  const numbers = grid.columns.flatMap(({ label }, i) =>
    numbered(label) && Number(label) % step === 0 && take(i) ? [i] : [],
  );
  return [...names, ...numbers].sort((a, b) => a - b);
}

function columnAxis(
  grid: Grid,
  domain: readonly [number, number],
  anchor: string,
  theme: Theme,
  panelWidth: number,
  index: number,
  labelled: boolean,
): Axis {
  const ticks = columnTicks(grid, panelWidth, theme.fontSize - 1);
  return {
    type: "linear",
    domain,
    anchor,
    range: [-0.5, Math.round((grid.width - 0.5) * 1e6) / 1e6],
    ...(index > 0 ? { matches: "x" } : {}),
    showgrid: false,
    zeroline: false,
    showticklabels: labelled,
    tickmode: "array",
    tickvals: ticks.map((i) => grid.columns[i].x),
    ticktext: ticks.map((i) => plotlyText(shorten(grid.columns[i].label, 12))),
    tickfont: { size: theme.fontSize - 1, color: theme.muted },
    tickangle: 0,
    ticks: "",
    automargin: false,
    title: {
      text: labelled && grid.byBlock ? "block" : "",
      font: { size: theme.fontSize - 1, color: theme.muted },
      standoff: 2,
    },
  };
}

function rowAxis(
  labels: readonly string[],
  domain: readonly [number, number],
  anchor: string,
  theme: Theme,
  named: boolean,
  index: number,
): Axis {
  return {
    type: "linear",
    domain,
    anchor,
    range: [labels.length - 0.5, -0.5],
    ...(index > 0 ? { matches: "y" } : {}),
    showgrid: false,
    zeroline: false,
    showticklabels: named,
    tickmode: "array",
    tickvals: labels.map((_, i) => i),
    ticktext: labels.map(plotlyText),
    ticklabeloverflow: "allow",
    tickfont: { size: theme.fontSize, color: theme.text },
    ticks: "outside",
    ticklen: 4,
    tickcolor: "rgba(0,0,0,0)",
    automargin: false,
  };
}

function titles(shade: Shade, x: number, y: number, panelWidth: number, theme: Theme): readonly Annotation[] {
  const note = `  ${shade.note}`;
  const room = panelWidth * 0.55;
  const fits = textWidth(shade.title, theme.fontSize) * 1.08 + textWidth(note, theme.fontSize) < room;
  const muted = `<span style="color:${theme.muted}">${plotlyText(note)}</span>`;
  return [annotation(`<b>${plotlyText(shade.title)}</b>${fits ? muted : ""}`, x, y, 5, theme)];
}

const text = (value: string, x: number, y: number, yshift: number, theme: Theme): Annotation =>
  annotation(`<b>${plotlyText(shorten(value, 60))}</b>`, x, y, yshift, { ...theme, fontSize: theme.fontSize + 1 });

const annotation = (value: string, x: number, y: number, yshift: number, theme: Theme): Annotation => ({
  text: value,
  x,
  y,
  xref: "paper",
  yref: "paper",
  xanchor: "left",
  yanchor: "bottom",
  xshift: -1,
  yshift,
  align: "left",
  showarrow: false,
  captureevents: false,
  font: { size: theme.fontSize, color: theme.text },
});
