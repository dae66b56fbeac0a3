/** Round to nearest on a uniform grid of 2 to 4 bits, in groups of a multiple of 16: formulas in `kernel/quantize/linear.ts`, codes, scales
 *  and zero points as linear.ts has them.
 *
 *  Each x = w·(1/s) becomes the fixed-point number P = (x + z + ½)·2^12. The upper bits of P are the code; its lower 12 bits say how far x
 *  lies from the code. Where these are 0, x lies within 2^-13 of the middle of two codes, so that the code is in doubt, and the group is
 *  encoded again by division. The loop that encodes a batch of groups finds the ranges of the next batch as well, so that it seldom waits
 *  for the memory. The squared error is s²·Σe², where e is x − rint(x) cut to 12 binary places. */
import { encodeByDivision } from "./_division";
import { pinned } from "./_pin";
import { fitFour, largestCode } from "./_scales";
import { GRID, Grid, GROUP_TABLES, GroupTables } from "./_shared";

/** Types that stand for a choice made when compiling. */
type Wanted = f32;
type Unwanted = i32;

/** Groups in hand at a time. */
const batch: i32 = 16;
const lows = memory.data(16 * 16, 16);
const highs = memory.data(16 * 16, 16);
const inverses = memory.data(16 * 4, 16);
const shifts = memory.data(16 * 4, 16);
const flags = memory.data(16, 16);
/** Σe² of each group in four parts, and whether a code of it is in doubt. */
const sums = memory.data(16 * 16, 16);
const doubts = memory.data(16, 16);

/** 1.5·2^11: the float32 sum of a number with it has 12 binary places. */
const origin: f32 = 3072;

/** Smallest and largest of four weights in turn of each group, to `lows` and `highs`. */
function rangesOf(weights: usize, groups: i32, group: i32): void {
  for (let g: usize = 0; g < <usize>groups; g++) {
    const end = weights + ((<usize>group) << 2);
    let low = v128.load(weights);
    let high = low;
    for (; weights < end; weights += 64) {
      const a = v128.load(weights);
      const b = v128.load(weights, 16);
      const c = v128.load(weights, 32);
      const d = v128.load(weights, 48);
      low = f32x4.pmin(low, f32x4.pmin(f32x4.pmin(a, b), f32x4.pmin(c, d)));
      high = f32x4.pmax(high, f32x4.pmax(f32x4.pmax(a, b), f32x4.pmax(c, d)));
    }
    v128.store(lows + 16 * g, low);
    v128.store(highs + 16 * g, high);
  }
}

