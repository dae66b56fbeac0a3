/** What callers of the module share with it: the largest blocks, and where they lie. */

/** Rows of C, columns of C and the inner dimension of a block. */
export const MOST_ROWS: i32 = 128;
export const MOST_COLUMNS: i32 = 512;
export const MOST_INNER: i32 = 256;

/** Blocks f64, row-major without gaps: A (rows, inner), B (inner, columns), C (rows, columns). */
export const A: usize = 0x10000;
export const B: usize = A + 8 * MOST_ROWS * MOST_INNER;
export const C: usize = B + 8 * MOST_INNER * MOST_COLUMNS;
export const END: usize = C + 8 * MOST_ROWS * MOST_COLUMNS;
