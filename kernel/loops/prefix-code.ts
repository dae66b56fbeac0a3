/** Lengths and codes of a prefix code.
 *  Lengths: package–merge (Larmore & Hirschberg 1990), the least Σ nᵢ·lᵢ among all prefix codes with lᵢ ≤ L. At L levels the list
 *  of symbols by count is merged with the pairs ("packages") of the level below; of the last list the first 2n − 2 items are taken, and
 *  a symbol's length is the number of levels at which it is among the taken ones.
 *  Codes: canonical; shorter codes first, equal lengths by ascending symbol, each the successor of the one before. */

/** Code lengths for `counts` (each ≥ 1), none above `limit`; 2^limit must be at least their number. One symbol gets length 0. */
export function codeLengths(counts: readonly number[], limit: number): Uint8Array {
  const n = counts.length;
  const lengths = new Uint8Array(n);
  if (n < 2) return lengths;
  const order = Uint32Array.from(counts.keys()).sort((a, b) => counts[a] - counts[b] || a - b);
  const weights = Float64Array.from(order, (symbol) => counts[symbol]);
  const isPackage: Uint8Array[] = [];
  let below = new Float64Array(0);
  for (let level = 0; level < limit; level++) {
    const packages = below.length >> 1;
    const merged = new Float64Array(n + packages);
    const flags = new Uint8Array(n + packages);
    for (let i = 0, leaf = 0, pair = 0; i < merged.length; i++) {
      const sum = pair < packages ? below[2 * pair] + below[2 * pair + 1] : Infinity;
      if (leaf < n && weights[leaf] <= sum) merged[i] = weights[leaf++];
      else {
        merged[i] = sum;
        flags[i] = 1;
        pair++;
      }
    }
    isPackage.push(flags);
    below = merged;
  }
  for (let level = limit - 1, take = 2 * n - 2; level >= 0 && take > 0; level--) {
    let packages = 0;
    for (let i = 0; i < take; i++) packages += isPackage[level][i];
    for (let leaf = 0; leaf < take - packages; leaf++) lengths[order[leaf]]++;
    take = 2 * packages;
  }
  return lengths;
}

/** The canonical codes of given lengths; symbols of length 0 have none. The lengths must fill a prefix code (`kraftGap` 0). */
export function canonicalCodes(lengths: Uint8Array): Uint32Array {
  const perLength = new Uint32Array(33);
  for (const length of lengths) if (length > 0) perLength[length]++;
  const next = new Float64Array(33);
  for (let length = 1; length <= 32; length++)
    next[length] = (next[length - 1] + (length > 1 ? perLength[length - 1] : 0)) * 2;
  return Uint32Array.from(lengths, (length) => (length === 0 ? 0 : next[length]++));
}

/** 1 − Σ 2^−lᵢ over the symbols that have a code: 0 for a full prefix code, positive when codes are left over, negative when the
 *  lengths are impossible. Exact for lengths up to 31. */
export function kraftGap(lengths: Uint8Array): number {
  let gap = 1;
  for (const length of lengths) if (length > 0) gap -= 2 ** -length;
  return gap;
}

/** The lowest `length` bits of a code, the first one lowest. */
export function reverseBits(code: number, length: number): number {
  let reversed = 0;
  for (let k = 0; k < length; k++) reversed = (reversed << 1) | ((code >>> k) & 1);
  return reversed;
}
