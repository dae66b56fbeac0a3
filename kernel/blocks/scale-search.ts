/** Searches for the scale of a group of weights, in float32 with one rounding after each operation, and no fused multiply-add: the
 *  same results, bit for bit, as ggml's on x86-64. Source: ggml, src/ggml-quants.c (make_qx_quants, make_q3_quants, make_qkx2_quants,
 *  make_qkx3_quants, make_qp_quants).
 *
 *  The weighted squared error of w ≈ s·l with whole l is least, for given l, at s = Σ u·w·l / Σ u·l², where it falls by
 *  (Σ u·w·l)² / Σ u·l² (u: the error's weights). The searches try scales around the one that maps the largest weight to the end of the
 *  grid, round, and keep the best. */
import { clamp, nearestInteger, peakOf } from "./arithmetic";

const { abs, fround, min: least } = Math;

/** Groups whose weights are all smaller are taken for zero. */
export const zeroBelow = fround(1e-15);

const tenth = fround(0.1);

/** −(qmax + 0.1·k) for k = −9 … 9 without 0: numerators of the inverse scales tried by `symmetricScale`. */
export function symmetricTrials(qmax: number): Float32Array {
  const steps = Array.from({ length: 19 }, (_, i) => i - 9).filter((k) => k !== 0);
  return Float32Array.from(steps, (k) => -fround(qmax + fround(tenth * k)));
}

/** s with w ≈ s·(code − qmax), code ∈ [0, 2·qmax − 1]. The peak first goes to −qmax, then to −(qmax + 0.1k), |k| ≤ 9; a trial wins when
 *  it explains more. Writes the winner's codes. Zero groups give s = 0 and code 0. `trials`: symmetricTrials(qmax). All
 *  arrays begin with the first of the `count` weights. */
export function symmetricScale(
  count: number,
  qmax: number,
  trials: Float32Array,
  x: Float32Array,
  weights: Float32Array,
  codes: Uint8Array,
): number {
  const peak = peakOf(x, 0, count);
  if (abs(peak) < zeroBelow) {
    codes.fill(0, 0, count);
    return 0;
  }
  const low = -qmax;
  const high = qmax - 1;
  let inverse = fround(-qmax / peak);
  let products = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const value = x[i];
    const l = clamp(nearestInteger(fround(inverse * value)), low, high);
    codes[i] = l + qmax;
    const w = weights[i];
    products = fround(products + fround(fround(w * value) * l));
    squares = fround(squares + fround(fround(w * l) * l));
  }
  let scale = squares !== 0 ? fround(products / squares) : 0;
  let best = fround(scale * products);
  for (let trial = 0; trial < trials.length; trial++) {
    inverse = fround(trials[trial] / peak);
    products = 0;
    squares = 0;
    for (let i = 0; i < count; i++) {
      const value = x[i];
      const l = clamp(nearestInteger(fround(inverse * value)), low, high);
      const w = weights[i];
      products = fround(products + fround(fround(w * value) * l));
      squares = fround(squares + fround(fround(w * l) * l));
    }
    if (squares > 0 && fround(products * products) > fround(best * squares)) {
      for (let i = 0; i < count; i++) codes[i] = qmax + clamp(nearestInteger(fround(inverse * x[i])), low, high);
      scale = fround(products / squares);
      best = fround(scale * products);
    }
  }
  return scale;
}

const signedCodes = new Int8Array(256);

/** s with w ≈ s·(code − qmax), the error weighed by w²: from the scale that maps the peak to −qmax, up to five rounds in which each
 *  code in turn moves to where it explains most, the others held. */
