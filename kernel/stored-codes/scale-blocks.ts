/** Scales that lie on a grid over a weight: one for all of it, one for each matrix of a stack, one a row, one a block of rows × columns. The
 *  last block along an axis may be shorter than the others: 600 rows in blocks of 128 have 5 scales.
 *
 *  w[m, i, j] = q[m, i, j] · s[m, ⌊i / blockRows⌋, ⌊j / blockColumns⌋],  one rounding to float32. */
import type { Shape } from "../tensor/tensor";

/** Weights to a block: rows, columns. */
export type BlockSize = readonly [rows: number, columns: number];

/** Which scale belongs to which weight. */
export interface ScaleBlocks {
  /** Rows and columns of one matrix of the weight. */
  readonly rows: number;
  readonly columns: number;
  /** Weights to a block. */
  readonly blockRows: number;
  readonly blockColumns: number;
  /** Scales of one matrix, (⌈rows / blockRows⌉, ⌈columns / blockColumns⌉). */
  readonly gridRows: number;
  readonly gridColumns: number;
  /** Whether each matrix of a stack has scales of its own. */
  readonly isPerMatrix: boolean;
}

/** The grid of a weight (…, rows, columns) whose scales have the shape `scales`; `block` is the size that the settings give. Taken are
 *
 *  one element           one scale for everything
 *  (…) or (…, 1, 1)      one for each matrix of a stack
 *  (…, rows)             one a row; of a stack of square matrices this could be one a column as well, and is not taken
 *  (…, columns)          of a stack only: one a column
 *  (…, a, b)             blocks; each axis has ⌈size / block⌉ scales, or 1, or one for each position. Without `block`, an axis is taken that
 *                        divides into equal blocks of a power of two: 5 scales of 600 rows are blocks of 120 or of 128, nobody knows.
 *  (…, a, 1, b, 1)       the same, as ModelOpt leaves the axes over which it took the largest value
 *
 *  Leading axes of the scales are those of the weight, or all 1 for scales that the matrices share. Undefined: none of these. */
export function scaleBlocksOf(weight: Shape, scales: Shape, block?: BlockSize): ScaleBlocks | undefined {
  const stack = weight.slice(0, -2);
  const [rows, columns] = weight.length > 1 ? weight.slice(-2) : [1, weight[0] ?? 1];
  const layout = layoutOf(weight, scales, stack.length);
  if (!layout) return undefined;
  const { leading, grid } = layout;
  const isShared = leading.every((size) => size === 1);
  if (!isShared && !isSame(leading, stack)) return undefined;
  const size = blockOf([rows, columns], grid, block);
  if (!size) return undefined;
  return {
    rows,
    columns,
    blockRows: size[0],
    blockColumns: size[1],
    gridRows: grid[0],
    gridColumns: grid[1],
    isPerMatrix: !isShared,
  };
}

type Grid = readonly [rows: number, columns: number];

function layoutOf(weight: Shape, scales: Shape, stacked: number): { leading: Shape; grid: Grid } | undefined {
  if (scales.every((size) => size === 1)) return { leading: [], grid: [1, 1] };
  if (weight.length < 2) return undefined;
  const [rows, columns] = weight.slice(-2);
  if (scales.length === weight.length + 2 && scales.at(-1) === 1 && scales.at(-3) === 1)
    return { leading: scales.slice(0, stacked), grid: [scales[stacked], scales[stacked + 2]] };
  if (scales.length === weight.length)
    return { leading: scales.slice(0, stacked), grid: [scales[stacked], scales[stacked + 1]] };
  const isStack = stacked > 0;
  if (isStack && isSame(scales, [...weight.slice(0, stacked), 1]))
    return { leading: scales.slice(0, -1), grid: [1, 1] };
  if (scales.length === weight.length - 1) {
    const last = scales[stacked];
    if (last === rows && !(isStack && rows === columns)) return { leading: scales.slice(0, stacked), grid: [last, 1] };
    if (isStack && last === columns && rows !== columns) return { leading: scales.slice(0, stacked), grid: [1, last] };
    return undefined;
  }
  return isStack && isSame(scales, weight.slice(0, stacked)) ? { leading: scales, grid: [1, 1] } : undefined;
}

function blockOf(sizes: BlockSize, grid: Grid, block: BlockSize | undefined): BlockSize | undefined {
  const fits = block && grid.every((count, axis) => count === Math.ceil(sizes[axis] / block[axis]));
  if (block && fits) return [Math.min(block[0], sizes[0]), Math.min(block[1], sizes[1])];
  const isBroadcast = grid.every((count, axis) => count === 1 || count === sizes[axis]);
  if (block && !isBroadcast) return undefined;
  const found = grid.map((count, axis) => equalBlock(sizes[axis], count));
  const [rows, columns] = found;
  return rows === undefined || columns === undefined ? undefined : [rows, columns];
}

function equalBlock(size: number, count: number): number | undefined {
  if (count === 1) return size;
  if (count === size) return 1;
  const block = size / count;
  return Number.isInteger(Math.log2(block)) ? block : undefined;
}

function isSame(one: Shape, other: Shape): boolean {
  return one.length === other.length && one.every((size, axis) => size === other[axis]);
}

/** Multiplies whole rows of the weight, the first of which is row `from` of all matrices together, by their scales (matrices, gridRows,
 *  gridColumns). */
export function multiplyByScales(values: Float32Array, from: number, grid: ScaleBlocks, scales: Float32Array): void {
  const { rows, columns, blockRows, blockColumns, gridRows, gridColumns, isPerMatrix } = grid;
  for (let at = 0, row = from; at < values.length; at += columns, row++) {
    const matrix = isPerMatrix ? Math.floor(row / rows) : 0;
    const first = (matrix * gridRows + Math.floor((row % rows) / blockRows)) * gridColumns;
    for (let block = 0; block < gridColumns; block++) {
      const scale = scales[first + block];
      const end = at + Math.min(columns, (block + 1) * blockColumns);
      for (let i = at + block * blockColumns; i < end; i++) values[i] *= scale;
    }
  }
}
