import type { Axis, Trace } from "./figure";
import { axisId, axisName } from "./figure";
import type { Column } from "./row-columns";
import type { Row } from "./row-places";
import { plotlyText } from "./text";
import type { Theme } from "./theme";

/** The vertical axis of a band: the layers by name. */
export function rowAxis(
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

/** The horizontal axis of a column `size` pixels wide. */
export function columnAxis(
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
export function addUpperAxes(axes: Record<string, Axis>, data: Trace[], count: number): void {
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
