/** Viterbi's algorithm of trellis-coded quantization, 8 to 256 states, four of them at a time; see quantize/trellis.ts and loops/trellis.ts.
 *
 *  With S states the least sums of squares stand as S float32. The state before t, by an even code, is 2t for t < S/2 and an odd number
 *  for the others: E, the sums of even states, decides the lower half of the new states, O the upper half:
 *    a[t] = min(E[t] + d₀, E[t ⊕ flip] + d₂)        new sum of state t
 *    b[t] = min(O[t] + d₁, O[t ⊕ flip] + d₃)        new sum of state S/2 + (t ⊕ turn)
 *  where 0 ≤ t < S/2 and dⱼ is the squared distance to the nearest level of subset j. */

import { AUTOMATON, Automaton, SUMS } from "./_shared";

/** Lane i takes lane i ⊕ by, 0 ≤ by < 4. */
function exchanged(a: v128, by: i32): v128 {
  if (by == 1) return i32x4.shuffle(a, a, 1, 0, 3, 2);
  if (by == 2) return i32x4.shuffle(a, a, 2, 3, 0, 1);
  if (by == 3) return i32x4.shuffle(a, a, 3, 2, 1, 0);
  return a;
}

/** Twice the nearest level of subset j to t. */
function level(t: f32, subset: f32): f32 {
  return 4 * nearest<f32>((t - subset * <f32>0.5) * <f32>0.5) + subset;
}

/** Squared distances to the nearest level of subsets 0, 1, 2, 3, one in each lane. */
function distances(t: f32): v128 {
  const all = f32x4.splat(t);
  const halves = f32x4.replace_lane(f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(0), 1, 0.5), 2, 1), 3, 1.5);
  const levels = f32x4.nearest(f32x4.mul(f32x4.sub(all, halves), f32x4.splat(0.5)));
  // level / 2 = 2·nearest + j/2, exact: twice as in the plain form.
  const d = f32x4.sub(all, f32x4.add(f32x4.add(levels, levels), halves));
  return f32x4.mul(d, d);
}

/** Codes (count) i32 of weights (count) f32 by the automaton at AUTOMATON. `chosen`: scratch of count·states/8 bytes, in which bit s of
 *  weight i is 1 where an odd code leads to state s best. */
export function encode(weights: usize, count: i32, step: f32, chosen: usize, codes: usize): void {
  const states = changetype<Automaton>(AUTOMATON).states;
  const flip = changetype<Automaton>(AUTOMATON).flip;
  const turn = changetype<Automaton>(AUTOMATON).turn;
  const last = states == 8 ? forward8(weights, count, step, chosen) : forward(weights, count, step, chosen);
  const bytes = <usize>(states >> 3);
  const half = states >> 1;
  let state = last;
  for (let i = count - 1; i >= 0; i--) {
    const byte = <i32>load<u8>(chosen + <usize>i * bytes + <usize>(state >> 3));
    const isOdd = (byte >> (state & 7)) & 1;
    let into = isOdd ? state ^ flip : state;
    const grid = into >= half ? 1 : 0;
    if (grid) into = (into - half) ^ turn;
    state = 2 * into + grid;
    const t = load<f32>(weights + 4 * <usize>i) / step;
    const subset = 2 * isOdd + grid;
    store<i32>(codes + 4 * <usize>i, (<i32>level(t, <f32>subset) - grid) >> 1);
  }
}

/** Eight states (flip 1, turn 2), their sums in two vectors all the way. Returns the state of least sum. */
function forward8(weights: usize, count: i32, step: f32, chosen: usize): i32 {
  let low = f32x4.replace_lane(f32x4.splat(Infinity), 0, 0);
  let high = f32x4.splat(Infinity);
  for (let i = 0; i < count; i++) {
    const d = distances(load<f32>(weights + 4 * <usize>i) / step);
    const e = i32x4.shuffle(low, high, 0, 2, 4, 6);
    const o = i32x4.shuffle(low, high, 1, 3, 5, 7);
    const evenA = f32x4.add(e, i32x4.shuffle(d, d, 0, 0, 0, 0));
    const oddA = f32x4.add(i32x4.shuffle(e, e, 1, 0, 3, 2), i32x4.shuffle(d, d, 2, 2, 2, 2));
    // The upper half in the order of its own states: lanes turned by 2, and flipped by 1 for odd codes.
    const evenB = f32x4.add(i32x4.shuffle(o, o, 2, 3, 0, 1), i32x4.shuffle(d, d, 1, 1, 1, 1));
    const oddB = f32x4.add(i32x4.shuffle(o, o, 3, 2, 1, 0), i32x4.shuffle(d, d, 3, 3, 3, 3));
    low = f32x4.pmin(evenA, oddA);
    high = f32x4.pmin(evenB, oddB);
    const bits = i32x4.bitmask(f32x4.lt(oddA, evenA)) | (i32x4.bitmask(f32x4.lt(oddB, evenB)) << 4);
    store<u8>(chosen + <usize>i, <u8>bits);
    if ((i & 63) == 63) {
      const least = f32x4.splat(leastLane(f32x4.min(low, high)));
      low = f32x4.sub(low, least);
      high = f32x4.sub(high, least);
    }
  }
  v128.store(SUMS, low);
  v128.store(SUMS, high, 16);
  return leastOf(SUMS, 8);
}

