import type { Report } from "../../kernel/report/types";
import type { Annotation, Trace } from "./figure";
import { cellsOf, stripes, type Grid } from "./map-grid";
import type { Shade } from "./map-shades";
import { plotlyText, shorten, textWidth } from "./text";
import { lightTheme, type Theme } from "./theme";

/** The cells of a variant in their colours, and a sign on those that lost nothing; `axes` names the panel's: "x2", "y2", "coloraxis". */
export function cellTraces(
  report: Report,
  grid: Grid,
  shade: Shade,
  variant: number,
  axes: { x: string; y: string; coloraxis: string },
  theme: Theme,
): readonly Trace[] {
  const common = { xaxis: axes.x, yaxis: axes.y, hoverinfo: "skip", showlegend: false } as const;
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
    coloraxis: axes.coloraxis,
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
    textfont: { size: theme.fontSize - 1, color: lightTheme.text },
  };
  return [cells, losslessMarks];
}

/** The title of a panel, with its note where there is room beside the scale of colour. */
export function panelTitles(
  shade: Shade,
  x: number,
  y: number,
  panelWidth: number,
  theme: Theme,
): readonly Annotation[] {
  const note = `  ${shade.note}`;
  const room = panelWidth * 0.55;
  const fits = textWidth(shade.title, theme.fontSize) * 1.08 + textWidth(note, theme.fontSize) < room;
  const muted = `<span style="color:${theme.muted}">${plotlyText(note)}</span>`;
  return [annotation(`<b>${plotlyText(shade.title)}</b>${fits ? muted : ""}`, x, y, 5, theme)];
}

/** The name of a variant over its panels, `yshift` pixels up. */
export const variantTitle = (value: string, x: number, y: number, yshift: number, theme: Theme): Annotation =>
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