/** The least of each of four vectors, and, of the negated, the greatest. */
function leastOf(four: usize): v128 {
  const a = v128.load(four);
  const b = v128.load(four, 16);
  const c = v128.load(four, 32);
  const d = v128.load(four, 48);
  const ab = f32x4.pmin(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.pmin(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.pmin(v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3));
}
function greatestOf(four: usize): v128 {
  const a = v128.load(four);
  const b = v128.load(four, 16);
  const c = v128.load(four, 32);
  const d = v128.load(four, 48);
  const ab = f32x4.pmax(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.pmax(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.pmax(v128.shuffle<f64>(ab, cd, 0, 2), v128.shuffle<f64>(ab, cd, 1, 3));
}

/** Encodes `groups` groups, and finds the ranges of as many groups whose weights lie `ahead` bytes further on. `Sign` is Wanted for signed
 *  codes: P holds them with 8 added, which is taken off before they are stored. `Errors` is Wanted where Σe² is summed. */
function encodeAndLookAhead<Errors, Sign>(weights: usize, groups: i32, group: i32, ahead: usize, codes: usize): void {
  const bits = pinned(i32x4.splat(reinterpret<i32>(origin)));
  const eight = pinned(i8x16.splat(8));
  const fraction = pinned(i16x8.splat(0xfff));
  const half = pinned(i16x8.splat(0x800));
  for (let g: usize = 0; g < <usize>groups; g++) {
    const inverse = v128.load32_splat(inverses + 4 * g);
    const shift = v128.load32_splat(shifts + 4 * g);
    let squares = i32x4.splat(0);
    let least = fraction;
    let low = v128.load(weights + ahead);
    let high = low;
    const end = codes + <usize>group;
    for (; codes < end; codes += 16) {
      const t0 = i32x4.sub(f32x4.add(f32x4.mul(v128.load(weights), inverse), shift), bits);
      const t1 = i32x4.sub(f32x4.add(f32x4.mul(v128.load(weights, 16), inverse), shift), bits);
      const a = i16x8.narrow_i32x4_u(t0, t1);
      const t2 = i32x4.sub(f32x4.add(f32x4.mul(v128.load(weights, 32), inverse), shift), bits);
      const t3 = i32x4.sub(f32x4.add(f32x4.mul(v128.load(weights, 48), inverse), shift), bits);
      const b = i16x8.narrow_i32x4_u(t2, t3);
      let found = i8x16.narrow_i16x8_u(i16x8.shr_u(a, 12), i16x8.shr_u(b, 12));
      if (isFloat<Sign>()) found = i8x16.sub(found, eight);
      v128.store(codes, found);
      const fa = v128.and(a, fraction);
      const fb = v128.and(b, fraction);
      least = i16x8.min_u(least, i16x8.min_u(fa, fb));
      if (isFloat<Errors>()) {
        const ea = i16x8.sub(fa, half);
        const eb = i16x8.sub(fb, half);
        squares = i32x4.add(squares, i32x4.add(i32x4.dot_i16x8_s(ea, ea), i32x4.dot_i16x8_s(eb, eb)));
      }
      const next = weights + ahead;
      const p = v128.load(next);
      const q = v128.load(next, 16);
      const r = v128.load(next, 32);
      const s = v128.load(next, 48);
      low = f32x4.pmin(low, f32x4.pmin(f32x4.pmin(p, q), f32x4.pmin(r, s)));
      high = f32x4.pmax(high, f32x4.pmax(f32x4.pmax(p, q), f32x4.pmax(r, s)));
      weights += 64;
    }
    v128.store(lows + 16 * g, low);
    v128.store(highs + 16 * g, high);
    if (isFloat<Errors>()) v128.store(sums + 16 * g, squares);
    store<u8>(doubts + g, i16x8.all_true(least) ? 0 : 1);
  }
}

/** Finds the float16 scales and the zero points of four groups in float32 alone, and returns true, where float32 leaves neither in doubt. It
 *  returns false, and `fitFour` is to do it, where a quotient span/top lies within 3 roundings of a number of float16, where a zero point
 *  lies near the middle of two whole numbers, and where a scale is subnormal or large. A scale that is not below span/top holds every code
 *  within the grid. */
function fitFast(low: v128, high: v128, base: v128, g: usize, scales: usize, zeros: usize): bool {
  const symmetric = changetype<Grid>(GRID).symmetric;
  const top = <f32>largestCode(changetype<Grid>(GRID));
  const nothing = f32x4.splat(0);
  low = f32x4.pmin(nothing, low);
  high = f32x4.pmax(nothing, high);
  const span = symmetric ? f32x4.pmax(high, f32x4.neg(low)) : f32x4.sub(high, low);
  const quotient = f32x4.mul(span, f32x4.splat(1 / top));
  // A number of float16 from 2^-14 on is a float32 whose 13 lowest bits are 0.
  const nearHalf = i32x4.eq(v128.and(i32x4.add(quotient, i32x4.splat(4)), i32x4.splat(0x1ff8)), nothing);
  const outside = v128.or(f32x4.lt(quotient, f32x4.splat(6.2e-5)), f32x4.gt(quotient, f32x4.splat(60_000)));
  let doubtful = v128.or(nearHalf, outside);
  const scale = v128.and(i32x4.add(quotient, i32x4.splat(0x1fff)), i32x4.splat(~0x1fff));
  const inverse = f32x4.div(f32x4.splat(1), scale);
  let zero = nothing;
  let bytes = nothing;
  if (!symmetric) {
    const ratio = f32x4.mul(f32x4.neg(low), inverse);
    // 1.5·2^23: a sum with it is whole.
    const sum = f32x4.add(ratio, f32x4.splat(12_582_912));
    zero = f32x4.sub(sum, f32x4.splat(12_582_912));
    doubtful = v128.or(doubtful, f32x4.gt(f32x4.abs(f32x4.sub(ratio, zero)), f32x4.splat(0.4999)));
    const words = i32x4.sub(sum, i32x4.splat(reinterpret<i32>(<f32>12_582_912)));
    bytes = i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(words, words), nothing);
  }
  if (v128.any_true(doubtful)) return false;
  v128.store(scales + 4 * g, scale);
  store<u32>(zeros + g, i32x4.extract_lane(bytes, 0));
  store<u32>(flags + g, 0);
  v128.store(inverses + 4 * g, inverse);
  v128.store(shifts + 4 * g, f32x4.add(base, zero));
  return true;
}

/** Finds the scales, their reciprocals and the zero points of `groups` groups from `lows` and `highs`. Returns false when a weight or a scale
 *  is too large. */
function fit(groups: i32, scales: usize, zeros: usize): bool {
  const grid = changetype<Grid>(GRID);
  const symmetric = grid.symmetric;
  const half = grid.half;
  // Groups past the last are like the first.
  for (let g: usize = groups; (g & 3) != 0; g++) {
    v128.store(lows + 16 * g, v128.load(lows));
    v128.store(highs + 16 * g, v128.load(highs));
  }
  const base = f32x4.splat(origin + <f32>0.5 + (symmetric ? <f32>8 : <f32>0));
  const top = <f32>largestCode(grid);
  for (let g: usize = 0; g < <usize>groups; g += 4) {
    const low = leastOf(lows + 16 * g);
    const high = greatestOf(highs + 16 * g);
    if (half && fitFast(low, high, base, g, scales, zeros)) continue;
    if (!fitFour(low, high, scales + 4 * g, zeros + g, flags + g)) return false;
    v128.store(inverses + 4 * g, f32x4.div(f32x4.splat(1), v128.load(scales + 4 * g)));
    const zero = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(zeros + g)));
    v128.store(shifts + 4 * g, f32x4.add(base, f32x4.convert_i32x4_s(zero)));
  }
  return true;
}

