/** How a matrix falls into tiles of height × width that share a scale. A weight (out, in) or a kernel (out, in, height, width), as methods see
 *  weights (tensor/layout.ts), has shape[0] rows and the rest flattened; a vector or a scalar is one row. Tiles at the right and lower edge
 *  may be smaller. Per tensor, per channel and groups along the row are tiles of a special form. */
import type { Shape } from "../tensor/tensor";
import { rowsOf, type Grouping } from "./groups";

export interface Tiling {
  readonly rows: number;
  readonly rowLength: number;
  readonly height: number;
  readonly width: number;
  readonly tilesPerRow: number;
  readonly tiles: number;
  /** Shape of a table with one entry per tile: (1), or (rows of tiles, tiles per row). */
  readonly tableShape: Shape;
}

/** Throws `OptionError` when the shape does not hold `count` values. `height` and `width` count for per "block" ("group": the width). */
export function tilesOf(
  method: string,
  shape: Shape,
  count: number,
  per: "tensor" | "channel" | "group" | "block",
  height: number,
  width: number,
): Tiling {
  const { rows, rowLength } = rowsOf(method, shape, count);
  if (per === "tensor")
    return { rows: 1, rowLength: count, height: 1, width: count, tilesPerRow: 1, tiles: 1, tableShape: [1] };
  const tileHeight = per === "block" ? height : 1;
  const tileWidth = per === "channel" ? rowLength : width;
  const tilesPerRow = rowLength === 0 ? 0 : Math.ceil(rowLength / tileWidth);
  const tileRows = Math.ceil(rows / tileHeight);
  return {
    rows,
    rowLength,
    height: tileHeight,
    width: tileWidth,
    tilesPerRow,
    tiles: tileRows * tilesPerRow,
    tableShape: [tileRows, tilesPerRow],
  };
}

/** Groups along the row as tiles. */
export function tilingOfGroups({ rows, rowLength, groupLength, groupsPerRow }: Grouping): Tiling {
  const tiles = rows * groupsPerRow;
  const tableShape = [rows, groupsPerRow];
  return { rows, rowLength, height: 1, width: groupLength, tilesPerRow: groupsPerRow, tiles, tableShape };
}

/** Calls `visit` for each stretch of weights within one row and one tile, in storage order, with the tile's number and the first
 *  and past-the-end index. */
export function forEachRun(tiling: Tiling, visit: (tile: number, start: number, end: number) => void): void {
  const { rows, rowLength, height, width, tilesPerRow } = tiling;
  for (let row = 0; row < rows; row++) {
    const firstTile = Math.floor(row / height) * tilesPerRow;
    const rowEnd = (row + 1) * rowLength;
    for (let t = 0, start = row * rowLength; t < tilesPerRow; t++, start += width)
      visit(firstTile + t, start, Math.min(start + width, rowEnd));
  }
}
