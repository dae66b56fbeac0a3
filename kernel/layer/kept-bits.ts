/** Which weights of a layer pruning left, a bit for each: an eighth of what a byte for each would take. */
import { loops } from "../loops/loops";
import { emptyCodes, typeOfCodes } from "../stored/packed-codes";
import type { CodeArray } from "../quantize/quantizer";

/** For each byte of bits, its eight bytes of 0 and 1 as one number of eight bytes; none of them is a NaN. */
const spreadBits = (() => {
  const bytes = new Uint8Array(8 * 256);
  for (let i = 0; i < bytes.length; i++) bytes[i] = ((i >> 3) >> (i & 7)) & 1;
  return new Float64Array(bytes.buffer);
})();

/** How many bits of a byte are set. */
const bitsIn = (() => {
  const counts = new Uint8Array(256);
  for (let byte = 1; byte < counts.length; byte++) counts[byte] = counts[byte >> 1] + (byte & 1);
  return counts;
})();

/** The bits, all 0 at first. */
export class KeptBits {
  /** As `packMask` packs them. */
  readonly bits: Uint8Array<ArrayBuffer>;

  /** For so many weights. */
  constructor(readonly length: number) {
    this.bits = new Uint8Array(Math.ceil(length / 8));
  }

  /** Sets the bits from weight `start` on by the bytes of a mask. */
  set(start: number, mask: Uint8Array): void {
    const end = start + mask.length;
    if (start % 8 === 0 && (mask.length % 8 === 0 || end === this.length)) {
      this.bits.set(loops.pruning.pack(mask), start / 8);
      return;
    }
    for (let i = start; i < end; i++) {
      const bit = 1 << (i & 7);
      if (mask[i - start] !== 0) this.bits[i >> 3] |= bit;
      else this.bits[i >> 3] &= ~bit;
    }
  }

  /** A byte for each of the weights [start, end), in the job's memory. */
  mask(start: number, end: number): Uint8Array {
    const mask = loops.memory.bytes(end - start);
    const whole = start % 8 === 0 && mask.byteOffset % 8 === 0 ? mask.length >> 3 : 0;
    const eights = new Float64Array(mask.buffer, whole > 0 ? mask.byteOffset : 0, whole);
    for (let i = 0; i < whole; i++) eights[i] = spreadBits[this.bits[(start >> 3) + i]];
    for (let i = 8 * whole; i < mask.length; i++) mask[i] = (this.bits[(start + i) >> 3] >> ((start + i) & 7)) & 1;
    return mask;
  }

  /** How many of the weights [start, end) stay; `start` is a multiple of 8. */
  count(start: number, end: number): number {
    const whole = end >> 3;
    let count = 0;
    for (let i = start >> 3; i < whole; i++) count += bitsIn[this.bits[i]];
    return (end & 7) === 0 ? count : count + bitsIn[this.bits[whole] & ((1 << (end & 7)) - 1)];
  }

  /** The codes of those that stay, `kept` of them. */
  gather(codes: CodeArray, kept: number): CodeArray {
    const into = emptyCodes(typeOfCodes(codes), kept);
    let next = 0;
    for (let i = 0; i < codes.length; i++) if ((this.bits[i >> 3] >> (i & 7)) & 1) into[next++] = codes[i];
    return into;
  }
}
