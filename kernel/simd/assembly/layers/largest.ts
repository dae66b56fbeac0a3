/** max|w| of stretches of weights. */
import { largestLane } from "./_floats";

/** For one row of `columns` weights cut into stretches of `width`: the largest magnitude of each stretch raises its number in largest
 *  (⌈columns/width⌉) f32. */
export function raiseLargest(weights: usize, columns: i32, width: i32, largest: usize): void {
  for (let start = 0; start < columns; start += width) {
    const length = min(width, columns - start);
    store<f32>(largest, max<f32>(load<f32>(largest), largestOf(weights, length)));
    weights += (<usize>length) << 2;
    largest += 4;
  }
}

function largestOf(weights: usize, count: i32): f32 {
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
