/** Four groups of weights side by side: lane g of vector i holds weight i of group g. A sum over a group is then one lane's sum over
 *  the vectors, in the order of the weights, as the reference has it. */

/** Weights, error weights and codes of the four groups, 32 vectors each at most, or of four times four groups, 16 vectors each. The loops that
 *  try scales walk all three by one address. */
const arrays = memory.data(3072, 16);
export const errorsAt: usize = 1024;
export const codesAt: usize = 2048;
export const weightLanes = arrays;
export const errorLanes = arrays + errorsAt;
export const codeLanes = arrays + codesAt;

/** Four groups of `count` numbers (a multiple of 4) at g0 … g3 → `count` vectors at `to`. */
export function interleave(g0: usize, g1: usize, g2: usize, g3: usize, count: i32, to: usize): void {
  for (let i = 0; i < count; i += 4) {
    const a = v128.load(g0);
    const b = v128.load(g1);
    const c = v128.load(g2);
    const d = v128.load(g3);
    const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    v128.store(to, v128.shuffle<f64>(ab, cd, 0, 2));
    v128.store(to, v128.shuffle<f64>(ab, cd, 1, 3), 16);
    const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f64>(abHigh, cdHigh, 0, 2), 32);
    v128.store(to, v128.shuffle<f64>(abHigh, cdHigh, 1, 3), 48);
    g0 += 16;
    g1 += 16;
    g2 += 16;
    g3 += 16;
    to += 64;
  }
}

/** Σ x² of each lane over `count` vectors at x, in order. */
export function sumsOfSquares(x: usize, count: i32): v128 {
  let sums = f32x4.splat(0);
  for (const end = x + ((<usize>count) << 4); x < end; x += 16) {
    const value = v128.load(x);
    sums = f32x4.add(sums, f32x4.mul(value, value));
  }
  return sums;
}

/** The value of greatest magnitude of each lane, the first of equals, 0 where all are 0. */
export function peaksOf(x: usize, count: i32): v128 {
  let magnitudes = f32x4.splat(0);
  let peaks = magnitudes;
  for (const end = x + ((<usize>count) << 4); x < end; x += 16) {
    const value = v128.load(x);
    const size = f32x4.abs(value);
    peaks = v128.bitselect(value, peaks, f32x4.gt(size, magnitudes));
    magnitudes = f32x4.pmax(magnitudes, size);
  }
  return peaks;
}
