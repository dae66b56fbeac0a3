/** Products x·Wᵀ in float32. Every output is one sum over the inner dimension in ascending order from zero, in one lane, each product rounded
 *  before it is added: the bits do not depend on how many rows are computed together, nor on the machine. */

import { PANEL, PRODUCT, Product, SPARE } from "./_shared";

/** Rows whose inputs are to stay in the core's cache while the panels pass. */
const ROWS: i32 = 64;

/** Packs W (columns, inner), whose entry (n, k) lies at n·columnStep + k·innerStep floats, into panels of 8 columns (columns / 8, inner, 8);
 *  the last panel is filled with zeros. */
export function pack(weights: usize, packed: usize, columns: i32, inner: i32, columnStep: i32, innerStep: i32): void {
  let to = packed;
  const step = (<usize>innerStep) << 2;
  for (let n = 0; n < columns; n += PANEL) {
    const width = min(PANEL, columns - n);
    let from = weights + ((<usize>n * columnStep) << 2);
    for (let k = 0; k < inner; k++) {
      let at = from;
      let j = 0;
      for (; j < width; j++) {
        f32.store(to + ((<usize>j) << 2), f32.load(at));
        at += (<usize>columnStep) << 2;
      }
      for (; j < PANEL; j++) f32.store(to + ((<usize>j) << 2), 0);
      from += step;
      to += (<usize>PANEL) << 2;
    }
  }
}

function add(sum: v128, factor: v128, weights: v128): v128 {
  return f32x4.add(sum, f32x4.mul(factor, weights));
}

/** y (rows, columns) = x (rows, inner)·Wᵀ with packed W, of sizes and steps as PRODUCT says. */
export function product(x: usize, packed: usize, y: usize): void {
  const sizes = changetype<Product>(PRODUCT);
  const rows = sizes.rows;
  const columns = sizes.columns;
  const inner = sizes.inner;
  const xStep = sizes.xStep;
  const yStep = sizes.yStep;
  const panelBytes = (<usize>sizes.packedInner) << 5;
  const rest = columns & 7;
  const panels = columns >> 3;
  for (let first = 0; first < rows; first += ROWS) {
    const end = min(rows, first + ROWS);
    const count = end - first;
    const from = x + ((<usize>first * xStep) << 2);
    const to = y + ((<usize>first * yStep) << 2);
    for (let p = 0; p < panels; p++)
      panelOfRows(from, packed + <usize>p * panelBytes, to + ((<usize>p) << 5), count, inner, xStep, yStep);
    if (rest > 0) lastPanel(from, packed + <usize>panels * panelBytes, to + ((<usize>panels) << 5), count, rest);
  }
}

/** All rows by one panel. */
function panelOfRows(x: usize, panel: usize, y: usize, rows: i32, inner: i32, xStep: i32, yStep: i32): void {
  let m = 0;
  for (; m + 4 <= rows; m += 4)
    four(x + ((<usize>m * xStep) << 2), panel, y + ((<usize>m * yStep) << 2), inner, xStep, yStep);
  for (; m < rows; m++) one(x + ((<usize>m * xStep) << 2), panel, y + ((<usize>m * yStep) << 2), inner);
}

/** The same by a panel of which y has only the first `columns`. */
function lastPanel(x: usize, panel: usize, y: usize, rows: i32, columns: i32): void {
  const sizes = changetype<Product>(PRODUCT);
  for (let m = 0; m < rows; m++) {
    one(x + ((<usize>m * sizes.xStep) << 2), panel, SPARE, sizes.inner);
    memory.copy(y + ((<usize>m * sizes.yStep) << 2), SPARE, (<usize>columns) << 2);
  }
}

/** Four rows by one panel. */
function four(x: usize, panel: usize, y: usize, inner: i32, xStep: i32, yStep: i32): void {
  const row = (<usize>xStep) << 2;
  let a0 = x;
  let a1 = a0 + row;
  let a2 = a1 + row;
  let a3 = a2 + row;
  let left0 = f32x4.splat(0);
  let right0 = left0;
  let left1 = left0;
  let right1 = left0;
  let left2 = left0;
  let right2 = left0;
  let left3 = left0;
  let right3 = left0;
  let b = panel;
  const end = panel + ((<usize>inner) << 5);
  while (b < end) {
    const left = v128.load(b);
    const right = v128.load(b, 16);
    const x0 = v128.load32_splat(a0);
    left0 = add(left0, x0, left);
    right0 = add(right0, x0, right);
    const x1 = v128.load32_splat(a1);
    left1 = add(left1, x1, left);
    right1 = add(right1, x1, right);
    const x2 = v128.load32_splat(a2);
    left2 = add(left2, x2, left);
    right2 = add(right2, x2, right);
    const x3 = v128.load32_splat(a3);
    left3 = add(left3, x3, left);
    right3 = add(right3, x3, right);
    a0 += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    b += 32;
  }
  const step = (<usize>yStep) << 2;
  v128.store(y, left0);
  v128.store(y, right0, 16);
  y += step;
  v128.store(y, left1);
  v128.store(y, right1, 16);
  y += step;
  v128.store(y, left2);
  v128.store(y, right2, 16);
  y += step;
  v128.store(y, left3);
  v128.store(y, right3, 16);
}

/** One row by one panel. */
function one(x: usize, panel: usize, y: usize, inner: i32): void {
  let left = f32x4.splat(0);
  let right = left;
  let a = x;
  let b = panel;
  const end = panel + ((<usize>inner) << 5);
  while (b < end) {
    const factor = v128.load32_splat(a);
    left = add(left, factor, v128.load(b));
    right = add(right, factor, v128.load(b, 16));
    a += 4;
    b += 32;
  }
  v128.store(y, left);
  v128.store(y, right, 16);
}