export function descendedScale(count: number, qmax: number, x: Float32Array, codes: Uint8Array): number {
  const peak = peakOf(x, 0, count);
  if (abs(peak) < zeroBelow) {
    codes.fill(0, 0, count);
    return 0;
  }
  const inverse = fround(-qmax / peak);
  let products = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const value = x[i];
    const l = clamp(nearestInteger(fround(inverse * value)), -qmax, qmax - 1);
    signedCodes[i] = l;
    const w = fround(value * value);
    products = fround(products + fround(fround(w * value) * l));
    squares = fround(squares + fround(fround(w * l) * l));
  }
  for (let round = 0; round < 5; round++) {
    let changes = 0;
    for (let i = 0; i < count; i++) {
      const value = x[i];
      const old = signedCodes[i];
      const w = fround(value * value);
      const weighted = fround(w * value);
      let otherProducts = fround(products - fround(weighted * old));
      if (!(otherProducts > 0)) continue;
      let otherSquares = fround(squares - fround(fround(w * old) * old));
      const ideal = nearestInteger(fround(fround(value * otherSquares) / otherProducts));
      const l = clamp(ideal, -qmax, qmax - 1);
      if (l === old) continue;
      otherProducts = fround(otherProducts + fround(weighted * l));
      otherSquares = fround(otherSquares + fround(fround(w * l) * l));
      if (!(otherSquares > 0)) continue;
      if (!explainsMore(otherProducts, otherSquares, products, squares)) continue;
      signedCodes[i] = l;
      products = otherProducts;
      squares = otherSquares;
      changes++;
    }
    if (changes === 0) break;
  }
  for (let i = 0; i < count; i++) codes[i] = signedCodes[i] + qmax;
  return squares > 0 ? fround(products / squares) : 0;
}

/** products²/squares > oldProducts²/oldSquares, without division. */
function explainsMore(products: number, squares: number, oldProducts: number, oldSquares: number): boolean {
  return fround(fround(products * products) * oldSquares) > fround(fround(oldProducts * oldProducts) * squares);
}

/** A grid of `qmax` steps and the inverse scales (first + step·k + qmax) / (max − min), k = 0 … last, that `affineScale` tries. */
export interface AffineSearch {
  readonly qmax: number;
  readonly numerators: Float32Array;
  /** The error is Σ u·|w − w′| and not Σ u·(w − w′)². */
  readonly absolute: boolean;
}

export function affineSearch(qmax: number, first: number, step: number, last: number, absolute: boolean): AffineSearch {
  const [start, increment] = [fround(first), fround(step)];
  const numerators = Float32Array.from({ length: last + 1 }, (_, k) => fround(start + fround(increment * k)) + qmax);
  return { qmax, numerators, absolute };
}

const trialCodes = new Uint8Array(32);

/** s, and m ≥ 0 in minima[0], with w ≈ s·code − m, code ∈ [0, qmax]. From the grid between min(0, min w) and max w; each trial
 *  rounds by its inverse scale, fits s and m to the codes by weighted least squares (m = 0 where it would be negative), and wins when its
 *  error is less. The minimum of the last winner, and no longer that of the group, bounds the later trials, as in the reference.
 *  A constant group gives s = 0, code 0. */
export function affineScale(
  count: number,
  search: AffineSearch,
  x: Float32Array,
  weights: Float32Array,
  codes: Uint8Array,
  minima: Float32Array,
): number {
  const { qmax, numerators, absolute } = search;
  let min = x[0];
  let max = x[0];
  let sumW = weights[0];
  let sumX = fround(sumW * x[0]);
  for (let i = 1; i < count; i++) {
    const value = x[i];
    if (value < min) min = value;
    if (value > max) max = value;
    const w = weights[i];
    sumW = fround(sumW + w);
    sumX = fround(sumX + fround(w * value));
  }
  if (min > 0) min = 0;
  if (max === min) {
    codes.fill(0, 0, count);
    minima[0] = -min;
    return 0;
  }
  let inverse = fround(qmax / fround(max - min));
  let scale = fround(1 / inverse);
  let bestError = 0;
  for (let i = 0; i < count; i++) {
    const value = x[i];
    const l = clamp(nearestInteger(fround(inverse * fround(value - min))), 0, qmax);
    codes[i] = l;
    const difference = fround(fround(fround(scale * l) + min) - value);
    const error = absolute ? abs(difference) : fround(difference * difference);
    bestError = fround(bestError + fround(weights[i] * error));
  }
  for (let trial = 0; trial < numerators.length; trial++) {
    inverse = fround(numerators[trial] / fround(max - min));
    let sumL = 0;
    let sumL2 = 0;
    let sumXl = 0;
    for (let i = 0; i < count; i++) {
      const value = x[i];
      const l = clamp(nearestInteger(fround(inverse * fround(value - min))), 0, qmax);
      trialCodes[i] = l;
      const wl = fround(weights[i] * l);
      sumL = fround(sumL + wl);
      sumL2 = fround(sumL2 + fround(wl * l));
      sumXl = fround(sumXl + fround(wl * value));
    }
    const determinant = fround(fround(sumW * sumL2) - fround(sumL * sumL));
    if (!(determinant > 0)) continue;
    let trialScale = fround(fround(fround(sumW * sumXl) - fround(sumX * sumL)) / determinant);
    let trialMin = fround(fround(fround(sumL2 * sumX) - fround(sumL * sumXl)) / determinant);
    if (trialMin > 0) {
      trialMin = 0;
      trialScale = fround(sumXl / sumL2);
    }
    let trialError = 0;
    for (let i = 0; i < count; i++) {
      const difference = fround(fround(fround(trialScale * trialCodes[i]) + trialMin) - x[i]);
      const error = absolute ? abs(difference) : fround(difference * difference);
      trialError = fround(trialError + fround(weights[i] * error));
    }
    if (trialError < bestError) {
      for (let i = 0; i < count; i++) codes[i] = trialCodes[i];
      bestError = trialError;
      scale = trialScale;
      min = trialMin;
    }
  }
  minima[0] = -min;
  return scale;
}

