import { shownValue } from "../../kernel/report/measures";
import type { Report } from "../../kernel/report/types";
import type { Paint } from "./colours";
import type { Trace } from "./figure";
import type { Column } from "./row-columns";
import type { Row } from "./row-places";
import { plotlyText } from "./text";
import type { Theme } from "./theme";

/** What a column draws: a span in each row, what recipes aimed at, and a dot for each variant. */
export function columnTraces(
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
    const isKnown = variant && shownValue(column.measure, variant) !== undefined;
    return isKnown ? column.scale.place(variant) : null;
  };
  const traces: Trace[] = [spans(rows, column, place, theme, common)];
  traces.push(...targets(report, rows, column, theme, common));
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

/** What recipes aimed at: a thin line through the rows that share it. */
function targets(report: Report, rows: readonly Row[], column: Column, theme: Theme, common: Common): readonly Trace[] {
  const { aim: key, scale } = column;
  if (key === null) return [];
  const lines = new Map<number, { x: (number | null)[]; y: (number | null)[]; last: number }>();
  rows.forEach((row, i) => {
    const aims = new Set(column.variants.map((v) => shownValue(key, report.layers[row.layer].variants[v] ?? {})));
    for (const aim of aims) {
      if (aim == null) continue;
      const line = lines.get(aim) ?? { x: [], y: [], last: -1 };
      // A row that follows one with the same aim carries the line on, over the gap between blocks too.
      if (line.last === i - 1 && i > 0) line.y[line.y.length - 2] = row.y + 0.5;
      else {
        line.x.push(scale.placeOf(aim), scale.placeOf(aim), null);
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
