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

const termOf = (count: number): number => count * Math.log2(count);
/** n·log2 n of small n, of which most values have one; not looked at for 0. */
const terms = Float64Array.from({ length: 256 }, (_, count) => termOf(count));

/** Entropy of the distinct float32 values, in bits per value; −0 and 0 are one value, and so are NaNs of equal bits.
 *
 *  So many more `zeros` are counted with them. The terms n·log2 n are added by ascending value. A value that occurs once adds nothing, so only repeated ones are counted. */
export function entropyOfValues(values: Float32Array, zeros = 0): number {
  const length = values.length + zeros;
  if (length === 0) return 0;
  let repeated = 0;
  const counts = loops.values.repeats(values, zeros);
  for (let i = 0; i < counts.length; i++) repeated += counts[i] < terms.length ? terms[counts[i]] : termOf(counts[i]);
  return Math.max(0, Math.log2(length) - repeated / length);
}