/** Sixteen states or more. */
function forward(weights: usize, count: i32, step: f32, chosen: usize): i32 {
  const states = changetype<Automaton>(AUTOMATON).states;
  const flip = changetype<Automaton>(AUTOMATON).flip;
  const turn = changetype<Automaton>(AUTOMATON).turn;
  const sums = SUMS;
  const bytes = <usize>(states >> 3);
  const half = <usize>(states << 1); // bytes of half of the sums
  const flipLanes = flip & 3;
  const flipBytes = <usize>((flip & ~3) << 2);
  const turnLanes = turn & 3;
  const turnBytes = <usize>((turn & ~3) << 2);
  const evens = sums + 2 * half;
  const odds = evens + half;
  for (let at: usize = 0; at < 2 * half; at += 4) store<f32>(sums + at, Infinity);
  store<f32>(sums, 0);
  for (let i = 0; i < count; i++) {
    const d = distances(load<f32>(weights + 4 * <usize>i) / step);
    const d0 = i32x4.shuffle(d, d, 0, 0, 0, 0);
    const d1 = i32x4.shuffle(d, d, 1, 1, 1, 1);
    const d2 = i32x4.shuffle(d, d, 2, 2, 2, 2);
    const d3 = i32x4.shuffle(d, d, 3, 3, 3, 3);
    for (let at: usize = 0; at < half; at += 16) {
      const low = v128.load(sums + 2 * at);
      const high = v128.load(sums + 2 * at, 16);
      v128.store(evens + at, i32x4.shuffle(low, high, 0, 2, 4, 6));
      v128.store(odds + at, i32x4.shuffle(low, high, 1, 3, 5, 7));
    }
    const bits = chosen + <usize>i * bytes;
    for (let at: usize = 0; at < half; at += 32) {
      const a = lower(evens, at, flipBytes, flipLanes, d0, d2, sums);
      const b = lower(evens, at + 16, flipBytes, flipLanes, d0, d2, sums);
      store<u8>(bits + (at >> 5), <u8>(a | (b << 4)));
      const c = upper(odds, at, flipBytes, flipLanes, turnBytes, turnLanes, d1, d3, sums + half);
      const e = upper(odds, at + 16, flipBytes, flipLanes, turnBytes, turnLanes, d1, d3, sums + half);
      store<u8>(bits + (bytes >> 1) + (at >> 5), <u8>(c | (e << 4)));
    }
    if ((i & 63) == 63) renormalize(sums, 2 * half);
  }
  return leastOf(sums, states);
}

/** The new sums of four states of the lower half; which of them an odd code reached, as four bits. */
function lower(evens: usize, at: usize, flipBytes: usize, flipLanes: i32, d0: v128, d2: v128, next: usize): i32 {
  const even = f32x4.add(v128.load(evens + at), d0);
  const odd = f32x4.add(exchanged(v128.load(evens + (at ^ flipBytes)), flipLanes), d2);
  const isOdd = f32x4.lt(odd, even);
  v128.store(next + at, v128.bitselect(odd, even, isOdd));
  return i32x4.bitmask(isOdd);
}

/** The same for the upper half: four states in their places after the turn. */
function upper(
  odds: usize,
  at: usize,
  flipBytes: usize,
  flipLanes: i32,
  turnBytes: usize,
  turnLanes: i32,
  d1: v128,
  d3: v128,
  next: usize,
): i32 {
  const from = at ^ turnBytes;
  const even = f32x4.add(v128.load(odds + from), d1);
  const odd = f32x4.add(exchanged(v128.load(odds + (from ^ flipBytes)), flipLanes), d3);
  const isOdd = f32x4.lt(odd, even);
  v128.store(next + at, exchanged(v128.bitselect(odd, even, isOdd), turnLanes));
  return i32x4.bitmask(exchanged(isOdd, turnLanes));
}

function leastLane(a: v128): f32 {
  const b = f32x4.min(a, i32x4.shuffle(a, a, 2, 3, 0, 1));
  return f32x4.extract_lane(f32x4.min(b, i32x4.shuffle(b, b, 1, 0, 3, 2)), 0);
}

/** Takes the least sum from all. */
function renormalize(sums: usize, bytes: usize): void {
  let all = v128.load(sums);
  for (let at: usize = 16; at < bytes; at += 16) all = f32x4.min(all, v128.load(sums + at));
  const least = f32x4.splat(leastLane(all));
  for (let at: usize = 0; at < bytes; at += 16) v128.store(sums + at, f32x4.sub(v128.load(sums + at), least));
}

/** The state of least sum, the first of equals. */
function leastOf(sums: usize, states: i32): i32 {
  let best = 0;
  for (let state = 1; state < states; state++)
    if (load<f32>(sums + 4 * <usize>state) < load<f32>(sums + 4 * <usize>best)) best = state;
  return best;
}
