import type { Axis } from "./figure";
import type { Grid } from "./map-grid";
import { plotlyText, shorten, textWidth } from "./text";
import type { Theme } from "./theme";

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

/** Where the horizontal axis of a panel lies. */
export interface ColumnAxisPlace {
  /** The panel's ends, as shares of the plot's width, 0–1. */
  readonly domain: readonly [number, number];
  /** The vertical axis at which it stands: "y2". */
  readonly anchor: string;
  /** The panel's width in pixels. */
  readonly width: number;
  /** The panel's number; those after 0 follow the first. */
  readonly index: number;
}

/** The horizontal axis of a panel: the blocks, with their names where `labelled`. */
export function columnAxis(grid: Grid, place: ColumnAxisPlace, labelled: boolean, theme: Theme): Axis {
  const { domain, anchor, width, index } = place;
  const ticks = columnTicks(grid, width, theme.fontSize - 1);
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

/** The vertical axis of a panel: the kinds of layer. */
export function rowAxis(
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
