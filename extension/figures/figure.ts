import type { Theme } from "./theme";

/** The part of plotly's figure JSON that we use, as plain data. Nothing outside these fields is ever handed to plotly. */
export interface Figure {
  readonly data: readonly Trace[];
  readonly layout: Layout;
}

/** What is drawn, in plotly's words. */
export type Trace = ScatterTrace | BarTrace | HeatmapTrace;

interface TraceBase {
  readonly xaxis?: string;
  readonly yaxis?: string;
  readonly name?: string;
  readonly hoverinfo: "skip";
  readonly showlegend: false;
}

/** Dots, lines or texts. */
export interface ScatterTrace extends TraceBase {
  readonly type: "scatter";
  readonly mode: "markers" | "lines" | "text";
  readonly x: readonly (number | null)[];
  readonly y: readonly (number | null)[];
  readonly text?: readonly string[];
  readonly textposition?: string;
  readonly textfont?: Font;
  readonly marker?: Marker;
  readonly line?: Line;
  readonly fill?: "tozeroy";
  readonly fillcolor?: string;
  readonly opacity?: number;
  readonly cliponaxis?: boolean;
}

/** Bars. */
export interface BarTrace extends TraceBase {
  readonly type: "bar";
  readonly orientation: "h" | "v";
  readonly x: readonly (number | null)[];
  readonly y: readonly (number | null)[];
  readonly width: number;
  readonly marker: Marker;
}

/** Cells of colour. */
export interface HeatmapTrace extends TraceBase {
  readonly type: "heatmap";
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly z: readonly (readonly (number | null)[])[];
  readonly coloraxis: string;
  readonly xgap: number;
  readonly ygap: number;
}

/** How dots look. */
export interface Marker {
  readonly color: string;
  readonly size?: number;
  readonly symbol?: string | readonly string[];
  readonly line?: Line;
}

/** How a line looks. */
export interface Line {
  readonly color: string;
  readonly width: number;
  readonly dash?: string;
  readonly shape?: string;
}

/** How a text looks. */
export interface Font {
  readonly family?: string;
  readonly size?: number;
  readonly color?: string;
}

/** An axis; `domain` in shares of the drawing, `range` in data units (decades on a logarithmic axis). */
export interface Axis {
  readonly type?: "linear" | "log";
  readonly domain?: readonly [number, number];
  readonly range?: readonly [number, number];
  readonly anchor?: string;
  readonly side?: string;
  readonly matches?: string;
  readonly overlaying?: string;
  readonly fixedrange?: boolean;
  readonly showgrid?: boolean;
  readonly gridcolor?: string;
  readonly zeroline?: boolean;
  readonly zerolinecolor?: string;
  readonly zerolinewidth?: number;
  readonly showline?: boolean;
  readonly linecolor?: string;
  readonly ticks?: string;
  readonly ticklen?: number;
  readonly tickcolor?: string;
  readonly tickfont?: Font;
  readonly tickmode?: string;
  readonly tickvals?: readonly number[];
  readonly ticktext?: readonly string[];
  readonly ticksuffix?: string;
  readonly tickformat?: string;
  readonly tickangle?: number;
  readonly dtick?: number | string;
  readonly nticks?: number;
  readonly exponentformat?: string;
  readonly showticklabels?: boolean;
  /** Plotly otherwise measures each label to see whether it is cut off: 2 s for 300 layers. */
  readonly ticklabeloverflow?: "allow";
  readonly automargin?: boolean;
  readonly title?: { readonly text: string; readonly font?: Font; readonly standoff?: number };
}

/** A text in the drawing, with its anchor. */
export interface Annotation {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly xref: string;
  readonly yref: string;
  readonly xanchor: string;
  readonly yanchor: string;
  readonly xshift?: number;
  readonly yshift?: number;
  readonly align?: string;
  readonly showarrow: false;
  readonly captureevents: false;
  readonly font: Font;
}

/** A scale of colour, and its bar. */
export interface ColorAxis {
  readonly colorscale: readonly (readonly [number, string])[];
  readonly cmin: number;
  readonly cmax: number;
  readonly showscale: boolean;
  readonly colorbar?: Record<string, unknown>;
}

/** `xaxis`, `yaxis2`, `coloraxis3`, … beside the named fields. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly margin: { readonly l: number; readonly r: number; readonly t: number; readonly b: number; readonly pad: 0 };
  readonly font: Font;
  readonly paper_bgcolor: string;
  readonly plot_bgcolor: string;
  readonly showlegend: false;
  readonly hovermode: false;
  readonly dragmode: "zoom" | false;
  readonly bargap?: number;
  readonly barmode?: "overlay";
  readonly annotations: readonly Annotation[];
  readonly axes: Readonly<Record<string, Axis>>;
  readonly colorAxes: Readonly<Record<string, ColorAxis>>;
}

/** A rectangle of the drawing that shows layers, in pixels of the whole figure before any zoom. */
export interface Panel {
  readonly xaxis: string;
  readonly yaxis: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly cells: readonly Cell[];
}

/** One layer in a panel, in the data coordinates of its axes; a cell is one unit high, and one wide unless it fills the row. */
export interface Cell {
  readonly layer: number;
  /** Centre; null when the cell spans the panel. */
  readonly x: number | null;
  readonly y: number;
}

/** A figure and where each layer stands in it, so that pointer, keyboard and highlight need nothing of plotly's inside. */
export interface PlacedFigure {
  readonly figure: Figure;
  readonly panels: readonly Panel[];
}

/** The layout as plotly takes it: the axes beside the other fields. */
export function plotlyLayout(layout: Layout): Record<string, unknown> {
  const { axes, colorAxes, ...rest } = layout;
  return { ...rest, ...axes, ...colorAxes };
}

/** `axisName("x", 0)` = "xaxis", `axisName("x", 1)` = "xaxis2". */
export const axisName = (letter: "x" | "y" | "color", index: number): string =>
  `${letter}axis${index === 0 ? "" : index + 1}`;

/** What a trace calls that axis: "x", "x2". */
export const axisId = (letter: "x" | "y", index: number): string => `${letter}${index === 0 ? "" : index + 1}`;

/** What every layout says of its look: type and colours of the page, and none of plotly's own legend and hover. */
export const lookOf = (
  theme: Theme,
): Pick<Layout, "font" | "paper_bgcolor" | "plot_bgcolor" | "showlegend" | "hovermode" | "dragmode"> => ({
  font: { family: theme.fontFamily, size: theme.fontSize, color: theme.text },
  paper_bgcolor: theme.background,
  plot_bgcolor: theme.background,
  showlegend: false,
  hovermode: false,
  dragmode: "zoom",
});

/** A share of the drawing as an axis's domain takes it: 0–1, six decimals. */
export const domainShare = (value: number): number => Math.min(1, Math.max(0, Math.round(value * 1e6) / 1e6));