/** Squared errors of groups, from `sums`. */
function storeErrors(groups: i32, scales: usize, errors: usize): void {
  const unit = f64x2.splat(5.9604644775390625e-8);
  for (let g: usize = 0; g < <usize>groups; g += 4) {
    const a = v128.load(sums + 16 * g);
    const b = v128.load(sums + 16 * g, 16);
    const c = v128.load(sums + 16 * g, 32);
    const d = v128.load(sums + 16 * g, 48);
    const ab = i32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
    const cd = i32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
    const totals = i32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3));
    const scale = v128.load(scales + 4 * g);
    const first = f64x2.promote_low_f32x4(scale);
    const second = f64x2.promote_low_f32x4(v128.shuffle<f32>(scale, scale, 2, 3, 2, 3));
    const total01 = f64x2.convert_low_i32x4_u(totals);
    const total23 = f64x2.convert_low_i32x4_u(v128.shuffle<i32>(totals, totals, 2, 3, 2, 3));
    v128.store(errors + 8 * g, f64x2.mul(total01, f64x2.mul(f64x2.mul(first, first), unit)));
    v128.store(errors + 8 * g, f64x2.mul(total23, f64x2.mul(f64x2.mul(second, second), unit)), 16);
  }
}

/** Codes u8 or i8 of `groups` groups of `group` weights, a multiple of 16, 512 at most, on the grid at GRID. The scales, the zero points and,
 *  where they are wanted, the squared errors go to the tables at GROUP_TABLES, each of which holds a multiple of four groups. Returns false
 *  when a weight is beyond 2^126 or a scale beyond float16: nothing that was written is valid then. */
export function linearFixed(weights: usize, groups: i32, group: i32, codes: usize): bool {
  const tables = changetype<GroupTables>(GROUP_TABLES);
  let scales = tables.scales;
  let zeros = tables.zeros;
  let errors = tables.errors;
  const grid = changetype<Grid>(GRID);
  const symmetric = grid.symmetric;
  const maximum = largestCode(grid);
  const minimum = symmetric ? -maximum : 0;
  rangesOf(weights, min(batch, groups), group);
  for (let start = 0; start < groups; start += batch) {
    const count = min(batch, groups - start);
    if (!fit(count, scales, zeros)) return false;
    // While this batch is encoded, the ranges of as many groups behind it are found, if there are as many. Where fewer follow, their
    // ranges are found by `rangesOf` below, and those found here, of this batch again, are not used.
    const rest = groups - start - count;
    const ahead = rest >= count ? (<usize>(count * group)) << 2 : 0;
    if (errors != 0) {
      if (symmetric) encodeAndLookAhead<Wanted, Wanted>(weights, count, group, ahead, codes);
      else encodeAndLookAhead<Wanted, Unwanted>(weights, count, group, ahead, codes);
    } else if (symmetric) encodeAndLookAhead<Unwanted, Wanted>(weights, count, group, ahead, codes);
    else encodeAndLookAhead<Unwanted, Unwanted>(weights, count, group, ahead, codes);
    if (rest > 0 && rest < count) rangesOf(weights + ((<usize>(count * group)) << 2), rest, group);
    if (errors != 0) storeErrors(count, scales, errors);
    let left = i8x16.bitmask(i8x16.ne(v128.or(v128.load(flags), v128.load(doubts)), i8x16.splat(0)));
    if (count < batch) left &= (1 << count) - 1;
    for (; left != 0; left &= left - 1) {
      const g = <usize>ctz(left);
      const scale = load<f32>(scales + 4 * g);
      const zero = <i32>load<u8>(zeros + g);
      const at = weights + ((g * <usize>group) << 2);
      const to = codes + g * <usize>group;
      // prettier-ignore
      const error = encodeByDivision(at, <usize>group, to, scale, <f32>(minimum - zero), <f32>(maximum - zero), zero);
      if (errors != 0 && load<u8>(flags + g) != 0) store<f64>(errors + 8 * g, error);
    }
    weights += (<usize>(count * group)) << 2;
    codes += <usize>(count * group);
    scales += (<usize>count) << 2;
    zeros += <usize>count;
    if (errors != 0) errors += (<usize>count) << 3;
  }
  return true;
}
