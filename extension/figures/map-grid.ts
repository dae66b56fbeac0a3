import { modelMap, type MapColumn } from "../../kernel/report/layout";
import type { Report } from "../../kernel/report/types";
import type { Cell } from "./figure";

/** The kernel's model map over the layers that pass the filter, with a place on the axis for each column: columns that belong
 *  together stand together, with a narrow gap to the next. */
export interface Grid {
  readonly columns: readonly (MapColumn & { readonly x: number })[];
  readonly rows: readonly string[];
  /** cells[row][column]: index of the layer, or null. */
  readonly cells: readonly (readonly (number | null)[])[];
  /** In columns, the gaps counted. */
  readonly width: number;
  /** False where names tell no blocks and layers run through the rows. */
  readonly byBlock: boolean;
}

const bandGap = 0.4;

/** The grid of these layers. */
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
export function stripes(grid: Grid): { edges: readonly number[]; columns: readonly (number | null)[] } {
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

/** Where each layer stands in the grid. */
export const cellsOf = (grid: Grid): readonly Cell[] =>
  grid.cells.flatMap((row, y) =>
    row.flatMap((layer, i) => (layer === null ? [] : [{ layer, x: grid.columns[i].x, y }])),
  );
