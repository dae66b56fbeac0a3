// Written by scripts/seam.mjs from kernel/simd/assembly/matrix: change that, and run npm run build -- simd.

/** Rows of C, columns of C and the inner dimension of a block. */
export const MOST_ROWS = 128;
export const MOST_COLUMNS = 512;
export const MOST_INNER = 256;
/** Blocks f64, row-major without gaps: A (rows, inner), B (inner, columns), C (rows, columns). */
export const A = 65536;
export const B = 327680;
export const C = 1376256;
export const END = 1900544;

/** What the module exports. Arguments are addresses of its memory, counts and flags; a bool comes back as 0 or 1. */
export interface MatrixModule {
  /** C += A·B on blocks: A (m, k), B (k, n), C (m, n) f64; m and n are multiples of 4. Only tiles of 4 × 4 that reach the column of their
   *  first row are computed: those right of entry (i, i − offset). */
  accumulate(m: number, n: number, k: number, offset: number): void;
  /** One chain of plane rotations on rows of eight columns, z (rows, 8) f64: for i = last − 1 … first the pair of rows
   *  (i, i + 1) becomes (c·zᵢ − s·zᵢ₊₁, s·zᵢ + c·zᵢ₊₁), with sine and cosine at `angles` (rows, 2). */
  rotate(z: number, first: number, last: number, angles: number): void;
}
