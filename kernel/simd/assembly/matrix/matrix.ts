/** Float64 products and rotations of matrices: WebAssembly SIMD, two lanes along a row. Every entry is one sum in order of the inner
 *  dimension, multiplied, then added, without a fused multiply-add, as in the plain loops: bits are equal. */

import { A, B, C } from "./_shared";

/** C += A·B on blocks: A (m, k), B (k, n), C (m, n) f64; m and n are multiples of 4. Only tiles of 4 × 4 that reach the column of their
 *  first row are computed: those right of entry (i, i − offset). */
export function accumulate(m: i32, n: i32, k: i32, offset: i32): void {
  const aRow = (<usize>k) << 3;
  const row = (<usize>n) << 3;
  for (let i = 0; i < m; i += 4) {
    const first = max(0, (i - offset) & ~3);
    for (let j = first; j < n; j += 4)
      tile(A + <usize>i * aRow, B + ((<usize>j) << 3), C + <usize>i * row + ((<usize>j) << 3), row, k);
  }
}

function add(sum: v128, factor: v128, values: v128): v128 {
  return f64x2.add(sum, f64x2.mul(factor, values));
}

/** Four rows by four columns of C, held in registers. A row of B and of C takes `row` bytes. */
function tile(a: usize, b: usize, c: usize, row: usize, k: i32): void {
  const aRow = (<usize>k) << 3;
  const c1 = c + row;
  const c2 = c1 + row;
  const c3 = c2 + row;
  let left0 = v128.load(c);
  let right0 = v128.load(c, 16);
  let left1 = v128.load(c1);
  let right1 = v128.load(c1, 16);
  let left2 = v128.load(c2);
  let right2 = v128.load(c2, 16);
  let left3 = v128.load(c3);
  let right3 = v128.load(c3, 16);
  let a0 = a;
  let a1 = a + aRow;
  let a2 = a1 + aRow;
  let a3 = a2 + aRow;
  for (let p = 0; p < k; p++) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    const w0 = v128.load64_splat(a0);
    left0 = add(left0, w0, left);
    right0 = add(right0, w0, right);
    const w1 = v128.load64_splat(a1);
    left1 = add(left1, w1, left);
    right1 = add(right1, w1, right);
    const w2 = v128.load64_splat(a2);
    left2 = add(left2, w2, left);
    right2 = add(right2, w2, right);
    const w3 = v128.load64_splat(a3);
    left3 = add(left3, w3, left);
    right3 = add(right3, w3, right);
    a0 += 8;
    a1 += 8;
    a2 += 8;
    a3 += 8;
    b += row;
  }
  v128.store(c, left0);
  v128.store(c, right0, 16);
  v128.store(c1, left1);
  v128.store(c1, right1, 16);
  v128.store(c2, left2);
  v128.store(c2, right2, 16);
  v128.store(c3, left3);
  v128.store(c3, right3, 16);
}

/** One chain of plane rotations on rows of eight columns, z (rows, 8) f64: for i = last − 1 … first the pair of rows
 *  (i, i + 1) becomes (c·zᵢ − s·zᵢ₊₁, s·zᵢ + c·zᵢ₊₁), with sine and cosine at `angles` (rows, 2). */
export function rotate(z: usize, first: i32, last: i32, angles: usize): void {
  let at = z + ((<usize>last) << 6);
  let h0 = v128.load(at);
  let h1 = v128.load(at, 16);
  let h2 = v128.load(at, 32);
  let h3 = v128.load(at, 48);
  for (let i = last - 1; i >= first; i--) {
    const s = v128.load64_splat(angles + ((<usize>i) << 4));
    const c = v128.load64_splat(angles + ((<usize>i) << 4), 8);
    const below = at;
    at -= 64;
    const z0 = v128.load(at);
    const z1 = v128.load(at, 16);
    const z2 = v128.load(at, 32);
    const z3 = v128.load(at, 48);
    v128.store(below, f64x2.add(f64x2.mul(s, z0), f64x2.mul(c, h0)));
    v128.store(below, f64x2.add(f64x2.mul(s, z1), f64x2.mul(c, h1)), 16);
    v128.store(below, f64x2.add(f64x2.mul(s, z2), f64x2.mul(c, h2)), 32);
    v128.store(below, f64x2.add(f64x2.mul(s, z3), f64x2.mul(c, h3)), 48);
    h0 = f64x2.sub(f64x2.mul(c, z0), f64x2.mul(s, h0));
    h1 = f64x2.sub(f64x2.mul(c, z1), f64x2.mul(s, h1));
    h2 = f64x2.sub(f64x2.mul(c, z2), f64x2.mul(s, h2));
    h3 = f64x2.sub(f64x2.mul(c, z3), f64x2.mul(s, h3));
  }
  v128.store(at, h0);
  v128.store(at, h1, 16);
  v128.store(at, h2, 32);
  v128.store(at, h3, 48);
}
