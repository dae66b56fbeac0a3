import { variantLimit } from "../../kernel/report/layout";
import type { LayerReport, Report } from "../../kernel/report/types";
import { paints, type Paint } from "./colours";
import type { Annotation, Axis, Cell, Panel, PlacedFigure, Trace } from "./figure";
import { axisId, axisName } from "./figure";
import { measures } from "./measures";
import { bitsScale, errorScale, sparsityScale, type Scale } from "./scale";
import { selectLayers, visibleVariants, type ViewState } from "./state";
import { plotlyText, shorten, textWidth } from "./text";
import type { Theme } from "./theme";

const rowHeight = 20;
const blockGap = 0.55;
const titleHeight = 34;
const headingHeight = 26;
const axisHeight = 34;
const panelGap = 26;
/** Rows that a screen does not hold at once have their scales above them too, and are zoomed along these only. */
const longHeight = 900;
const upperAxisHeight = 18;

/** A layer's row: where it stands and what is written beside it. */
interface Row {
  readonly layer: number;
  readonly y: number;
  readonly label: string;
  /** Written once, at the first row of a block. */
  readonly block: string;
}

/** A column of the figure: one quantity over the rows, for some of the variants. */
interface Column {
  readonly title: string;
  readonly note: string;
  /** The title where there is no room for the note. */
  readonly brief: string;
  readonly variants: readonly number[];
  readonly scale: Scale;
  readonly fromZero: boolean;
  readonly share: number;
  readonly targets: boolean;
}

/** Columns side by side over one set of rows. */
interface Band {
  /** Stands above the columns where their own titles name variants. */
  readonly heading: { readonly title: string; readonly note: string } | null;
  readonly columns: readonly Column[];
  /** How many columns there is room for, where bands must line up; null: the columns fill the width. */
  readonly places: number | null;
}

/** Layers as rows; error, sparsity and bits per weight as columns over the same rows, one dot per variant. The columns share one
 *  vertical axis, so that zooming one zooms all. With more variants than there are colours, each variant has columns of its own. */
export function rowsFigure(report: Report, state: ViewState, theme: Theme, width: number): PlacedFigure {
  const paint = paints(report.variants.length, visibleVariants(report, state));
  const rows = placeRows(report, selectLayers(report, state), state.order === "model");
  const bands = columnBands(report, state, width);
  const blockWidth = Math.max(0, ...rows.map((row) => textWidth(row.block, theme.fontSize - 1)));
  const labelWidth = Math.max(0, ...rows.map((row) => textWidth(row.label, theme.fontSize)));
  const left = Math.min(Math.round(width * 0.45), blockWidth + labelWidth + (blockWidth > 0 ? 26 : 14));
  const right = 14;
  const last = rows.length === 0 ? 0 : rows[rows.length - 1].y;
  const range: readonly [number, number] = [last + 0.6, -0.6];
  const plotHeight = Math.round((range[0] - range[1]) * rowHeight);
  const upper = plotHeight > longHeight ? upperAxisHeight : 0;
  const tops: number[] = [];
  let height = 0;
  for (const band of bands) {
    height += titleHeight + upper + (band.heading ? headingHeight : 0);
    tops.push(height);
    height += plotHeight + axisHeight;
  }
  const plotWidth = Math.max(40, width - left - right);
  const full = height - tops[0] - axisHeight;

  const data: Trace[] = [];
  const annotations: Annotation[] = [];
  const panels: Panel[] = [];
  const axes: Record<string, Axis> = {};
  let x = 0;
  bands.forEach(({ columns, heading, places }, band) => {
    const top = tops[band];
    const yDomain: [number, number] = [
      share(1 - (top - tops[0] + plotHeight) / full),
      share(1 - (top - tops[0]) / full),
    ];
    const y = axisName("y", band);
    axes[y] = { ...rowAxis(rows, range, yDomain, axisId("x", x), theme, band), fixedrange: upper > 0 };
    annotations.push(...blockNames(rows, axisId("y", band), left, blockWidth, theme));
    const free = plotWidth - panelGap * ((places ?? columns.length) - 1);
    const total = places ?? columns.reduce((sum, column) => sum + column.share, 0);
    if (heading) annotations.push(bandHeading(heading, yDomain[1], left, upper, theme));
    let start = 0;
    for (const column of columns) {
      const size = (free * column.share) / total;
      const xDomain: [number, number] = [share(start / plotWidth), share((start + size) / plotWidth)];
      const reference = { x: axisId("x", x), y: axisId("y", band) };
      axes[axisName("x", x)] = columnAxis(column, xDomain, reference.y, theme, size);
      data.push(...columnTraces(report, rows, column, paint, theme, reference));
      annotations.push(...columnTitle(column, xDomain[0], yDomain[1], size, theme, { ...reference, upper }));
      panels.push({
        xaxis: axisName("x", x),
        yaxis: y,
        left: left + start,
        top,
        width: size,
        height: plotHeight,
        cells: rows.map((row): Cell => ({ layer: row.layer, x: null, y: row.y })),
      });
      start += size + panelGap;
      x++;
    }
  });
  if (upper > 0) addUpperAxes(axes, data, x);
  return {
    figure: {
      data,
      layout: {
        width,
        height,
        margin: { l: left, r: right, t: tops[0], b: axisHeight, pad: 0 },
        font: { family: theme.fontFamily, size: theme.fontSize, color: theme.text },
        paper_bgcolor: theme.background,
        plot_bgcolor: theme.background,
        showlegend: false,
        hovermode: false,
        dragmode: "zoom",
        barmode: "overlay",
        annotations,
        axes,
        colorAxes: {},
      },
    },
    panels,
  };
}

