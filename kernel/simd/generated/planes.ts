// Written by scripts/seam.mjs from kernel/simd/assembly/planes: change that, and run npm run build -- simd.

/** Longest code in bits. */
export const MOST_CODE_BITS = 11;
/** Streams that the codes of a plane or of a chunk lie in. */
export const STREAMS = 4;
/** Counts (256) u32, and behind them 3 × 256 u32 of scratch. */
export const COUNTS = 65536;
/** Codes (256) u32: bits of the code in 0–15, its length in 16–20. */
export const CODES = 69632;
/** Lengths of codes (256) u8. */
export const LENGTHS = 70656;
/** What a call gives back besides its result: up to 8 u32. */
export const RESULTS = 70912;
/** XXH64's four lanes (4) u64, or the hash of a call. */
export const HASH = 70976;
/** Addresses of planes (8) u32. */
export const POINTERS = 98304;
/** What a survey finds: (129) f64. */
export const SURVEY = 99328;
/** Frequencies and cumulated frequencies of the range coder (256, 2) u32, and the symbol of each place (2^14) u8. */
export const FREQUENCIES = 102400;
export const OWNERS = 106496;
/** Counts of two symbols one behind the other, two tables (2^16) u32; zero between calls. */
export const PAIR_COUNTS = 524288;
/** Where the tables end: behind it lie the blocks that are worked on. */
export const TABLES_END = 1048576;
/** States of the range coder lie from here on, and begin here. */
export const LOWEST_RANGE_STATE = 65536;
/** A survey looks at the first 64 bytes of every 1024. */
export const SURVEY_STRIDE = 1024;
export const SURVEYED_BYTES = 64;

/** What the module exports. Arguments are addresses of its memory, counts and flags; a bool comes back as 0 or 1. */
export interface PlanesModule {
  /** Counts of the byte values, (256) u32 at COUNTS. */
  histogram(from: number, length: number): void;
  /** Looks at 64 bytes of every 1024 of each of `parts` parts of `part` bytes, a multiple of 1024. At SURVEY (parts) f64: of each part Σ h²,
   *  h the counts of its byte values; behind them, from f64 `parts` on, Σ h² of all together. */
  survey(from: number, parts: number, part: number): void;
  /** XXH64 with seed 0, stored as u64 at `to`. */
  hash(from: number, length: number, to: number): void;
  /** Takes `length` bytes, a multiple of 32, into the four lanes (4) u64 at `lanes`. */
  hashStripes(from: number, length: number, lanes: number): void;
  /** Lengths (256) u8 at LENGTHS of the best prefix code for the counts at COUNTS, by package–merge; 0 for symbols that do not occur, and
   *  for a symbol alone. Returns the bits that the counts take; at RESULTS the number of symbols, the first and the last. */
  codeLengths(): number;
  /** The canonical codes (256) u32 at CODES, first bit lowest, of the lengths at LENGTHS, which fill a prefix code; 0 for length 0. */
  buildCodes(): void;
  /** Codes `length` symbols by the codes at CODES in four streams of ⌈length / 4⌉, one behind the other at `to`; their bytes at RESULTS.
   *  Returns the bytes of all. */
  encodeStreams(from: number, length: number, to: number): number;
  /** The decoding tables SINGLE and RUNS of the codes at CODES, whose lengths fill the code space. */
  buildTables(): void;
  /** Decodes the four streams that begin at the addresses (4) u32 at RESULTS into `length` symbols at `to`, and leaves there the bits that
   *  each took. */
  decodeStreams(to: number, length: number): void;
  /** Codes `length` symbols by FREQUENCIES (256) × (u32 f, u32 c); the words end at `end`, the states (4) u32 stand before them. Returns
   *  the address of the first state. */
  encodeRange(from: number, length: number, bits: number, end: number): number;
  /** Decodes `length` symbols from the states and words at `from`; the symbol of each place at OWNERS (2^bits) u8. At RESULTS the four
   *  states at the end. Returns the address behind the last word that was read. At most one word a symbol is read. */
  decodeRange(from: number, length: number, bits: number, to: number): number;
  /** Moves bytes; the ranges may overlap. On shared memory this is faster than what JavaScript has. */
  copy(from: number, to: number, length: number): void;
  fill(to: number, value: number, length: number): void;
  /** Elements (elements, width) u8 → planes (width, elements) u8 at `to`; those of two bytes and more rotated left by
   *  one bit first when asked. */
  split(from: number, to: number, elements: number, width: number, rotate: boolean): void;
  /** Planes, whose `width` addresses stand as u32 at `planes`, → elements; rotated right by one bit last when asked. */
  merge(planes: number, to: number, elements: number, width: number, rotate: boolean): void;
  /** Of records (records, stride) u8 the `length` bytes from `offset` on → (records, length) u8 at `to`. */
  gather(from: number, to: number, records: number, stride: number, offset: number, length: number): void;
  /** The inverse: (records, length) u8 → the bytes from `offset` on of records (records, stride) u8. */
  scatter(from: number, to: number, records: number, stride: number, offset: number, length: number): void;
  /** x ← x xor base, byte by byte. */
  exclusiveOr(x: number, base: number, length: number): void;
  /** Elements of `width` bytes: x ← fold(order(x) − order(base)). `order` of a float is the whole number that stands where the float stands
   *  among all floats, −x below 0 (two's complement); of others the number itself. fold(d) is 2d for d ≥ 0 and −2d − 1 below 0. */
  subtract(x: number, base: number, elements: number, width: number, float: boolean): void;
  /** The inverse: x ← order⁻¹(unfold(x) + order(base)). */
  add(x: number, base: number, elements: number, width: number, float: boolean): void;
}
