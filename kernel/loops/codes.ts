/** Loops over integer codes: how often each occurs, and codes in so many bits each as a stream of bytes and back. */
import { bytesForThreads } from "../bytes/array-memory";
import type { CodeArray } from "../grid/arrays";
import { countCodes, packBits, rangeOfCodes, unpackBits } from "../simd/measures";
import { isBytes, ownCodes } from "./own-codes";

/** How often each distinct integer occurs. */
export interface CountedSymbols {
  /** Ascending. */
  readonly symbols: number[];
  /** How often each of `symbols` occurs, at least once. */
  readonly counts: number[];
}

/** The ends of the integers that occur. */
export interface CodeRange {
  /** The least. */
  readonly low: number;
  /** The greatest. */
  readonly high: number;
}

/** Loops over integer codes. */
export interface CodeLoops {
  /** How often each distinct integer occurs, by ascending symbol. */
  count(codes: ArrayLike<number>): CountedSymbols;
  /** The least and the greatest of them; 0 and 0 of none. */
  range(codes: CodeArray): CodeRange;
  /** ⌈n·width/8⌉ bytes: code i less `first` in bits [i·width, (i+1)·width), least significant first; width 1–32, and every code less `first`
   *  fits. */
  pack(codes: CodeArray, width: number, first: number): Uint8Array;
  /** The inverse, into all of `codes`. */
  unpack(bytes: Uint8Array, width: number, first: number, codes: CodeArray): void;
}

const denseSymbols = 1 << 22;

/** The loops over codes, in plain TypeScript. */
export const plainCodes: CodeLoops = {
  count(codes) {
    const own = ownCodes(codes);
    if (isBytes(own)) {
      const first = own instanceof Int8Array ? 128 : 0;
      return fromDense(countBytes(own), first, -first);
    }
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
  },
  range(codes) {
    let low = codes.length === 0 ? 0 : codes[0];
    let high = low;
    for (let i = 0; i < codes.length; i++) {
      if (codes[i] < low) low = codes[i];
      else if (codes[i] > high) high = codes[i];
    }
    return { low, high };
  },
  pack(codes, width, first) {
    const bytes = emptyStream(codes.length, width);
    let held = 0;
    let heldBits = 0;
    let at = 0;
    for (let i = 0; i < codes.length; i++) {
      let number = codes[i] - first;
      // Byte by byte, so that nothing passes 32 bits.
      for (let left = width; left > 0; left -= 8) {
        const some = Math.min(8, left);
        held |= (number % 256) << heldBits;
        heldBits += some;
        number = Math.floor(number / 256);
        if (heldBits >= 8) {
          bytes[at++] = held;
          held >>>= 8;
          heldBits -= 8;
        }
      }
    }
    if (heldBits > 0) bytes[at] = held;
    return bytes;
  },
  unpack(bytes, width, first, codes) {
    let held = 0;
    let heldBits = 0;
    let at = 0;
    for (let i = 0; i < codes.length; i++) {
      let number = 0;
      for (let done = 0; done < width; done += 8) {
        const some = Math.min(8, width - done);
        if (heldBits < some) {
          held |= bytes[at++] << heldBits;
          heldBits += 8;
        }
        number += (held & ((1 << some) - 1)) * 2 ** done;
        held >>>= some;
        heldBits -= some;
      }
      codes[i] = number + first;
    }
  },
};

function emptyStream(codes: number, width: number): Uint8Array {
  return bytesForThreads(Math.ceil((codes * width) / 8));
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

/** The same by WebAssembly SIMD, but for codes of 16 bits, 32-bit codes that lie far apart, the range of
 *  others, and packing of more than 8 bits. */
export const fastCodes: CodeLoops = {
  count(codes) {
    // The kernels count bytes, and Int32 codes that lie near each other.
    const own = ownCodes(codes);
    return (own && countCodes(own)) ?? plainCodes.count(codes);
  },
  range(codes) {
    const own = ownCodes(codes);
    return own instanceof Int32Array ? rangeOfCodes(own) : plainCodes.range(codes);
  },
  pack(codes, width, first) {
    if (!isBytes(codes) || width > 8) return plainCodes.pack(codes, width, first);
    const bytes = emptyStream(codes.length, width);
    packBits(codes, width, first, bytes);
    return bytes;
  },
  unpack(bytes, width, first, codes) {
    if (isBytes(codes) && width <= 8) unpackBits(bytes, width, first, codes);
    else plainCodes.unpack(bytes, width, first, codes);
  },
};