const share = (value: number): number => Math.min(1, Math.max(0, Math.round(value * 1e6) / 1e6));

function placeRows(report: Report, layers: readonly number[], grouped: boolean): readonly Row[] {
  const rows: Row[] = [];
  let y = 0;
  let previous: string | null = null;
  for (const index of layers) {
    const layer = report.layers[index];
    const starts = !grouped || layer.block !== previous;
    if (rows.length > 0) y += grouped && starts ? 1 + blockGap : 1;
    rows.push({ layer: index, y, label: shortName(layer), block: starts ? shorten(layer.block, 18) : "" });
    previous = layer.block;
  }
  return rows;
}

/** What a layer is called beside its block. */
export const shortName = (layer: LayerReport): string => shorten(layer.kind || layer.name, 30);

function columnBands(report: Report, state: ViewState, width: number): readonly Band[] {
  const visible = visibleVariants(report, state);
  const measure = measures[state.measure];
  const error = {
    title: measure.label,
    note: measure.note,
    brief: measure.short,
    scale: errorScale(report, visible, state),
    fromZero: false,
    share: 2,
    targets: false,
  };
  const sparsity = {
    title: "Sparsity",
    note: "zero weights",
    brief: "Sparsity",
    scale: sparsityScale,
    fromZero: true,
    share: 1.15,
    targets: true,
  };
  const bits = {
    title: "Size",
    note: "bits per weight",
    brief: "Bits per weight",
    scale: bitsScale(report, visible),
    fromZero: true,
    share: 1,
    targets: false,
  };
  if (visible.length <= variantLimit) {
    const columns = width < 520 ? [error, sparsity] : [error, sparsity, bits];
    return [{ heading: null, columns: columns.map((column) => ({ ...column, variants: visible })), places: null }];
  }
  const places = Math.max(2, Math.min(6, Math.floor((width - 160) / 150)));
  return [error, sparsity, bits].flatMap((column) =>
    chunks(visible, places).map((part, i) => ({
      heading: i === 0 ? { title: column.title, note: column.note } : null,
      columns: part.map((v) => {
        const { name } = report.variants[v];
        return { ...column, title: name, note: "", brief: name, variants: [v], share: 1 };
      }),
      places,
    })),
  );
}

