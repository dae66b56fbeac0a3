/** What rows of logits say: of the token that came, and beside the logits of a reference. Sums run in float64, two lanes, in ascending order. */

import { exponential2 } from "./_exponential";
import { Judged, RESULTS } from "./_shared";

/** log Σ exp(x) over `count` floats. */
function logOfSum(x: usize, count: i32, greatest: f64): f64 {
  const shift = f64x2.splat(greatest);
  let sums = f64x2.splat(0);
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    const pair = f64x2.promote_low_f32x4(v128.load64_zero(x + ((<usize>i) << 2)));
    sums = f64x2.add(sums, exponential2(f64x2.sub(pair, shift)));
  }
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  if (i < count)
    sum += f64x2.extract_lane(exponential2(f64x2.splat(<f64>f32.load(x + ((<usize>i) << 2)) - greatest)), 0);
  return greatest + Math.log(sum);
}

/** The place of the greatest, the first of equals. */
function placeOfGreatest(x: usize, count: i32): i32 {
  let place = 0;
  let greatest = f32.load(x);
  for (let i = 1; i < count; i++) {
    const value = f32.load(x + ((<usize>i) << 2));
    if (value > greatest) {
      greatest = value;
      place = i;
    }
  }
  return place;
}

function at(x: usize, i: i32): f64 {
  return <f64>f32.load(x + ((<usize>i) << 2));
}

/** log p(target) of a row of `count` logits, in LOG_PROBABILITY of RESULTS. */
export function judge(logits: usize, count: i32, target: i32): void {
  const total = logOfSum(logits, count, at(logits, placeOfGreatest(logits, count)));
  f64.store(RESULTS + ((<usize>Judged.LOG_PROBABILITY) << 3), at(logits, target) - total);
}

/** All of `Judged` of a row of `count` logits beside those of the reference, in RESULTS. */
export function compare(logits: usize, reference: usize, count: i32, target: i32): void {
  const top = placeOfGreatest(logits, count);
  const referenceTop = placeOfGreatest(reference, count);
  const total = logOfSum(logits, count, at(logits, top));
  const referenceTotal = logOfSum(reference, count, at(reference, referenceTop));
  const difference = total - referenceTotal;
  let forward = f64x2.splat(0);
  let backward = forward;
  let i = 0;
  for (; i + 2 <= count; i += 2) {
    const q = f64x2.promote_low_f32x4(v128.load64_zero(logits + ((<usize>i) << 2)));
    const p = f64x2.promote_low_f32x4(v128.load64_zero(reference + ((<usize>i) << 2)));
    // log p − log q
    const ratio = f64x2.add(f64x2.sub(p, q), f64x2.splat(difference));
    forward = f64x2.add(forward, f64x2.mul(exponential2(f64x2.sub(p, f64x2.splat(referenceTotal))), ratio));
    backward = f64x2.sub(backward, f64x2.mul(exponential2(f64x2.sub(q, f64x2.splat(total))), ratio));
  }
  let forwardSum = f64x2.extract_lane(forward, 0) + f64x2.extract_lane(forward, 1);
  let backwardSum = f64x2.extract_lane(backward, 0) + f64x2.extract_lane(backward, 1);
  if (i < count) {
    const ratio = at(reference, i) - at(logits, i) + difference;
    forwardSum += f64x2.extract_lane(exponential2(f64x2.splat(at(reference, i) - referenceTotal)), 0) * ratio;
    backwardSum -= f64x2.extract_lane(exponential2(f64x2.splat(at(logits, i) - total)), 0) * ratio;
  }
  f64.store(RESULTS + ((<usize>Judged.LOG_PROBABILITY) << 3), at(logits, target) - total);
  f64.store(RESULTS + ((<usize>Judged.REFERENCE) << 3), at(reference, target) - referenceTotal);
  f64.store(RESULTS + ((<usize>Judged.FORWARD) << 3), forwardSum);
  f64.store(RESULTS + ((<usize>Judged.BACKWARD) << 3), backwardSum);
  f64.store(RESULTS + ((<usize>Judged.SAME_TOP) << 3), top == referenceTop ? 1 : 0);
}
