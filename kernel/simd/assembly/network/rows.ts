/** What happens to rows between the products of a network: norms, turns by position, softmax, activations, sums. Every result depends on its
 *  own row alone. Sums run in float64 in ascending order. */

import { exponential, exponential4 } from "./_exponential";
import { Activation, SCORES, Scores } from "./_shared";

/** y = w·x / √(mean x² + epsilon) in each row of `width` floats; y may be x. */
export function rootMeanSquareNorm(x: usize, w: usize, y: usize, rows: i32, width: i32, epsilon: f32): void {
  for (let row = 0; row < rows; row++) {
    let sum: f64 = 0;
    for (let i = 0; i < width; i++) {
      const value = <f64>f32.load(x + ((<usize>i) << 2));
      sum += value * value;
    }
    const factor = <f32>(1 / Math.sqrt(sum / width + <f64>epsilon));
    for (let i = 0; i < width; i++) {
      const at = (<usize>i) << 2;
      f32.store(y + at, f32.load(w + at) * (f32.load(x + at) * factor));
    }
    x += (<usize>width) << 2;
    y += (<usize>width) << 2;
  }
}

/** y = w·(x − mean x) / √(var x + epsilon) + b in each row, with b behind w (2, width); y may be x. */
export function layerNorm(x: usize, w: usize, y: usize, rows: i32, width: i32, epsilon: f32): void {
  const bytes = (<usize>width) << 2;
  for (let row = 0; row < rows; row++) {
    let sum: f64 = 0;
    for (let at: usize = 0; at < bytes; at += 4) sum += <f64>f32.load(x + at);
    const mean = sum / width;
    let squares: f64 = 0;
    for (let at: usize = 0; at < bytes; at += 4) {
      const value = <f64>f32.load(x + at) - mean;
      squares += value * value;
    }
    const factor = 1 / Math.sqrt(squares / width + <f64>epsilon);
    for (let at: usize = 0; at < bytes; at += 4) {
      const value = <f32>((<f64>f32.load(x + at) - mean) * factor);
      f32.store(y + at, f32.load(w + at) * value + f32.load(w + bytes + at));
    }
    x += bytes;
    y += bytes;
  }
}

/** Adds a row b (width) to each row of x, which begins every `step` floats. */
export function addRow(x: usize, b: usize, rows: i32, width: i32, step: i32): void {
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) {
      const at = (<usize>i) << 2;
      f32.store(x + at, f32.load(x + at) + f32.load(b + at));
    }
    x += (<usize>step) << 2;
  }
}

/** x += y, both `count` floats. */
export function addAll(x: usize, y: usize, count: i32): void {
  const end = x + ((<usize>count) << 2);
  for (; x + 16 <= end; x += 16) {
    v128.store(x, f32x4.add(v128.load(x), v128.load(y)));
    y += 16;
  }
  for (; x < end; x += 4) {
    f32.store(x, f32.load(x) + f32.load(y));
    y += 4;
  }
}

/** Turns the pairs of one head in `rows` rows, which begin every `step` floats. Row r is turned by the angles of `table` (rows, pairs, 2), cosine
 *  and sine. A pair is (i, i + pairs), or (2i, 2i + 1) where `interleaved`. */
export function turn(x: usize, table: usize, rows: i32, pairs: i32, step: i32, interleaved: bool): void {
  const apart = interleaved ? <usize>4 : (<usize>pairs) << 2;
  const along = interleaved ? <usize>8 : <usize>4;
  for (let row = 0; row < rows; row++) {
    let at = x;
    for (let i = 0; i < pairs; i++) {
      const cosine = f32.load(table);
      const sine = f32.load(table, 4);
      const first = f32.load(at);
      const second = f32.load(at + apart);
      f32.store(at, first * cosine - second * sine);
      f32.store(at + apart, second * cosine + first * sine);
      at += along;
      table += 8;
    }
    x += (<usize>step) << 2;
  }
}

