/** One round of half-quadratic quantization over rows of `columns` weights in groups of `group`, the last one shorter: with inverse scales t
 *  and zero points z (groups) f32
 *
 *    q = clamp(rint(w·t + z), 0, highest)        x = w − (q − z)/t
 *    next z = Σ(q − w·t)/n, in float64           total ← total + Σ|x|, returned as well
 *
 *  for errors x that all shrink to zero, being smaller than `limit`; −1 when one is not. Sums are taken in the order of the weights;
 *  `highest`, `limit` and `total` stand at HQQ_GRID. */
import { pinned } from "./_pin";
import { HQQ_GRID, HqqGrid } from "./_shared";

const tail = memory.data(16, 16);

export function hqqRound(weights: usize, columns: i32, group: i32, inverses: usize, zeros: usize, next: usize): f64 {
  const grid = changetype<HqqGrid>(HQQ_GRID);
  const limit = grid.limit;
  let total = grid.total;
  const lows = pinned(f32x4.splat(0));
  const highs = pinned(f32x4.splat(<f32>grid.highest));
  const limits = pinned(f32x4.splat(limit));
  for (let start = 0; start < columns; start += group) {
    const length = min(group, columns - start);
    const t = pinned(f32x4.splat(load<f32>(inverses)));
    const z = pinned(f32x4.splat(load<f32>(zeros)));
    let sum: f64 = 0;
    for (let i = 0; i < length; i += 4) {
      const rest = length - i;
      let at = weights + ((<usize>i) << 2);
      if (rest < 4) {
        memory.copy(tail, at, (<usize>rest) << 2);
        at = tail;
      }
      const w = v128.load(at);
      const scaled = f32x4.mul(w, t);
      const q = f32x4.pmin(f32x4.pmax(f32x4.nearest(f32x4.add(scaled, z)), lows), highs);
      const size = f32x4.abs(f32x4.sub(w, f32x4.div(f32x4.sub(q, z), t)));
      const off = f32x4.sub(q, scaled);
      if (rest >= 4) {
        if (v128.any_true(f32x4.ge(size, limits))) return -1;
        total += <f64>f32x4.extract_lane(size, 0);
        sum += <f64>f32x4.extract_lane(off, 0);
        total += <f64>f32x4.extract_lane(size, 1);
        sum += <f64>f32x4.extract_lane(off, 1);
        total += <f64>f32x4.extract_lane(size, 2);
        sum += <f64>f32x4.extract_lane(off, 2);
        total += <f64>f32x4.extract_lane(size, 3);
        sum += <f64>f32x4.extract_lane(off, 3);
        continue;
      }
      v128.store(tail, size);
      for (let k = 0; k < rest; k++) {
        const one = load<f32>(tail + ((<usize>k) << 2));
        if (one >= limit) return -1;
        total += <f64>one;
      }
      v128.store(tail, off);
      for (let k = 0; k < rest; k++) sum += <f64>load<f32>(tail + ((<usize>k) << 2));
    }
    store<f32>(next, <f32>(sum / <f64>length));
    weights += (<usize>length) << 2;
    inverses += 4;
    zeros += 4;
    next += 4;
  }
  grid.total = total;
  return total;
}
