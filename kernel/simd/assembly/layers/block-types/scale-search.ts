/** The searches for scales of `kernel/blocks/scale-search.ts`, four groups at a time. Each lane does the operations of the reference in
 *  its order; where the reference branches, lanes are masked. Groups lie in lanes.ts, `weightLanes` and `errorLanes`. */
import { magic, nearestInteger, nearestIntegers } from "../_floats";
import { pinned } from "../_pin";
import { codesAt, errorLanes, errorsAt, peaksOf, weightLanes } from "./lanes";

/** Types that stand for a choice made when compiling. */
export type Near = f32;
export type Any = i32;
export type Absolute = i32;
export type Squared = f32;

/** What a search found for the four groups: scale, minimum (as the reference's m = −min), and by which inverse scale and minimum its
 *  codes are rounded. */
export const foundScales = memory.data(16, 16);
export const foundMinima = memory.data(16, 16);
export const foundInverses = memory.data(16, 16);
export const foundOffsets = memory.data(16, 16);
/** Σ of the error weights of each group. */
export const foundSums = memory.data(16, 16);

/** x rounded half to even and held between two whole numbers, as floats. `Near`: for |x| < 2^22 in all lanes that count. */
function rounded<Range>(x: v128, low: v128, high: v128): v128 {
  const magics = f32x4.splat(magic);
  if (isFloat<Range>()) return f32x4.pmin(high, f32x4.pmax(low, f32x4.sub(f32x4.add(x, magics), magics)));
  return f32x4.pmin(high, f32x4.pmax(low, f32x4.convert_i32x4_s(nearestIntegers(x))));
}

/** True when |a| and |b| are below 2^22 in all lanes but those of `idle`. */
function areNear(a: v128, b: v128, idle: v128): bool {
  const limit = f32x4.splat(4194304.0);
  const near = v128.and(f32x4.lt(f32x4.abs(a), limit), f32x4.lt(f32x4.abs(b), limit));
  return i32x4.all_true(v128.or(near, idle));
}

/** Codes of all weights at a grid, as floats, to `codeLanes`. */
function roundAll<Range>(end: usize, inverse: v128, minima: v128, top: v128): void {
  const zeros = f32x4.splat(0);
  for (let at = weightLanes; at < weightLanes + end; at += 16) {
    const x = f32x4.mul(inverse, f32x4.sub(v128.load(at), minima));
    v128.store(at, rounded<Range>(x, zeros, top), codesAt);
  }
}

let sumsL = i32x4.splat(0);
let sumsL2 = i32x4.splat(0);
let sumsXl = i32x4.splat(0);

/** The same, with Σ u·l, Σ u·l², Σ u·l·w. */
function roundAndSum<Range>(end: usize, inverse: v128, minima: v128, top: v128): void {
  const zeros = f32x4.splat(0);
  let sumL = zeros;
  let sumL2 = zeros;
  let sumXl = zeros;
  for (let at = weightLanes; at < weightLanes + end; at += 16) {
    const value = v128.load(at);
    const l = rounded<Range>(f32x4.mul(inverse, f32x4.sub(value, minima)), zeros, top);
    v128.store(at, l, codesAt);
    const wl = f32x4.mul(v128.load(at, errorsAt), l);
    sumL = f32x4.add(sumL, wl);
    sumL2 = f32x4.add(sumL2, f32x4.mul(wl, l));
    sumXl = f32x4.add(sumXl, f32x4.mul(wl, value));
  }
  sumsL = sumL;
  sumsL2 = sumL2;
  sumsXl = sumXl;
}

/** Σ u·|s·l + min − w| or Σ u·(s·l + min − w)². */
function errorsOf<Kind>(end: usize, scale: v128, minima: v128): v128 {
  let errors = f32x4.splat(0);
  for (let at = weightLanes; at < weightLanes + end; at += 16) {
    const near = f32x4.add(f32x4.mul(scale, v128.load(at, codesAt)), minima);
    const difference = f32x4.sub(near, v128.load(at));
    const error = isFloat<Kind>() ? f32x4.mul(difference, difference) : f32x4.abs(difference);
    errors = f32x4.add(errors, f32x4.mul(v128.load(at, errorsAt), error));
  }
  return errors;
}

