import type { Report } from "../../kernel/report/types";
import { paints } from "./colours";
import { axisId, axisName, domainShare, lookOf } from "./figure";
import type { Annotation, Axis, Cell, Panel, PlacedFigure, Trace } from "./figure";
import { addUpperAxes, columnAxis, rowAxis } from "./row-axes";
import { columnBands } from "./row-columns";
import { columnTraces } from "./row-marks";
import { placeRows } from "./row-places";
import { bandHeading, blockNames, columnTitle, headingHeight, panelGap } from "./row-titles";
import { selectLayers, visibleVariants, type ViewState } from "./state";
import { textWidth } from "./text";
import type { Theme } from "./theme";

const rowHeight = 20;
const titleHeight = 34;
const axisHeight = 34;
/** Rows that a screen does not hold at once have their scales above them too, and are zoomed along these only. */
const longHeight = 900;
const upperAxisHeight = 18;

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
      domainShare(1 - (top - tops[0] + plotHeight) / full),
      domainShare(1 - (top - tops[0]) / full),
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
      const xDomain: [number, number] = [domainShare(start / plotWidth), domainShare((start + size) / plotWidth)];
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
        ...lookOf(theme),
        barmode: "overlay",
        annotations,
        axes,
        colorAxes: {},
      },
    },
    panels,
  };
}
