/** max|w| of stretches of weights. */
import { largestLane } from "./floats";

/** For rows of `columns` weights cut into stretches of `width`: the largest magnitude of each raises that in largest (⌈columns/width⌉)
 *  of the row's tiles; `height` rows share them. `firstRow`: place of the first row among those that share. */
export function largestOfTiles(
  weights: usize,
  rows: i32,
  columns: i32,
  width: i32,
  height: i32,
  firstRow: i32,
  largest: usize,
): void {
  const tiles = <usize>((columns + width - 1) / width);
  for (let row = 0; row < rows; row++) {
    let at = largest + ((<usize>((firstRow + row) / height)) << 2) * tiles;
    for (let start = 0; start < columns; start += width) {
      const length = min(width, columns - start);
      store<f32>(at, max<f32>(load<f32>(at), largestOf(weights, length)));
      weights += (<usize>length) << 2;
      at += 4;
    }
  }
}

export function largestOf(weights: usize, count: i32): f32 {
  const end = weights + ((<usize>count) << 2);
  let a = f32x4.splat(0);
  let b = a;
  for (; weights + 32 <= end; weights += 32) {
    a = f32x4.pmax(a, f32x4.abs(v128.load(weights)));
    b = f32x4.pmax(b, f32x4.abs(v128.load(weights, 16)));
  }
  for (; weights < end; weights += 4) a = f32x4.pmax(a, f32x4.abs(v128.load32_splat(weights)));
  return largestLane(f32x4.pmax(a, b));
}
