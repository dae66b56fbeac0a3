/** Which scale a weight has: scales of a matrix for all of it, for each row, for groups along the rows, or for blocks. */
import { parametersOf, type Shape } from "../tensor/tensor";

/** Scale (row / height)·across + column / width belongs to a weight. */
export interface ScaleGrid {
  /** Rows that share a scale. */
  readonly height: number;
  /** Columns that share a scale. */
  readonly width: number;
  /** Scales side by side. */
  readonly across: number;
}

/** The grid of scales of shape `scales` over weights of shape `weights`, whose leading dimensions count rows; undefined where they do not fit.
 *  `group` and `block` are what settings say of the sizes. */
export function scaleGrid(
  weights: Shape,
  scales: Shape,
  group: number | undefined,
  block: readonly [number, number] | undefined,
): ScaleGrid | undefined {
  const columns = weights[weights.length - 1];
  const rows = parametersOf(weights.slice(0, -1));
  const count = parametersOf(scales);
  if (count === 1) return { height: Math.max(1, rows), width: Math.max(1, columns), across: 1 };
  if (scales.length < weights.length) return count === rows ? { height: 1, width: columns, across: 1 } : undefined;
  const across = scales[scales.length - 1];
  const down = count / across;
  if (block && weights.length === 2 && down === Math.ceil(rows / block[0]) && across === Math.ceil(columns / block[1]))
    return { height: block[0], width: block[1], across };
  if (down !== rows) return undefined;
  if (across === 1) return { height: 1, width: columns, across };
  const width = group ?? columns / across;
  return Number.isInteger(width) && Math.ceil(columns / width) === across ? { height: 1, width, across } : undefined;
}

/** How people say it: "per tensor", "per channel", "g128", "blocks 128×128". */
export function gridLabel({ height, width, across }: ScaleGrid, weights: Shape): string {
  const rows = parametersOf(weights.slice(0, -1));
  if (height > 1 && (height < rows || across > 1)) return `blocks ${height}×${width}`;
  if (across > 1) return `g${width}`;
  return height === 1 && rows > 1 ? "per channel" : "per tensor";
}