/** `affineScale` of four groups of `count` weights; `numerators` (trials) f32. */
export function affineScales<Kind>(count: i32, qmax: i32, numerators: usize, trials: i32): void {
  const end = (<usize>count) << 4;
  const zeros = f32x4.splat(0);
  const top = f32x4.splat(<f32>qmax);
  let low = v128.load(weightLanes);
  let high = low;
  let sumW = v128.load(errorLanes);
  let sumX = f32x4.mul(sumW, low);
  for (let i: usize = 16; i < end; i += 16) {
    const value = v128.load(weightLanes + i);
    const w = v128.load(errorLanes + i);
    low = f32x4.pmin(low, value);
    high = f32x4.pmax(high, value);
    sumW = f32x4.add(sumW, w);
    sumX = f32x4.add(sumX, f32x4.mul(w, value));
  }
  v128.store(foundSums, sumW);
  let min = f32x4.pmin(low, zeros);
  const constant = f32x4.eq(high, min);
  let inverse = f32x4.div(top, f32x4.sub(high, min));
  let scale = f32x4.div(f32x4.splat(1), inverse);
  let bestInverse = v128.andnot(inverse, constant);
  let bestOffset = v128.andnot(min, constant);
  const firstLow = f32x4.mul(inverse, f32x4.sub(low, min));
  const firstHigh = f32x4.mul(inverse, f32x4.sub(high, min));
  if (areNear(firstLow, firstHigh, constant)) roundAll<Near>(end, inverse, min, top);
  else roundAll<Any>(end, inverse, min, top);
  let best = errorsOf<Kind>(end, scale, min);
  for (let trial = 0; trial < trials; trial++) {
    inverse = f32x4.div(v128.load32_splat(numerators + ((<usize>trial) << 2)), f32x4.sub(high, min));
    const lowest = f32x4.mul(inverse, f32x4.sub(low, min));
    const highest = f32x4.mul(inverse, f32x4.sub(high, min));
    if (areNear(lowest, highest, constant)) roundAndSum<Near>(end, inverse, min, top);
    else roundAndSum<Any>(end, inverse, min, top);
    const determinant = f32x4.sub(f32x4.mul(sumW, sumsL2), f32x4.mul(sumsL, sumsL));
    const solved = v128.andnot(f32x4.gt(determinant, zeros), constant);
    if (!v128.any_true(solved)) continue;
    let trialScale = f32x4.div(f32x4.sub(f32x4.mul(sumW, sumsXl), f32x4.mul(sumX, sumsL)), determinant);
    let trialMin = f32x4.div(f32x4.sub(f32x4.mul(sumsL2, sumX), f32x4.mul(sumsL, sumsXl)), determinant);
    const positive = f32x4.gt(trialMin, zeros);
    trialScale = v128.bitselect(f32x4.div(sumsXl, sumsL2), trialScale, positive);
    trialMin = v128.andnot(trialMin, positive);
    const errors = errorsOf<Kind>(end, trialScale, trialMin);
    const better = v128.and(solved, f32x4.lt(errors, best));
    if (!v128.any_true(better)) continue;
    bestInverse = v128.bitselect(inverse, bestInverse, better);
    bestOffset = v128.bitselect(min, bestOffset, better);
    best = v128.bitselect(errors, best, better);
    scale = v128.bitselect(trialScale, scale, better);
    min = v128.bitselect(trialMin, min, better);
  }
  v128.store(foundScales, v128.andnot(scale, constant));
  v128.store(foundMinima, f32x4.neg(min));
  v128.store(foundInverses, bestInverse);
  v128.store(foundOffsets, bestOffset);
}

let sumsP = i32x4.splat(0);
let sumsS = i32x4.splat(0);

/** Σ u·w·l and Σ u·l² with l = w·inverse rounded. */
function productsOf<Range>(end: usize, inverse: v128, low: v128, high: v128): void {
  let products = f32x4.splat(0);
  let squares = products;
  for (let at = weightLanes; at < weightLanes + end; at += 16) {
    const value = v128.load(at);
    const l = rounded<Range>(f32x4.mul(inverse, value), low, high);
    const w = v128.load(at, errorsAt);
    products = f32x4.add(products, f32x4.mul(f32x4.mul(w, value), l));
    squares = f32x4.add(squares, f32x4.mul(f32x4.mul(w, l), l));
  }
  sumsP = products;
  sumsS = squares;
}

/** `symmetricScale` of four groups; `trials` (18) f32. Where the group is taken for zero, the inverse is 0 and the offset 1, else 0. */
export function symmetricScales(count: i32, qmax: i32, trials: usize, peaks: v128): void {
  const end = (<usize>count) << 4;
  const zeros = f32x4.splat(0);
  const low = f32x4.splat(<f32>-qmax);
  const high = f32x4.splat(<f32>(qmax - 1));
  const zero = f32x4.lt(f32x4.abs(peaks), f32x4.splat(1e-15));
  let inverse = f32x4.div(low, peaks);
  let bestInverse = inverse;
  let scale = zeros;
  let best = zeros;
  for (let trial = -1; trial < 18; trial++) {
    if (trial >= 0) inverse = f32x4.div(v128.load32_splat(trials + ((<usize>trial) << 2)), peaks);
    const furthest = f32x4.mul(inverse, peaks);
    if (areNear(furthest, furthest, zero)) productsOf<Near>(end, inverse, low, high);
    else productsOf<Any>(end, inverse, low, high);
    const quotient = f32x4.div(sumsP, sumsS);
    if (trial < 0) {
      scale = v128.andnot(quotient, f32x4.eq(sumsS, zeros));
      best = f32x4.mul(scale, sumsP);
      continue;
    }
    const more = f32x4.gt(f32x4.mul(sumsP, sumsP), f32x4.mul(best, sumsS));
    const better = v128.and(f32x4.gt(sumsS, zeros), more);
    scale = v128.bitselect(quotient, scale, better);
    best = v128.bitselect(f32x4.mul(scale, sumsP), best, better);
    bestInverse = v128.bitselect(inverse, bestInverse, better);
  }
  v128.store(foundScales, v128.andnot(scale, zero));
  v128.store(foundInverses, v128.andnot(bestInverse, zero));
  v128.store(foundOffsets, v128.and(zero, f32x4.splat(1)));
}