/** (qmax + 0.1·k) for k = −4 … 4 without 0: numerators of the inverse scales tried by `positiveScale`. */
export function positiveTrials(qmax: number): Float32Array {
  const steps = Array.from({ length: 9 }, (_, i) => i - 4).filter((k) => k !== 0);
  return Float32Array.from(steps, (k) => fround(fround(tenth * k) + qmax));
}
const trialsOf: ReadonlyMap<number, Float32Array> = new Map([15, 63].map((qmax) => [qmax, positiveTrials(qmax)]));

/** s with x ≈ s·code for the scales or minima of a super-block (the few negative ones wrap as bytes do), code ∈ [0, qmax], qmax 15 or 63:
 *  the best of nine inverse scales by weighted squared error, then up to five rounds of moving one code at a time. */
export function positiveScale(
  count: number,
  qmax: number,
  x: Float32Array,
  codes: Uint8Array,
  weights: Float32Array,
): number {
  let max = 0;
  for (let i = 0; i < count; i++) if (x[i] > max) max = x[i];
  if (max < zeroBelow) {
    codes.fill(0, 0, count);
    return 0;
  }
  let inverse = fround(qmax / max);
  const scale = fround(1 / inverse);
  let bestError = 0;
  for (let i = 0; i < count; i++) {
    codes[i] = nearestInteger(fround(inverse * x[i]));
    const difference = fround(x[i] - fround(scale * codes[i]));
    bestError = fround(bestError + fround(fround(weights[i] * difference) * difference));
  }
  for (const numerator of trialsOf.get(qmax) ?? positiveTrials(qmax)) {
    const trialInverse = fround(numerator / max);
    const trialScale = fround(1 / trialInverse);
    let error = 0;
    for (let i = 0; i < count; i++) {
      const l = least(qmax, nearestInteger(fround(trialInverse * x[i])));
      const difference = fround(x[i] - fround(trialScale * l));
      error = fround(error + fround(fround(weights[i] * difference) * difference));
    }
    if (error < bestError) {
      bestError = error;
      inverse = trialInverse;
    }
  }
  let products = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const l = least(qmax, nearestInteger(fround(inverse * x[i])));
    codes[i] = l;
    products = fround(products + fround(fround(weights[i] * x[i]) * l));
    squares = fround(squares + fround(fround(weights[i] * l) * l));
  }
  for (let round = 0; round < 5; round++) {
    let changes = 0;
    for (let i = 0; i < count; i++) {
      const w = weights[i];
      const weighted = fround(w * x[i]);
      const old = codes[i];
      let otherProducts = fround(products - fround(weighted * old));
      let otherSquares = fround(squares - fround(fround(w * old) * old));
      if (!(otherProducts > 0 && otherSquares > 0)) continue;
      const l = least(qmax, nearestInteger(fround(fround(x[i] * otherSquares) / otherProducts)));
      if (l === old) continue;
      otherProducts = fround(otherProducts + fround(weighted * l));
      otherSquares = fround(otherSquares + fround(fround(w * l) * l));
      if (!explainsMore(otherProducts, otherSquares, products, squares)) continue;
      codes[i] = l;
      products = otherProducts;
      squares = otherSquares;
      changes++;
    }
    if (changes === 0) break;
  }
  return squares > 0 ? fround(products / squares) : 0;
}
