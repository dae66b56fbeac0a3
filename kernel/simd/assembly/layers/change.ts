/** What became of weights, in one pass over w and w′: the sums of `kernel/loops/errors.ts`, and histograms of both. */
import { beginStretch, bump, clearZeros, countEach, countZeros, OfV, OfW, placesTell } from "./_bins";
import { prepareStretch, stretch, zeros } from "./_bins";

export { binTotals, clearBins } from "./_bins";

/** Types that stand for a half of the sums, and for sums with and without counts, when the compiler makes a function for each. */
type Lower = u8;
type Upper = u16;
type Counted = u8;
type Uncounted = u16;

/** Sums in hand: of each kind four, to which the values are added in turn; of the first two, and of the others. */
let errors0 = f64x2.splat(0);
let errors1 = f64x2.splat(0);
let befores0 = f64x2.splat(0);
let befores1 = f64x2.splat(0);
let afters0 = f64x2.splat(0);
let afters1 = f64x2.splat(0);
let products0 = f64x2.splat(0);
let products1 = f64x2.splat(0);
/** The largest (w′ − w)² so far. */
let largest = f64x2.splat(0);

function clearSums(): void {
  errors0 = f64x2.splat(0);
  errors1 = f64x2.splat(0);
  befores0 = f64x2.splat(0);
  befores1 = f64x2.splat(0);
  afters0 = f64x2.splat(0);
  afters1 = f64x2.splat(0);
  products0 = f64x2.splat(0);
  products1 = f64x2.splat(0);
  largest = f64x2.splat(0);
}

/** Adds of every four of `weights` values the first two to the first sums, or, in the upper half, the other two to the others: all sums at once
 *  do not fit the registers. With counts, the pairs of w, or, in the upper half, of w′, are counted on the way: sums keep the units for
 *  numbers busy, counts those for addresses. */
function sumHalf<Half, Counts>(before: usize, after: usize, weights: usize): void {
  const upper = sizeof<Half>() == sizeof<Upper>();
  let e = upper ? errors1 : errors0;
  let b = upper ? befores1 : befores0;
  let a = upper ? afters1 : afters0;
  let p = upper ? products1 : products0;
  let most = largest;
  for (let at: usize = 0; at < weights; at += 4) {
    const w = f64x2.promote_low_f32x4(v128.load64_zero(before));
    const v = f64x2.promote_low_f32x4(v128.load64_zero(after));
    b = f64x2.add(b, f64x2.mul(w, w));
    a = f64x2.add(a, f64x2.mul(v, v));
    p = f64x2.add(p, f64x2.mul(w, v));
    const d = f64x2.sub(v, w);
    const square = f64x2.mul(d, d);
    e = f64x2.add(e, square);
    most = f64x2.pmax(most, square);
    if (sizeof<Counts>() == sizeof<Counted>()) {
      if (sizeof<Half>() == sizeof<Upper>()) {
        bump<OfV>(at);
        bump<OfV>(at + 2);
      } else {
        bump<OfW>(at);
        bump<OfW>(at + 2);
      }
    }
    before += 16;
    after += 16;
  }
  if (upper) {
    errors1 = e;
    befores1 = b;
    afters1 = a;
    products1 = p;
  } else {
    errors0 = e;
    befores0 = b;
    afters0 = a;
    products0 = p;
  }
  largest = most;
}