/** What the search knows of each four of sixteen groups: Σ u·w·l, Σ u·l², which groups are taken for zero, and which codes moved in a round. */
const fours = memory.data(256, 16);
/** The numbers of those fours in which a code moved in the last round. */
const restless = memory.data(4, 4);
const mostRounds = 5;

/** `descendedScale` of sixteen groups of 16 weights, four times four in `weightLanes`: scales (16) f32 to `scales`. Leaves the codes − qmax in
 *  `codeLanes` as floats; −qmax for a group that is taken for zero. A move needs the sums after the one before: the fours take turns, so
 *  that they wait together. */
export function descendedScales(qmax: i32, scales: usize): void {
  const zeros = f32x4.splat(0);
  const low = pinned(f32x4.splat(<f32>-qmax));
  const high = pinned(f32x4.splat(<f32>(qmax - 1)));
  // What `rounded<Any>` goes by, held in registers.
  const magics = pinned(f32x4.splat(magic));
  const mask = pinned(i32x4.splat(0x7fffff));
  const middle = pinned(i32x4.splat(0x400000));
  for (let four: usize = 0; four < 4; four++) {
    const from = weightLanes + (four << 8);
    const peaks = peaksOf(from, 16);
    const zero = f32x4.lt(f32x4.abs(peaks), f32x4.splat(1e-15));
    const inverse = f32x4.div(low, peaks);
    let products = zeros;
    let squares = zeros;
    for (let at = from; at < from + 256; at += 16) {
      const value = v128.load(at);
      const near = i32x4.sub(v128.and(f32x4.add(f32x4.mul(inverse, value), magics), mask), middle);
      const l = f32x4.pmin(high, f32x4.pmax(low, f32x4.convert_i32x4_s(near)));
      v128.store(at, v128.bitselect(low, l, zero), codesAt);
      const w = f32x4.mul(value, value);
      products = f32x4.add(products, f32x4.mul(f32x4.mul(w, value), l));
      squares = f32x4.add(squares, f32x4.mul(f32x4.mul(w, l), l));
    }
    v128.store(fours + (four << 6), products);
    v128.store(fours + (four << 6), squares, 16);
    v128.store(fours + (four << 6), zero, 32);
    store<u8>(restless + four, <u8>four);
  }
  for (let round = 0, count = 4; round < mostRounds && count > 0; round++) count = descend(count, low, high);
  for (let four: usize = 0; four < 4; four++) {
    const products = v128.load(fours + (four << 6));
    const squares = v128.load(fours + (four << 6), 16);
    const scale = v128.and(f32x4.div(products, squares), f32x4.gt(squares, zeros));
    v128.store(scales + (four << 4), v128.andnot(scale, v128.load(fours + (four << 6), 32)));
  }
}