/** The softmax of scores in their place, as SCORES says; what a query does not see becomes 0. */
export function softmax(scores: usize): void {
  const form = changetype<Scores>(SCORES);
  const scale = form.scale;
  const cap = form.cap;
  for (let row = 0; row < form.rows; row++) {
    const place = form.place + row;
    const end = form.causal ? min(form.keys, place + 1) : form.keys;
    const begin = form.window > 0 ? max(0, place - form.window + 1) : 0;
    let greatest: f32 = -Infinity;
    for (let j = begin; j < end; j++) {
      const at = scores + ((<usize>j) << 2);
      let value = f32.load(at) * scale;
      if (cap > 0) value = cap * hyperbolicTangent(value / cap);
      f32.store(at, value);
      greatest = max(greatest, value);
    }
    let sum: f64 = 0;
    for (let j = begin; j < end; j++) {
      const at = scores + ((<usize>j) << 2);
      const value = exponential(f32.load(at) - greatest);
      f32.store(at, value);
      sum += <f64>value;
    }
    for (let j = 0; j < begin; j++) f32.store(scores + ((<usize>j) << 2), 0);
    for (let j = begin; j < end; j++) {
      const at = scores + ((<usize>j) << 2);
      f32.store(at, <f32>(<f64>f32.load(at) / sum));
    }
    for (let j = end; j < form.step; j++) f32.store(scores + ((<usize>j) << 2), 0);
    scores += (<usize>form.step) << 2;
  }
}

function hyperbolicTangent(x: f32): f32 {
  return <f32>Math.tanh(<f64>x);
}

/** x = f(x) of `count` floats. */
export function activate(x: usize, count: i32, kind: i32): void {
  const end = x + ((<usize>count) << 2);
  if (kind == Activation.SILU || kind == Activation.QUICK_GELU) {
    const factor = f32x4.splat(kind == Activation.SILU ? 1 : <f32>1.702);
    for (; x + 16 <= end; x += 16) v128.store(x, gated(v128.load(x), factor));
    for (; x < end; x += 4) f32.store(x, f32x4.extract_lane(gated(f32x4.splat(f32.load(x)), factor), 0));
    return;
  }
  for (; x < end; x += 4) f32.store(x, <f32>activated(<f64>f32.load(x), kind));
}

/** x·sigmoid(factor·x). */
function gated(x: v128, factor: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(x, f32x4.add(one, exponential4(f32x4.neg(f32x4.mul(factor, x)))));
}

function activated(x: f64, kind: i32): f64 {
  if (kind == Activation.GELU) return 0.5 * x * (1 + errorFunction(x * 0.7071067811865476));
  if (kind == Activation.GELU_TANH) {
    return 0.5 * x * (1 + Math.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
  }
  const positive = max(x, 0);
  return kind == Activation.RELU ? positive : positive * positive;
}

/** erf(x), by its Maclaurin series up to 3 and by the continued fraction of erfc beyond: error under 1e-15. */
function errorFunction(x: f64): f64 {
  const size = Math.abs(x);
  if (size > 6) return x < 0 ? -1 : 1;
  if (size < 3) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 80; n++) {
      term *= -(x * x) / n;
      const part = term / (2 * n + 1);
      sum += part;
      if (Math.abs(part) < 1e-17 * Math.abs(sum)) break;
    }
    return 1.1283791670955126 * sum;
  }
  let fraction: f64 = size;
  for (let n = 60; n >= 1; n--) fraction = size + (0.5 * n) / fraction;
  const rest = (Math.exp(-size * size) / fraction) * 0.5641895835477563;
  return x < 0 ? rest - 1 : 1 - rest;
}

/** x *= y, both `count` floats. */
export function multiplyAll(x: usize, y: usize, count: i32): void {
  const end = x + ((<usize>count) << 2);
  for (; x + 16 <= end; x += 16) {
    v128.store(x, f32x4.mul(v128.load(x), v128.load(y)));
    y += 16;
  }
  for (; x < end; x += 4) {
    f32.store(x, f32.load(x) * f32.load(y));
    y += 4;
  }
}

/** x = c·tanh(x / c) of `count` floats. */
export function capAll(x: usize, count: i32, cap: f32): void {
  for (let i = 0; i < count; i++) {
    const at = x + ((<usize>i) << 2);
    f32.store(at, cap * hyperbolicTangent(f32.load(at) / cap));
  }
}

/** The place of the first float that is a NaN or infinite; `count` where there is none. */
export function firstNonFinite(x: usize, count: i32): i32 {
  for (let i = 0; i < count; i++) {
    const value = f32.load(x + ((<usize>i) << 2));
    if (value - value != 0) return i;
  }
  return count;
}

/** Adds x² of `rows` rows to sums (width) f64, row after row; the result does not depend on how rows are cut. */
export function addSquares(x: usize, sums: usize, rows: i32, width: i32): void {
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) {
      const value = <f64>f32.load(x + ((<usize>i) << 2));
      const at = sums + ((<usize>i) << 3);
      f64.store(at, f64.load(at) + value * value);
    }
    x += (<usize>width) << 2;
  }
}
