/** Order-0 empirical entropy: H = −Σ pᵢ·log2 pᵢ over the distinct symbols, pᵢ = nᵢ / n, in bits per symbol. No lossless coder
 *  that treats symbols one by one, without context, needs fewer. */

const denseSymbols = 1 << 22;

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

/** Which symbols occur, and how often. */
export interface CountedSymbols {
  /** Ascending. */
  readonly symbols: number[];
  /** How often each of `symbols` occurs, at least once. */
  readonly counts: number[];
}

/** How often each distinct integer occurs, by ascending symbol. */
export function countSymbols(codes: ArrayLike<number>): CountedSymbols {
  const type = Object.prototype.toString.call(codes);
  if (type === "[object Int8Array]") return fromDense(countBytes(codes as Int8Array), 128, -128);
  if (type === "[object Uint8Array]") return fromDense(countBytes(codes as Uint8Array), 0, 0);
  let minimum = Infinity;
  let maximum = -Infinity;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code < minimum) minimum = code;
    if (code > maximum) maximum = code;
  }
  if (codes.length === 0) return { symbols: [], counts: [] };
  if (maximum - minimum < denseSymbols) {
    const dense = new Uint32Array(maximum - minimum + 1);
    for (let i = 0; i < codes.length; i++) dense[codes[i] - minimum]++;
    return fromDense(dense, 0, minimum);
  }
  const seen = new Map<number, number>();
  for (let i = 0; i < codes.length; i++) seen.set(codes[i], (seen.get(codes[i]) ?? 0) + 1);
  const symbols = [...seen.keys()].sort((a, b) => a - b);
  return { symbols, counts: symbols.map((symbol) => seen.get(symbol) ?? 0) };
}

/** Counts of the bytes as unsigned numbers, in four tables by turns: equal neighbours do not wait for each other. */
function countBytes({ buffer, byteOffset, length }: Int8Array | Uint8Array): Uint32Array {
  const bytes = new Uint8Array(buffer, byteOffset, length);
  const counts = new Uint32Array(1024);
  const whole = length - (length % 4);
  for (let i = 0; i < whole; i += 4) {
    counts[bytes[i]]++;
    counts[256 + bytes[i + 1]]++;
    counts[512 + bytes[i + 2]]++;
    counts[768 + bytes[i + 3]]++;
  }
  for (let i = whole; i < length; i++) counts[bytes[i]]++;
  for (let symbol = 0; symbol < 256; symbol++)
    counts[symbol] += counts[256 + symbol] + counts[512 + symbol] + counts[768 + symbol];
  return counts.subarray(0, 256);
}

/** dense[(first + i) mod length] counts symbol least + i. */
function fromDense(dense: Uint32Array, first: number, least: number): CountedSymbols {
  const symbols: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < dense.length; i++) {
    const count = dense[(first + i) % dense.length];
    if (count === 0) continue;
    symbols.push(least + i);
    counts.push(count);
  }
  return { symbols, counts };
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
