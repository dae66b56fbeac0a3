/** Accounting of storage. Bits are counted as stored: codes, scales, offsets, zero points, tables, masks, headers. */

/** Whole bytes that hold `bits`. */
export function bytesOfBits(bits: number): number {
  return Math.ceil(bits / 8);
}

/** Bits per weight; 0 for no weights. */
export function bitsPerWeight(bits: number, weights: number): number {
  return weights === 0 ? 0 : bits / weights;
}

/** Bits that one of `symbols` different things takes at a fixed length: ⌈log2 symbols⌉, exact for every count up to 2^53. */
export function bitsFor(symbols: number): number {
  let bits = 0;
  for (let reach = 1; reach < symbols; reach *= 2) bits++;
  return bits;
}
