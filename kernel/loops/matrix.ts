/** Float64 products of matrices and chains of plane rotations. Each entry is one sum in order of the inner dimension, from zero, each product
 *  rounded before it is added. */
import {
  gram,
  mostRotatedRows,
  product,
  rotateRows,
  type FloatArray,
  type MatrixView,
  type RotationChain,
} from "../simd/matrix";

export { matrixView, transposed } from "../simd/matrix";
export type { FloatArray, MatrixView, RotationChain };

/** Loops over matrices, float32 or float64. */
export interface MatrixLoops {
  /** A·B (m, n), summed in float64 and rounded to the type of `out`, which is filled and returned. With `upper`, entries left of the diagonal
   *  are left alone. */
  product<Out extends FloatArray>(a: MatrixView, b: MatrixView, out: Out, upper?: boolean): Out;
  /** AᵀA (columns, columns) of a matrix (rows, columns), symmetric, each entry summed over the rows in order. */
  gram(matrix: MatrixView): Float64Array;
  /** Applies chains, one after the other, to the rows of z (rows, columns), in place. */
  rotateRows(z: Float64Array, rows: number, columns: number, chains: readonly RotationChain[]): void;
}

function productPlainly<Out extends FloatArray>(a: MatrixView, b: MatrixView, out: Out, upper = false): Out {
  for (let i = 0; i < a.rows; i++)
    for (let j = upper ? i : 0; j < b.columns; j++) {
      let sum = 0;
      for (let p = 0; p < a.columns; p++)
        sum += a.values[i * a.rowStep + p * a.columnStep] * b.values[p * b.rowStep + j * b.columnStep];
      out[i * b.columns + j] = sum;
    }
  return out;
}

/** The loops over matrices, in plain TypeScript. */
export const plainMatrix: MatrixLoops = {
  product: productPlainly,
  gram(matrix) {
    const k = matrix.columns;
    const turned = { ...matrix, rows: k, columns: matrix.rows, rowStep: matrix.columnStep, columnStep: matrix.rowStep };
    const out = productPlainly(turned, matrix, new Float64Array(k * k), true);
    for (let i = 0; i < k; i++) for (let j = 0; j < i; j++) out[i * k + j] = out[j * k + i];
    return out;
  },
  rotateRows(z, _rows, columns, chains) {
    for (const { first, last, angles } of chains)
      for (let i = last - 1; i >= first; i--) {
        const [sine, cosine] = [angles[2 * i], angles[2 * i + 1]];
        for (let upper = i * columns, lower = upper + columns, end = lower; upper < end; upper++, lower++) {
          const [a, b] = [z[upper], z[lower]];
          z[lower] = sine * a + cosine * b;
          z[upper] = cosine * a - sine * b;
        }
      }
  },
};

/** The same by WebAssembly SIMD, but for rotations of more rows than the module's memory holds. */
export const fastMatrix: MatrixLoops = {
  product,
  gram,
  rotateRows(z, rows, columns, chains) {
    if (rows > mostRotatedRows) plainMatrix.rotateRows(z, rows, columns, chains);
    else rotateRows(z, rows, columns, chains);
  },
};
