import type { Report } from "../../kernel/report/types";
import { axisId, axisName, domainShare, lookOf } from "./figure";
import type { Annotation, Axis, ColorAxis, Panel, PlacedFigure, Trace } from "./figure";
import { columnAxis, rowAxis } from "./map-axes";
import { cellsOf, modelGrid } from "./map-grid";
import { cellTraces, panelTitles, variantTitle } from "./map-marks";
import { shadesOf, withBar } from "./map-shades";
import { selectLayers, visibleVariants, type ViewState } from "./state";
import { shorten, textWidth } from "./text";
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
      const xDomain: [number, number] = [domainShare(start / plotWidth), domainShare((start + panelWidth) / plotWidth)];
      const yDomain: [number, number] = [
        domainShare(1 - (top - top0 + plotHeight) / full),
        domainShare(1 - (top - top0) / full),
      ];
      const [x, y] = [axisId("x", index), axisId("y", index)];
      axes[axisName("x", index)] = columnAxis(
        grid,
        { domain: xDomain, anchor: y, width: panelWidth, index },
        line === lines - 1,
        theme,
      );
      axes[axisName("y", index)] = rowAxis(labels, yDomain, x, theme, place === 0, index);
      const coloraxis = `coloraxis${s === 0 ? "" : s + 1}`;
      data.push(...cellTraces(report, grid, shade, variant, { x, y, coloraxis }, theme));
      annotations.push(...panelTitles(shade, xDomain[0], yDomain[1], panelWidth, theme));
      if (naming > 0 && s === 0)
        annotations.push(
          variantTitle(
            report.variants[variant].name,
            xDomain[0],
            yDomain[1],
            band === 0 ? barHeight - 8 : titleHeight,
            theme,
          ),
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
        ...lookOf(theme),
        annotations,
        axes,
        colorAxes,
      },
    },
    panels,
  };
}
