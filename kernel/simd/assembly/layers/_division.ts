/** Codes by division, where a reciprocal leaves them in doubt. */
import { magic } from "./_floats";
import { pinned } from "./_pin";

/** Weights whose squared errors are summed in float32 before they go to the float64 sum of the group. */
export const floatPiece: usize = 128;

export function sumOfLanes(a: v128): f32 {
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 2) + (f32x4.extract_lane(a, 1) + f32x4.extract_lane(a, 3));
}

/** Codes of `length` weights, a multiple of 16, by division, held within the grid. Returns their squared error: (w′ − w)² in
 *  float32, weight i in sum i mod 16, (sums 0–3 + 4–7) + (8–11 + 12–15), then lanes (0 + 2) + (1 + 3), every 128 weights. */
export function encodeByDivision(
  weights: usize,
  length: usize,
  codes: usize,
  scale: f32,
  lowest: f32,
  highest: f32,
  zero: i32,
): f64 {
  let error: f64 = 0;
  const divisors = pinned(f32x4.splat(scale == 0 ? 1 : scale));
  const scales = pinned(f32x4.splat(scale));
  const lows = pinned(f32x4.splat(lowest));
  const highs = pinned(f32x4.splat(highest));
  const magics = pinned(f32x4.splat(magic));
  const toCode = pinned(i32x4.splat(zero - reinterpret<i32>(magic)));
  for (let start: usize = 0; start < length; start += floatPiece) {
    const end = min(start + floatPiece, length);
    let sums0 = f32x4.splat(0);
    let sums1 = sums0;
    let sums2 = sums0;
    let sums3 = sums0;
    for (let i = start; i < end; i += 16) {
      const at = weights + (i << 2);
      const to = codes + i;
      const w0 = v128.load(at);
      const w1 = v128.load(at, 16);
      const w2 = v128.load(at, 32);
      const w3 = v128.load(at, 48);
      const t0 = f32x4.add(f32x4.pmin(highs, f32x4.pmax(lows, f32x4.div(w0, divisors))), magics);
      const t1 = f32x4.add(f32x4.pmin(highs, f32x4.pmax(lows, f32x4.div(w1, divisors))), magics);
      const t2 = f32x4.add(f32x4.pmin(highs, f32x4.pmax(lows, f32x4.div(w2, divisors))), magics);
      const t3 = f32x4.add(f32x4.pmin(highs, f32x4.pmax(lows, f32x4.div(w3, divisors))), magics);
      storeCodes(to, i32x4.add(t0, toCode), i32x4.add(t1, toCode), i32x4.add(t2, toCode), i32x4.add(t3, toCode));
      const d0 = f32x4.sub(f32x4.mul(scales, f32x4.sub(t0, magics)), w0);
      const d1 = f32x4.sub(f32x4.mul(scales, f32x4.sub(t1, magics)), w1);
      const d2 = f32x4.sub(f32x4.mul(scales, f32x4.sub(t2, magics)), w2);
      const d3 = f32x4.sub(f32x4.mul(scales, f32x4.sub(t3, magics)), w3);
      sums0 = f32x4.add(sums0, f32x4.mul(d0, d0));
      sums1 = f32x4.add(sums1, f32x4.mul(d1, d1));
      sums2 = f32x4.add(sums2, f32x4.mul(d2, d2));
      sums3 = f32x4.add(sums3, f32x4.mul(d3, d3));
    }
    error += <f64>sumOfLanes(f32x4.add(f32x4.add(sums0, sums1), f32x4.add(sums2, sums3)));
  }
  return error;
}

/** The low bytes of sixteen whole numbers, −128 … 255. */
export function storeCodes(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const first = i16x8.narrow_i32x4_s(a, b);
  const second = i16x8.narrow_i32x4_s(c, d);
  v128.store(to, v128.shuffle<u8>(first, second, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30));
}
