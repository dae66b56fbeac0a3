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

/** Codes q of the formula above. */
export function hqqCodes(weights: usize, columns: i32, group: i32, inverses: usize, zeros: usize, codes: usize): void {
  const lows = pinned(f32x4.splat(0));
  const highs = pinned(f32x4.splat(<f32>changetype<HqqGrid>(HQQ_GRID).highest));
  for (let start = 0; start < columns; start += group) {
    const length = min(group, columns - start);
    const t = f32x4.splat(load<f32>(inverses));
    const z = f32x4.splat(load<f32>(zeros));
    for (let i = 0; i < length; i += 4) {
      const rest = length - i;
      if (rest < 4) memory.copy(tail, weights, (<usize>rest) << 2);
      const w = v128.load(rest < 4 ? tail : weights);
      const q = f32x4.pmin(f32x4.pmax(f32x4.nearest(f32x4.add(f32x4.mul(w, t), z)), lows), highs);
      const words = i16x8.narrow_i32x4_s(i32x4.trunc_sat_f32x4_s(q), i32x4.splat(0));
      const four = i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0);
      if (rest >= 4) {
        store<u32>(codes, four);
        weights += 16;
        codes += 4;
        continue;
      }
      store<u32>(tail, four);
      memory.copy(codes, tail, rest);
      weights += (<usize>rest) << 2;
      codes += rest;
    }
    inverses += 4;
    zeros += 4;
  }
}

/** w′ = (q − z)·scale: scales (groups) f32, codes u8. */
export function decodeHqq(codes: usize, columns: i32, group: i32, scales: usize, zeros: usize, out: usize): void {
  for (let start = 0; start < columns; start += group) {
    const end = codes + <usize>min(group, columns - start);
    const scale = load<f32>(scales);
    const zero = load<f32>(zeros);
    const scale4 = f32x4.splat(scale);
    const zero4 = f32x4.splat(zero);
    for (; codes + 8 <= end; codes += 8) {
      const words = i16x8.extend_low_i8x16_u(v128.load64_zero(codes));
      const a = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(words));
      const b = f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(words));
      v128.store(out, f32x4.mul(f32x4.sub(a, zero4), scale4));
      v128.store(out, f32x4.mul(f32x4.sub(b, zero4), scale4), 16);
      out += 32;
    }
    for (; codes < end; codes++) {
      store<f32>(out, (<f32>load<u8>(codes) - zero) * scale);
      out += 4;
    }
    scales += 4;
    zeros += 4;
  }
}
