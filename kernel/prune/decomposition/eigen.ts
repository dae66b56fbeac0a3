/** Eigenvalues and eigenvectors of a real symmetric matrix A (n, n) in float64: A = Zᵀ·diag(λ)·Z, the rows of Z orthonormal.
 *
 *  Householder reflections bring A to tridiagonal form T = Qᵀ·A·Q (4n³/3 operations), then implicit QL steps with Wilkinson's shift
 *  bring T to diagonal form (about 3n³ more for the vectors). Both are backward stable: the λ are those of A + E with
 *  ‖E‖ ≤ c·n·2⁻⁵³·‖A‖, c a small number, so a λ far below ‖A‖ has a larger relative error.
 *  Source: Golub and Van Loan, Matrix Computations, 4th edition, 8.3. */

import { loops } from "../../loops/loops";
import type { RotationChain } from "../../loops/matrix";

export interface Eigen {
  /** λ, descending. */
  readonly values: Float64Array;
  /** Row i is the vector of value i (n, n); its entry of largest size is positive (the first of equals). Absent when not asked for. */
  readonly vectors: Float64Array | undefined;
}

/** `matrix` (n, n) is used up. */
export function symmetricEigen(matrix: Float64Array, n: number, withVectors: boolean): Eigen {
  const { diagonal, offDiagonal, basis } = tridiagonalize(matrix, n, withVectors);
  diagonalize(diagonal, offDiagonal, basis);
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b] - diagonal[a] || a - b);
  const values = Float64Array.from(order, (i) => diagonal[i]);
  if (!basis) return { values, vectors: undefined };
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    const row = basis.subarray(from * n, (from + 1) * n);
    const sign = signOf(row);
    for (let i = 0; i < n; i++) vectors[to * n + i] = sign * row[i];
  });
  return { values, vectors };
}

function signOf(row: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < row.length; i++) if (Math.abs(row[i]) > Math.abs(largest)) largest = row[i];
  return largest < 0 ? -1 : 1;
}

interface Tridiagonal {
  /** (n) */
  readonly diagonal: Float64Array;
  /** (n): entry i couples i and i + 1; the last is 0. */
  readonly offDiagonal: Float64Array;
  /** Qᵀ (n, n). */
  readonly basis: Float64Array | undefined;
}

/** For k = 0 … n−3 the reflection H = I − β·v·vᵀ clears row and column k behind the diagonal's neighbour:
 *  A ← A − v·wᵀ − w·vᵀ with p = β·A·v, w = p − (β/2)(pᵀv)·v. The v stay in the rows of A that are done. */
function tridiagonalize(a: Float64Array, n: number, withVectors: boolean): Tridiagonal {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  const betas = new Float64Array(n);
  const w = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    diagonal[k] = a[k * n + k];
    if (k === n - 1) break;
    const v = a.subarray(k * n, (k + 1) * n); // its entries k + 1 … n − 1
    if (k === n - 2) {
      offDiagonal[k] = v[k + 1];
      continue;
    }
    let rest = 0;
    for (let i = k + 2; i < n; i++) rest += v[i] * v[i];
    if (rest === 0) {
      offDiagonal[k] = v[k + 1];
      continue; // β = 0: no reflection
    }
    const alpha = v[k + 1] > 0 ? -Math.sqrt(v[k + 1] ** 2 + rest) : Math.sqrt(v[k + 1] ** 2 + rest);
    v[k + 1] -= alpha;
    const beta = 2 / (v[k + 1] ** 2 + rest);
    offDiagonal[k] = alpha;
    betas[k] = beta;
    let inner = 0;
    for (let i = k + 1; i < n; i++) {
      const row = i * n;
      let sum = 0;
      for (let j = k + 1; j < n; j++) sum += a[row + j] * v[j];
      w[i] = beta * sum;
      inner += w[i] * v[i];
    }
    const half = (beta / 2) * inner;
    for (let i = k + 1; i < n; i++) w[i] -= half * v[i];
    for (let i = k + 1; i < n; i++) {
      const row = i * n;
      const vi = v[i];
      const wi = w[i];
      for (let j = k + 1; j < n; j++) a[row + j] -= vi * w[j] + wi * v[j];
    }
  }
  return { diagonal, offDiagonal, basis: withVectors ? transposedProduct(a, betas, n) : undefined };
}

