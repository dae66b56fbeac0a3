/** Counts to frequencies that add up to a power of two, for coders that share out a table of M = 2^tableBits places.
 *
 *  Every count gets at least one place, and the whole costs least: Σ cᵢ·log2(M / fᵢ) is minimal over all integer f ≥ 1 with Σ fᵢ = M.
 *  What one more place saves, c·log2((f + 1) / f), falls with f; so places are given out one by one to the symbol where that saves
 *  most. The optimum gives no symbol fewer than c·(M − 2n) / Σc − ½ places (n symbols), which is where the giving out starts. */

/** Frequencies (n) with sum 2^tableBits for counts (n), each ≥ 1, n ≤ 2^tableBits. */
export function normalizeCounts(counts: readonly number[], tableBits: number): Uint32Array {
  const size = 2 ** tableBits;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const sure = Math.max(0, size - 2 * counts.length) / total;
  const frequencies = Uint32Array.from(counts, (count) => Math.max(1, Math.floor(count * sure - 0.5)));
  const queue = new PriceQueue(frequencies.length, (i) => counts[i] * Math.log2(frequencies[i] / (frequencies[i] + 1)));
  for (let left = size - frequencies.reduce((sum, f) => sum + f, 0); left > 0; left--) {
    frequencies[queue.first]++;
    queue.update();
  }
  return frequencies;
}

/** Σ cᵢ·log2(M / fᵢ) in bits: what the counts cost at these frequencies. */
export function costOf(counts: readonly number[], frequencies: Uint32Array, tableBits: number): number {
  return counts.reduce((sum, count, i) => sum + count * (tableBits - Math.log2(frequencies[i])), 0);
}

/** A binary heap of 0 … n − 1 by price; of equal prices the lower number comes first. */
class PriceQueue {
  private readonly heap: Uint32Array;
  private readonly prices: Float64Array;

  constructor(
    size: number,
    private readonly priceOf: (i: number) => number,
  ) {
    this.heap = Uint32Array.from({ length: size }, (_, i) => i);
    this.prices = Float64Array.from({ length: size }, (_, i) => priceOf(i));
    for (let at = (size >> 1) - 1; at >= 0; at--) this.sink(at);
  }

  get first(): number {
    return this.heap[0];
  }

  /** The price of the first has changed. */
  update(): void {
    this.prices[this.first] = this.priceOf(this.first);
    this.sink(0);
  }

  private isBefore(a: number, b: number): boolean {
    return this.prices[a] < this.prices[b] || (this.prices[a] === this.prices[b] && a < b);
  }

  private sink(from: number): void {
    const { heap } = this;
    const item = heap[from];
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.isBefore(heap[child + 1], heap[child])) child++;
      if (!this.isBefore(heap[child], item)) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = item;
  }
}
