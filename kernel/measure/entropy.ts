/** Order-0 empirical entropy: H = −Σ pᵢ·log2 pᵢ over the distinct symbols, pᵢ = nᵢ / n, in bits per symbol. No lossless coder
 *  that treats symbols one by one, without context, needs fewer. */
import { sortValues } from "./order";

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

/** How often each distinct integer occurs, by ascending symbol. */
export function countSymbols(codes: ArrayLike<number>): { symbols: number[]; counts: number[] } {
  let minimum = Infinity;
  let maximum = -Infinity;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i];
    if (code < minimum) minimum = code;
    if (code > maximum) maximum = code;
  }
  const symbols: number[] = [];
  const counts: number[] = [];
  if (codes.length === 0) return { symbols, counts };
  if (maximum - minimum < denseSymbols) {
    const dense = new Uint32Array(maximum - minimum + 1);
    for (let i = 0; i < codes.length; i++) dense[codes[i] - minimum]++;
    for (let i = 0; i < dense.length; i++) {
      if (dense[i] === 0) continue;
      symbols.push(minimum + i);
      counts.push(dense[i]);
    }
    return { symbols, counts };
  }
  const seen = new Map<number, number>();
  for (let i = 0; i < codes.length; i++) seen.set(codes[i], (seen.get(codes[i]) ?? 0) + 1);
  for (const symbol of [...seen.keys()].sort((a, b) => a - b)) {
    symbols.push(symbol);
    counts.push(seen.get(symbol) ?? 0);
  }
  return { symbols, counts };
}

/** Entropy of integer codes, in bits per code; 0 for no codes. */
export function entropyOfCodes(codes: ArrayLike<number>): number {
  return entropyOfCounts(countSymbols(codes).counts);
}

/** Entropy of the distinct float32 values, in bits per value; −0 and 0 are one value. */
export function entropyOfValues(values: Float32Array): number {
  const sorted = sortValues(values);
  const counts: number[] = [];
  for (let start = 0, i = 1; i <= sorted.length; i++) {
    if (i < sorted.length && sorted[i] === sorted[start]) continue;
    counts.push(i - start);
    start = i;
  }
  return entropyOfCounts(counts);
}
