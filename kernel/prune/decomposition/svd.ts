/** Singular values of a weight matrix, and the directions of its inputs or outputs that carry most.
 *
 *  W (m, n) = Σ σᵢ·uᵢ·vᵢᵀ, σ₁ ≥ σ₂ ≥ … ≥ 0. The smaller of WᵀW and WWᵀ, k = min(m, n) wide, is summed in float64 from the float32
 *  weights and its eigenvectors are taken (eigen.ts): σᵢ = √λᵢ. Squaring doubles the digits that are lost: the relative error of
 *  σᵢ is about 2⁻⁵²·(σ₁/σᵢ)², at most 10⁻⁹ down to σ₁/1000; under 10⁻⁷·σ₁ only the size is right. Energies Σσ² are right to
 *  float64. Time: m·n·k/2 + about 5k³ multiplications, by SIMD (simd/matrix.ts). */
import { weightsOf, type TensorInput } from "../../measure/input";
import { checkFinite } from "../../measure/finite";
import { loops } from "../../loops/loops";
import { matrixView, transposed } from "../../loops/matrix";
import type { Shape } from "../../tensor/tensor";
import { symmetricEigen } from "./eigen";
import { matrixOf } from "../sparse/storage";

/** Singular values of a matrix (m, n), k = min(m, n), with the vectors of its shorter side. */
export interface Spectrum {
  /** σ, descending, k of them. */
  readonly values: Float64Array;
  /** Rows are the singular vectors of the shorter side, orthonormal: vᵢ (k, n) where m ≥ n, else uᵢ (k, m). */
  readonly vectors: Float64Array;
}

/** The singular values of one tensor, descending: min(rows, columns) of them; a kernel is the matrix (out, in·height·width).
 *  `OptionError` for a shape that does not fit, `NonFiniteError` for NaN and infinities. */
export function singularValues(input: TensorInput, options: { shape?: Shape; name?: string } = {}): Float64Array {
  const { weights, shape } = weightsOf("singularValues", input, options.shape);
  checkFinite(weights, "singularValues", options.name);
  const { rows, columns } = matrixOf(shape);
  const k = Math.min(rows, columns);
  return rootsOf(symmetricEigen(gramOf(weights, rows, columns), k, false).values);
}

/** Values and vectors of the shorter side. */
export function spectrumOf(weights: Float32Array, rows: number, columns: number): Spectrum {
  const k = Math.min(rows, columns);
  const { values, vectors = new Float64Array(0) } = symmetricEigen(gramOf(weights, rows, columns), k, true);
  return { values: rootsOf(values), vectors };
}

/** Rounding may leave a zero a little below zero. */
function rootsOf(squares: Float64Array): Float64Array {
  return squares.map((square) => Math.sqrt(Math.max(0, square)));
}

/** WᵀW (columns, columns) where rows ≥ columns, else WWᵀ (rows, rows), in float64, each entry summed in order of the longer side. */
function gramOf(weights: Float32Array, rows: number, columns: number): Float64Array {
  const matrix = matrixView(weights, rows, columns);
  return loops.matrix.gram(rows >= columns ? matrix : transposed(matrix));
}
