/** Float64 products of matrices and chains of rotations by WebAssembly SIMD, cut into blocks that stay in a core's cache. Each entry is
 *  one sum in order of the inner dimension, from zero, each product rounded before it is added: equal bits to the plain loops of
 *  kernel/loops/matrix.ts, on every machine and whatever the blocks. Memory beyond the results: 4 MB a thread. */
import { A, B, C, END, MOST_COLUMNS, MOST_INNER, MOST_ROWS, type MatrixModule } from "./generated/matrix";
import { instantiate, pageBytes } from "./module";

/** The numbers of a matrix. */
export type FloatArray = Float32Array | Float64Array;

/** A matrix as a view of an array: entry (i, j) stands at i·rowStep + j·columnStep. */
export interface MatrixView {
  readonly values: FloatArray;
  readonly rows: number;
  readonly columns: number;
  readonly rowStep: number;
  readonly columnStep: number;
}

/** Plane rotations in a chain: for i = last − 1 … first, rows i and i + 1 are turned by the angle whose sine and cosine are
 *  angles[2·i] and angles[2·i + 1]. */
export interface RotationChain {
  readonly first: number;
  readonly last: number;
  readonly angles: Float64Array;
}

/** The row-major matrix (rows, columns), and the same memory seen as its transpose (columns, rows). */
export function matrixView(values: FloatArray, rows: number, columns: number): MatrixView {
  return { values, rows, columns, rowStep: columns, columnStep: 1 };
}

/** The transpose, as another view of the same array. */
export function transposed({ values, rows, columns, rowStep, columnStep }: MatrixView): MatrixView {
  return { values, rows: columns, columns: rows, rowStep: columnStep, columnStep: rowStep };
}

interface Loaded {
  readonly functions: MatrixModule;
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly c: Float64Array;
}

let loaded: Loaded | undefined;

/** This thread's instance of the module, made when first used. */
function load(): Loaded {
  if (loaded) return loaded;
  const { functions, buffer } = instantiate<MatrixModule>("matrix", END - pageBytes);
  return (loaded = {
    functions,
    a: new Float64Array(buffer, A, MOST_ROWS * MOST_INNER),
    b: new Float64Array(buffer, B, MOST_INNER * MOST_COLUMNS),
    c: new Float64Array(buffer, C, MOST_ROWS * MOST_COLUMNS),
  });
}

const toFour = (size: number): number => 4 * Math.ceil(size / 4);

/** A·B (m, n), summed in float64 and then rounded to the type of `out`, which is filled and returned. With `upper`, entries left of the
 *  diagonal are left alone. */
export function product<Out extends FloatArray>(a: MatrixView, b: MatrixView, out: Out, upper = false): Out {
  const { functions, a: left, b: right, c: block } = load();
  const [m, inner, n] = [a.rows, a.columns, b.columns];
  for (let column = 0; column < n; column += MOST_COLUMNS) {
    const width = Math.min(MOST_COLUMNS, n - column);
    const padded = toFour(width);
    for (let row = 0; row < m; row += MOST_ROWS) {
      const height = Math.min(MOST_ROWS, m - row);
      if (upper && row > column + width - 1) break;
      block.fill(0, 0, toFour(height) * padded);
      for (let from = 0; from < inner; from += MOST_INNER) {
        const depth = Math.min(MOST_INNER, inner - from);
        copyBlock(a, { row, column: from, height, width: depth }, left, depth);
        copyBlock(b, { row: from, column, height: depth, width }, right, padded);
        const offset = upper ? column - row : 2 ** 30;
        functions.accumulate(toFour(height), padded, depth, offset);
      }
      for (let i = 0; i < height; i++) {
        const skipped = upper ? Math.max(0, row + i - column) : 0;
        if (skipped >= width) continue;
        out.set(block.subarray(i * padded + skipped, i * padded + width), (row + i) * n + column + skipped);
      }
    }
  }
  return out;
}

/** Entries (row … row + height, column … column + width) of a matrix. */
interface Block {
  readonly row: number;
  readonly column: number;
  readonly height: number;
  readonly width: number;
}

/** Copies a block in rows of `padded` numbers. What lies behind the numbers of a row, finite or not, takes part in no entry that is kept. */
function copyBlock(
  { values, rowStep, columnStep }: MatrixView,
  { row, column, height, width }: Block,
  into: Float64Array,
  padded: number,
): void {
  const start = row * rowStep + column * columnStep;
  if (columnStep === 1) {
    for (let i = 0; i < height; i++) {
      const from = start + i * rowStep;
      into.set(values.subarray(from, from + width), i * padded);
    }
    return;
  }
  // Along the memory of the source: eight of its rows at a time, so that lines of both are used whole.
  for (let j = 0; j < width; j += 8) {
    const end = Math.min(width, j + 8);
    for (let i = 0; i < height; i++) {
      let from = start + i * rowStep + j * columnStep;
      for (let at = i * padded + j; at < i * padded + end; at++, from += columnStep) into[at] = values[from];
    }
  }
}

/** AᵀA (columns, columns) of a matrix (rows, columns), symmetric, each entry summed over the rows in order. */
export function gram(matrix: MatrixView): Float64Array {
  const k = matrix.columns;
  const out = product(transposed(matrix), matrix, new Float64Array(k * k), true);
  for (let i = 0; i < k; i++) for (let j = 0; j < i; j++) out[i * k + j] = out[j * k + i];
  return out;
}

/** Columns that are turned at a time. */
const columnsAtOnce = 8;

/** Most rows that `rotateRows` takes: those whose angles and whose columns, some at a time, the module's memory holds. */
export const mostRotatedRows = Math.min((MOST_ROWS * MOST_INNER) / 2, (MOST_INNER * MOST_COLUMNS) / columnsAtOnce);

/** Applies chains, one after the other, to the rows of z (rows, columns), in place; at most `mostRotatedRows` rows. */
export function rotateRows(z: Float64Array, rows: number, columns: number, chains: readonly RotationChain[]): void {
  const { functions, a, b } = load();
  for (let column = 0; column < columns; column += columnsAtOnce) {
    const width = Math.min(columnsAtOnce, columns - column);
    for (let i = 0; i < rows; i++) {
      const from = i * columns + column;
      for (let j = 0; j < width; j++) b[columnsAtOnce * i + j] = z[from + j];
    }
    for (const { first, last, angles: turns } of chains) {
      a.set(turns.subarray(2 * first, 2 * last), 2 * first);
      functions.rotate(b.byteOffset, first, last, a.byteOffset);
    }
    for (let i = 0; i < rows; i++) {
      const to = i * columns + column;
      for (let j = 0; j < width; j++) z[to + j] = b[columnsAtOnce * i + j];
    }
  }
}