/** Qᵀ for Q = H₀·H₁·…, from the vectors in the rows of `a`, last reflection first, so that each touches a corner only. */
function transposedProduct(a: Float64Array, betas: Float64Array, n: number): Float64Array {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  const sums = new Float64Array(n);
  for (let k = n - 3; k >= 0; k--) {
    if (betas[k] === 0) continue;
    sums.fill(0, k + 1);
    for (let i = k + 1; i < n; i++) {
      const vi = a[k * n + i];
      for (let j = k + 1; j < n; j++) sums[j] += vi * q[i * n + j];
    }
    for (let i = k + 1; i < n; i++) {
      const factor = betas[k] * a[k * n + i];
      for (let j = k + 1; j < n; j++) q[i * n + j] -= factor * sums[j];
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) [q[i * n + j], q[j * n + i]] = [q[j * n + i], q[i * n + j]];
  return q;
}

/** Steps that one value may take; two are usual. */
const mostSteps = 100;

/** Steps whose rotations are applied to the vectors at once, while some of their columns are in a core's cache. */
const stepsAtOnce = 32;

/** QL steps in place; every rotation turns two rows of `basis`. */
function diagonalize(d: Float64Array, e: Float64Array, basis: Float64Array | undefined): void {
  const n = d.length;
  let norm = 0;
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(d[i]) + Math.abs(e[i]));
  const negligible = (i: number) => {
    const size = Math.abs(e[i]);
    return size <= Number.EPSILON * (Math.abs(d[i]) + Math.abs(d[i + 1])) || size <= 1e-20 * norm;
  };
  const waiting: RotationChain[] = [];
  const apply = () => {
    if (basis) loops.matrix.rotateRows(basis, n, n, waiting);
    waiting.length = 0;
  };
  for (let first = 0; first < n; first++)
    for (let steps = 0; ; steps++) {
      let last = first;
      while (last < n - 1 && !negligible(last)) last++;
      if (last === first) break;
      if (steps === mostSteps) throw new RangeError(`eigenvalue ${first} of ${n} did not settle in ${mostSteps} steps`);
      waiting.push(step(d, e, first, last));
      if (waiting.length === stepsAtOnce) apply();
    }
  apply();
}

/** One implicit QL step on rows first … last: a rotation chases the bulge from the bottom to the top. Gives the rotations. */
function step(d: Float64Array, e: Float64Array, first: number, last: number): RotationChain {
  const angles = new Float64Array(2 * last);
  const half = (d[first + 1] - d[first]) / (2 * e[first]);
  const root = Math.sqrt(half * half + 1);
  const shift = d[first] - e[first] / (half + (half < 0 ? -root : root));
  let bulge = d[last] - shift;
  let sine = 1;
  let cosine = 1;
  let taken = 0;
  for (let i = last - 1; i >= first; i--) {
    const along = sine * e[i];
    const across = cosine * e[i];
    const length = Math.sqrt(along * along + bulge * bulge);
    e[i + 1] = length;
    if (length === 0) {
      // The matrix falls into two parts here.
      d[i + 1] -= taken;
      e[last] = 0;
      return { first: i + 1, last, angles };
    }
    sine = along / length;
    cosine = bulge / length;
    const corner = d[i + 1] - taken;
    const mixed = (d[i] - corner) * sine + 2 * cosine * across;
    taken = sine * mixed;
    d[i + 1] = corner + taken;
    bulge = cosine * mixed - across;
    angles[2 * i] = sine;
    angles[2 * i + 1] = cosine;
  }
  d[first] -= taken;
  e[first] = bulge;
  e[last] = 0;
  return { first, last, angles };
}
