/** The plain twins of matrix.ts: what the SIMD loops compute, in the order in which they compute it. */

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

/** A·B: each entry from zero, summed in float64 in order of the inner dimension, then rounded to the type of `out`. */
export function productPlainly<Out extends FloatArray>(a: MatrixView, b: MatrixView, out: Out, upper = false): Out {
  for (let i = 0; i < a.rows; i++)
    for (let j = upper ? i : 0; j < b.columns; j++) {
      let sum = 0;
      for (let p = 0; p < a.columns; p++)
        sum += a.values[i * a.rowStep + p * a.columnStep] * b.values[p * b.rowStep + j * b.columnStep];
      out[i * b.columns + j] = sum;
    }
  return out;
}

/** Chains of rotations on the rows of z (rows, columns), in place. */
export function rotateRowsPlainly(z: Float64Array, columns: number, chains: readonly RotationChain[]): void {
  for (const { first, last, angles } of chains)
    for (let i = last - 1; i >= first; i--) {
      const [sine, cosine] = [angles[2 * i], angles[2 * i + 1]];
      for (let upper = i * columns, lower = upper + columns, end = lower; upper < end; upper++, lower++) {
        const [a, b] = [z[upper], z[lower]];
        z[lower] = sine * a + cosine * b;
        z[upper] = cosine * a - sine * b;
      }
    }
}
