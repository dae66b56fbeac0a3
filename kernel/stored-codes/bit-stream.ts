/** Codes of 1 to 8 bits that follow each other in 32-bit words, least significant bit first; a code may begin in one word and end in the next. */

/** Words that hold `count` codes. */
export function wordsFor(count: number, bits: number): number {
  return Math.ceil((count * bits) / 32);
}

/** Fills `codes` with the first ones of a stream whose words stand at `start`, `start + stride`, `start + 2·stride`, … */
export function unpackCodes(
  words: ArrayLike<number>,
  start: number,
  stride: number,
  bits: number,
  codes: Uint8Array | Int16Array,
): void {
  const mask = 2 ** bits - 1;
  for (let i = 0, word = start, shift = 0; i < codes.length; i++) {
    let code = words[word] >>> shift;
    shift += bits;
    if (shift >= 32) {
      word += stride;
      shift -= 32;
      if (shift > 0) code |= words[word] << (bits - shift);
    }
    codes[i] = code & mask;
  }
}
