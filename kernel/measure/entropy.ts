/** Order-0 empirical entropy: H = −Σ pᵢ·log2 pᵢ over the distinct symbols, pᵢ = nᵢ / n, in bits per symbol. No lossless coder
 *  that treats symbols one by one, without context, needs fewer. */
import type { CountedSymbols } from "../loops/codes";
import { loops } from "../loops/loops";

export type { CountedSymbols };

/** Entropy of counts, in bits per symbol; zero counts are skipped; 0 when nothing was counted. */
export function entropyOfCounts(counts: Iterable<number>): number {
  let total = 0;
  let sum = 0;
  for (const count of counts) {
    if (count === 0) continue;
    total += count;
    sum += count * Math.log2(count);
  }
  return total === 0 ? 0 : Math.max(0, Math.log2(total) - sum / total);
}

/** How often each distinct integer occurs, by ascending symbol. */
export function countSymbols(codes: ArrayLike<number>): CountedSymbols {
  return loops.codes.count(codes);
}

/** Entropy of integer codes, in bits per code; 0 for no codes. */
export function entropyOfCodes(codes: ArrayLike<number>): number {
  return entropyOfCounts(countSymbols(codes).counts);
}

/** Entropy of the distinct float32 values, in bits per value; −0 and 0 are one value, and so are NaNs of equal bits.
 *
 *  The terms n·log2 n are added by ascending value. A value that occurs once adds nothing, so only repeated ones are put in order:
 *  values are dealt by the upper halves of their keys, and the lower halves counted within each. */
export function entropyOfValues(values: Float32Array): number {
  if (values.length === 0) return 0;
  const keys = keysOf(values);
  const repeated = keys.length <= countBySorting ? countSorted(keys.sort()) : countDealt(keys);
  return Math.max(0, Math.log2(values.length) - repeated / values.length);
}

const countBySorting = 4096;
const halves = 65_536;

/** Bits that order as the values do, −0 as 0. */
function keysOf(values: Float32Array): Uint32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const keys = new Uint32Array(values.length);
  for (let i = 0; i < keys.length; i++) {
    const b = bits[i] === 0x80000000 ? 0 : bits[i];
    keys[i] = b ^ ((b >> 31) | 0x80000000);
  }
  return keys;
}

/** Σ n·log2 n over the runs of equal keys. */
function countSorted(keys: Uint32Array): number {
  let sum = 0;
  for (let start = 0, i = 1; i <= keys.length; i++) {
    if (i < keys.length && keys[i] === keys[start]) continue;
    if (i - start > 1) sum += (i - start) * Math.log2(i - start);
    start = i;
  }
  return sum;
}

function countDealt(keys: Uint32Array): number {
  const ends = new Uint32Array(halves);
  for (let i = 0; i < keys.length; i++) ends[keys[i] >>> 16]++;
  for (let half = 0, start = 0; half < halves; half++) {
    const count = ends[half];
    ends[half] = start;
    start += count;
  }
  const lower = new Uint16Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    lower[ends[key >>> 16]++] = key;
  }
  const counts = new Uint32Array(halves);
  const again = new Uint16Array(halves);
  let sum = 0;
  for (let half = 0, start = 0; half < halves; half++) {
    const end = ends[half];
    let repeats = 0;
    for (let i = start; i < end; i++) if (++counts[lower[i]] === 2) again[repeats++] = lower[i];
    if (repeats > 1) again.subarray(0, repeats).sort();
    for (let i = 0; i < repeats; i++) sum += counts[again[i]] * Math.log2(counts[again[i]]);
    for (let i = start; i < end; i++) counts[lower[i]] = 0;
    start = end;
  }
  return sum;
}