/** Adds the one to three values that are left to sums 0, 1 and 2. */
function sumRest(before: usize, after: usize, weights: i32): void {
  for (let lane = 0; lane < weights; lane++, before += 4, after += 4) {
    const w = <f64>load<f32>(before);
    const v = <f64>load<f32>(after);
    const d = v - w;
    largest = f64x2.pmax(largest, f64x2.splat(d * d));
    if (lane == 0) {
      errors0 = f64x2.replace_lane(errors0, 0, f64x2.extract_lane(errors0, 0) + d * d);
      befores0 = f64x2.replace_lane(befores0, 0, f64x2.extract_lane(befores0, 0) + w * w);
      afters0 = f64x2.replace_lane(afters0, 0, f64x2.extract_lane(afters0, 0) + v * v);
      products0 = f64x2.replace_lane(products0, 0, f64x2.extract_lane(products0, 0) + w * v);
    } else if (lane == 1) {
      errors0 = f64x2.replace_lane(errors0, 1, f64x2.extract_lane(errors0, 1) + d * d);
      befores0 = f64x2.replace_lane(befores0, 1, f64x2.extract_lane(befores0, 1) + w * w);
      afters0 = f64x2.replace_lane(afters0, 1, f64x2.extract_lane(afters0, 1) + v * v);
      products0 = f64x2.replace_lane(products0, 1, f64x2.extract_lane(products0, 1) + w * v);
    } else {
      errors1 = f64x2.replace_lane(errors1, 0, f64x2.extract_lane(errors1, 0) + d * d);
      befores1 = f64x2.replace_lane(befores1, 0, f64x2.extract_lane(befores1, 0) + w * w);
      afters1 = f64x2.replace_lane(afters1, 0, f64x2.extract_lane(afters1, 0) + v * v);
      products1 = f64x2.replace_lane(products1, 0, f64x2.extract_lane(products1, 0) + w * v);
    }
  }
}

/** Writes Σ(w′ − w)², Σw², Σw′² and Σ w·w′ of the values `before` and `after` to out (5) f64, whose last number max|w′ − w| raises. Each sum is
 *  made of four, to which the values are added in turn, and which are added as (0 + 2) + (1 + 3). Returns how many values of `after` are 0.
 *  Unless `range` is 0, counts the values over BINS bins: minimum f64, bins per unit f64, maximum f64. */
export function measureChange(before: usize, after: usize, count: i32, range: usize, out: usize): i32 {
  clearSums();
  clearZeros();
  let w = before;
  let v = after;
  const end = before + ((<usize>count) << 2);
  if (range != 0) {
    if (placesTell(range))
      for (; w + 4 * stretch <= end; w += 4 * stretch, v += 4 * stretch) {
        beginStretch();
        prepareStretch<OfW>(w, range);
        prepareStretch<OfV>(v, range);
        sumHalf<Lower, Counted>(w, v, stretch);
        sumHalf<Upper, Counted>(w + 8, v + 8, stretch);
      }
    countEach(w, v, (<i32>(end - w)) >> 2, range);
  }
  const rest = (<i32>(end - w)) >> 2;
  const most = rest & ~3;
  countZeros(v, rest);
  sumHalf<Lower, Uncounted>(w, v, most);
  sumHalf<Upper, Uncounted>(w + 8, v + 8, most);
  sumRest(w + (most << 2), v + (most << 2), rest & 3);
  store<f64>(out, total(errors0, errors1));
  store<f64>(out, total(befores0, befores1), 8);
  store<f64>(out, total(afters0, afters1), 16);
  store<f64>(out, total(products0, products1), 24);
  // Rounding keeps the order, so only a largest square that is no less than that of before may be of a larger difference.
  const known = load<f64>(out, 32);
  const square = max(f64x2.extract_lane(largest, 0), f64x2.extract_lane(largest, 1));
  if (square > 0 && square >= known * known) store<f64>(out, max(known, largestDifference(before, end, after)), 32);
  const pairs = i32x4.add(zeros, v128.shuffle<i32>(zeros, zeros, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}

/** max|w′ − w|. */
function largestDifference(before: usize, end: usize, after: usize): f64 {
  let largest = f64x2.splat(0);
  for (; before + 8 <= end; before += 8, after += 8) {
    const w = f64x2.promote_low_f32x4(v128.load64_zero(before));
    const v = f64x2.promote_low_f32x4(v128.load64_zero(after));
    largest = f64x2.pmax(largest, f64x2.abs(f64x2.sub(v, w)));
  }
  const last = before < end ? abs(<f64>load<f32>(after) - <f64>load<f32>(before)) : 0;
  return max(last, max(f64x2.extract_lane(largest, 0), f64x2.extract_lane(largest, 1)));
}

/** (0 + 2) + (1 + 3) of sums 0 and 1, and 2 and 3. */
function total(first: v128, second: v128): f64 {
  const both = f64x2.add(first, second);
  return f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
}
