/** Float64 products of matrices and chains of plane rotations. Each entry is one sum in order of the inner dimension, from zero, each product
 *  rounded before it is added. */
import { gram, product, rotateRows } from "../simd/matrix";
import {
  productPlainly,
  rotateRowsPlainly,
  type FloatArray,
  type MatrixView,
  type RotationChain,
} from "../simd/matrix-plain";

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
  rotateRows: (z, _rows, columns, chains) => rotateRowsPlainly(z, columns, chains),
};

/** The same by WebAssembly SIMD. */
export const fastMatrix: MatrixLoops = { product, gram, rotateRows };