function chunks(items: readonly number[], size: number): readonly (readonly number[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

function rowAxis(
  rows: readonly Row[],
  range: readonly [number, number],
  domain: readonly [number, number],
  anchor: string,
  theme: Theme,
  band: number,
): Axis {
  return {
    type: "linear",
    domain,
    range,
    anchor,
    ...(band > 0 ? { matches: "y" } : {}),
    showgrid: false,
    zeroline: false,
    tickmode: "array",
    tickvals: rows.map((row) => row.y),
    ticktext: rows.map((row) => plotlyText(row.label)),
    tickfont: { size: theme.fontSize, color: theme.text },
    ticks: "",
    ticklabeloverflow: "allow",
    automargin: false,
  };
}

function columnAxis(
  column: Column,
  domain: readonly [number, number],
  anchor: string,
  theme: Theme,
  size: number,
): Axis {
  const { axis, range } = column.scale;
  return {
    ...axis,
    ...(axis.nticks === undefined
      ? {}
      : { nticks: Math.max(2, Math.min(axis.nticks, Math.floor(size / (column.scale.axis.ticksuffix ? 50 : 30)))) }),
    range,
    domain,
    anchor,
    side: "bottom",
    showgrid: true,
    gridcolor: theme.grid,
    zerolinecolor: theme.faint,
    zerolinewidth: 1,
    showline: column.fromZero,
    linecolor: theme.faint,
    tickfont: { size: theme.fontSize - 1, color: theme.muted },
    tickangle: 0,
    ticks: "",
    automargin: false,
  };
}

/** The scale of each of the first `count` horizontal axes once more above the rows; zooming one zooms the other. */
function addUpperAxes(axes: Record<string, Axis>, data: Trace[], count: number): void {
  for (let x = 0; x < count; x++) {
    const lower = axes[axisName("x", x)];
    axes[axisName("x", count + x)] = {
      ...lower,
      side: "top",
      overlaying: axisId("x", x),
      matches: axisId("x", x),
      showgrid: false,
      zeroline: false,
      showline: false,
    };
    // Plotly draws an axis that has a trace.
    const nothing = { x: [null], y: [null], xaxis: axisId("x", count + x), yaxis: lower.anchor ?? "y" };
    data.push({ ...nothing, type: "scatter", mode: "markers", hoverinfo: "skip", showlegend: false });
  }
}

/** Block names at the far left, one at the first row of each block. */
function blockNames(
  rows: readonly Row[],
  yref: string,
  left: number,
  blockWidth: number,
  theme: Theme,
): readonly Annotation[] {
  if (blockWidth === 0) return [];
  return rows
    .filter((row) => row.block !== "")
    .map((row) => ({
      text: plotlyText(row.block),
      x: 0,
      y: row.y,
      xref: "paper",
      yref,
      xanchor: "left",
      yanchor: "middle",
      xshift: -left + 2,
      showarrow: false,
      captureevents: false,
      font: { size: theme.fontSize - 1, color: theme.muted },
    }));
}

function bandHeading(
  { title, note }: { title: string; note: string },
  y: number,
  left: number,
  upper: number,
  theme: Theme,
): Annotation {
  return {
    text: `<b>${plotlyText(title)}</b><span style="color:${theme.muted}">${plotlyText(`  ${note}`)}</span>`,
    x: 0,
    y,
    xref: "paper",
    yref: "paper",
    xanchor: "left",
    yanchor: "bottom",
    xshift: -left + 2,
    yshift: 8 + headingHeight + upper,
    align: "left",
    showarrow: false,
    captureevents: false,
    font: { size: theme.fontSize + 1, color: theme.text },
  };
}

function columnTitle(
  column: Column,
  x: number,
  y: number,
  size: number,
  theme: Theme,
  { x: xref, upper }: { readonly x: string; readonly upper: number },
): readonly Annotation[] {
  const room = size + panelGap - 8;
  const note = `  ${column.note}`;
  const fits =
    column.note !== "" && textWidth(column.title, theme.fontSize + 1) * 1.06 + textWidth(note, theme.fontSize) < room;
  const title = shorten(fits ? column.title : column.brief, Math.max(8, Math.floor(room / 7.2)));
  const common = { showarrow: false, captureevents: false, yref: "paper", y, yanchor: "bottom" } as const;
  const titles: Annotation[] = [
    {
      ...common,
      text: `<b>${plotlyText(title)}</b>${fits ? `<span style="color:${theme.muted}">${plotlyText(note)}</span>` : ""}`,
      x,
      xref: "paper",
      xanchor: "left",
      yshift: 8 + upper,
      xshift: -1,
      align: "left",
      font: { size: theme.fontSize, color: theme.text },
    },
  ];
  if (column.scale.lossless !== null)
    titles.push({
      ...common,
      text: "lossless",
      // Annotations stand in decades on a logarithmic axis.
      x: column.scale.logarithmic ? Math.log10(column.scale.lossless) : column.scale.lossless,
      xref,
      xanchor: "center",
      yshift: -4 + (upper && upper - 2),
      font: { size: theme.fontSize - 2, color: theme.muted },
    });
  return titles;
}

function columnTraces(
  report: Report,
  rows: readonly Row[],
  column: Column,
  paint: readonly Paint[],
  theme: Theme,
  reference: { x: string; y: string },
): readonly Trace[] {
  const common = { xaxis: reference.x, yaxis: reference.y, hoverinfo: "skip", showlegend: false } as const;
  const place = (row: Row, v: number): number | null => {
    const variant = report.layers[row.layer].variants[v];
    return variant ? column.scale.place(variant) : null;
  };
  const traces: Trace[] = [spans(rows, column, place, theme, common)];
  if (column.targets) traces.push(...targets(report, rows, column, theme, common));
  // The first variant on top: it is the one that a reader names first.
  for (const v of [...column.variants].reverse())
    traces.push({
      ...common,
      type: "scatter",
      mode: "markers",
      name: plotlyText(report.variants[v].name),
      x: rows.map((row) => place(row, v)),
      y: rows.map((row) => row.y),
      marker: {
        color: paint[v].colour,
        size: 8,
        symbol: rows.map((row) => markerSymbol(report, row, v, column, paint[v])),
        line: { color: theme.background, width: 1 },
      },
      cliponaxis: true,
    });
  return traces;
}

function markerSymbol(report: Report, row: Row, v: number, column: Column, paint: Paint): string {
  const variant = report.layers[row.layer].variants[v];
  const open =
    variant !== null && column.scale.lossless !== null && column.scale.place(variant) === column.scale.lossless;
  // Too bad for the axis: an arrow at its edge.
  if (variant !== null && column.scale.beyond(variant)) return "triangle-left";
  return `${paint.symbol}${open ? "-open" : ""}`;
}

type Common = {
  readonly xaxis: string;
  readonly yaxis: string;
  readonly hoverinfo: "skip";
  readonly showlegend: false;
};

/** A faint line through a row's dots: from zero for amounts, from the least to the greatest for errors. */
function spans(
  rows: readonly Row[],
  column: Column,
  place: (row: Row, v: number) => number | null,
  theme: Theme,
  common: Common,
): Trace {
  const x: (number | null)[] = [];
  const y: (number | null)[] = [];
  for (const row of rows) {
    const values = column.variants.map((v) => place(row, v)).filter((value) => value !== null);
    if (values.length === 0) continue;
    x.push(column.fromZero ? 0 : Math.min(...values), Math.max(...values), null);
    y.push(row.y, row.y, null);
  }
  return {
    ...common,
    type: "scatter",
    mode: "lines",
    x,
    y,
    line: { color: theme.faint, width: column.fromZero ? 2 : 3 },
  };
}

/** The sparsity that pruning aimed at: a thin line through the rows that share it. */
function targets(report: Report, rows: readonly Row[], column: Column, theme: Theme, common: Common): readonly Trace[] {
  const lines = new Map<number, { x: (number | null)[]; y: (number | null)[]; last: number }>();
  rows.forEach((row, i) => {
    const aims = new Set(column.variants.map((v) => report.layers[row.layer].variants[v]?.targetSparsity));
    for (const aim of aims) {
      if (aim === undefined) continue;
      const line = lines.get(aim) ?? { x: [], y: [], last: -1 };
      // A row that follows one with the same aim carries the line on, over the gap between blocks too.
      if (line.last === i - 1 && i > 0) line.y[line.y.length - 2] = row.y + 0.5;
      else {
        line.x.push(100 * aim, 100 * aim, null);
        line.y.push(row.y - 0.5, row.y + 0.5, null);
      }
      line.last = i;
      lines.set(aim, line);
    }
  });
  return [...lines.values()].map((line) => ({
    ...common,
    type: "scatter",
    mode: "lines",
    x: line.x,
    y: line.y,
    line: { color: theme.muted, width: 1, dash: "dot" },
  }));
}