/** One round over the weights of the `count` restless fours; how many still are. */
function descend(count: usize, low: v128, high: v128): i32 {
  const zeros = f32x4.splat(0);
  // What `rounded<Any>` goes by, held in registers.
  const magics = pinned(f32x4.splat(magic));
  const mask = pinned(i32x4.splat(0x7fffff));
  const middle = pinned(i32x4.splat(0x400000));
  for (let k: usize = 0; k < count; k++) v128.store(fours + ((<usize>load<u8>(restless + k)) << 6), zeros, 48);
  for (let i: usize = 0; i < 256; i += 16)
    for (let k: usize = 0; k < count; k++) {
      const four = <usize>load<u8>(restless + k);
      const at = weightLanes + (four << 8) + i;
      const sums = fours + (four << 6);
      const products = v128.load(sums);
      const squares = v128.load(sums, 16);
      const value = v128.load(at);
      const old = v128.load(at, codesAt);
      const w = f32x4.mul(value, value);
      const weighted = f32x4.mul(w, value);
      const otherProducts = f32x4.sub(products, f32x4.mul(weighted, old));
      const otherSquares = f32x4.sub(squares, f32x4.mul(f32x4.mul(w, old), old));
      const ideal = f32x4.div(f32x4.mul(value, otherSquares), otherProducts);
      const near = i32x4.sub(v128.and(f32x4.add(ideal, magics), mask), middle);
      const l = f32x4.pmin(high, f32x4.pmax(low, f32x4.convert_i32x4_s(near)));
      const isSame = v128.or(f32x4.eq(l, old), v128.load(sums, 32));
      if (i32x4.all_true(isSame)) continue;
      const nextProducts = f32x4.add(otherProducts, f32x4.mul(weighted, l));
      const nextSquares = f32x4.add(otherSquares, f32x4.mul(f32x4.mul(w, l), l));
      const gain = f32x4.mul(f32x4.mul(nextProducts, nextProducts), squares);
      const more = f32x4.gt(gain, f32x4.mul(f32x4.mul(products, products), nextSquares));
      const sound = v128.and(f32x4.gt(otherProducts, zeros), f32x4.gt(nextSquares, zeros));
      const moved = v128.andnot(v128.and(sound, more), isSame);
      v128.store(at, v128.bitselect(l, old, moved), codesAt);
      v128.store(sums, v128.bitselect(nextProducts, products, moved));
      v128.store(sums, v128.bitselect(nextSquares, squares, moved), 16);
      v128.store(sums, v128.or(v128.load(sums, 48), moved), 48);
    }
  let left: usize = 0;
  for (let k: usize = 0; k < count; k++) {
    const four = load<u8>(restless + k);
    store<u8>(restless + left, four);
    if (v128.any_true(v128.load(fours + ((<usize>four) << 6), 48))) left++;
  }
  return <i32>left;
}

/** `positiveScale` over `count` scales or minima of a super-block at x, weighed by `weights`; `trials` (8) f32, codes (count) u8. */
export function positiveScale(count: i32, qmax: i32, trials: usize, x: usize, weights: usize, codes: usize): f32 {
  let max: f32 = 0;
  for (let i = 0; i < count; i++) {
    const value = load<f32>(x + ((<usize>i) << 2));
    if (value > max) max = value;
  }
  if (max < <f32>1e-15) {
    memory.fill(codes, 0, count);
    return 0;
  }
  let inverse: f32 = <f32>qmax / max;
  const scale: f32 = 1 / inverse;
  let best: f32 = 0;
  for (let i = 0; i < count; i++) {
    const value = load<f32>(x + ((<usize>i) << 2));
    const code = nearestInteger(inverse * value) & 255;
    const difference: f32 = value - scale * <f32>code;
    best += load<f32>(weights + ((<usize>i) << 2)) * difference * difference;
  }
  for (let trial = 0; trial < 8; trial++) {
    const trialInverse: f32 = load<f32>(trials + ((<usize>trial) << 2)) / max;
    const trialScale: f32 = 1 / trialInverse;
    let error: f32 = 0;
    for (let i = 0; i < count; i++) {
      const value = load<f32>(x + ((<usize>i) << 2));
      const l = min(qmax, nearestInteger(trialInverse * value));
      const difference: f32 = value - trialScale * <f32>l;
      error += load<f32>(weights + ((<usize>i) << 2)) * difference * difference;
    }
    if (error < best) {
      best = error;
      inverse = trialInverse;
    }
  }
  let products: f32 = 0;
  let squares: f32 = 0;
  for (let i = 0; i < count; i++) {
    const value = load<f32>(x + ((<usize>i) << 2));
    const w = load<f32>(weights + ((<usize>i) << 2));
    const l = min(qmax, nearestInteger(inverse * value));
    store<u8>(codes + i, <u8>l);
    products += w * value * <f32>l;
    squares += w * <f32>l * <f32>l;
  }
  for (let round = 0; round < 5; round++) {
    let changed = false;
    for (let i = 0; i < count; i++) {
      const value = load<f32>(x + ((<usize>i) << 2));
      const w = load<f32>(weights + ((<usize>i) << 2));
      const weighted: f32 = w * value;
      const old = <f32>load<u8>(codes + i);
      let otherProducts: f32 = products - weighted * old;
      let otherSquares: f32 = squares - w * old * old;
      if (!(otherProducts > 0 && otherSquares > 0)) continue;
      const l = min(qmax, nearestInteger((value * otherSquares) / otherProducts));
      if (<f32>l == old) continue;
      otherProducts += weighted * <f32>l;
      otherSquares += w * <f32>l * <f32>l;
      if (!(otherProducts * otherProducts * squares > products * products * otherSquares)) continue;
      store<u8>(codes + i, <u8>l);
      products = otherProducts;
      squares = otherSquares;
      changed = true;
    }
    if (!changed) break;
  }
  return squares > 0 ? products / squares : 0;
}
