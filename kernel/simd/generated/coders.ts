// Written by scripts/seam.mjs from kernel/simd/assembly/coders: change that, and run npm run build -- simd.

/** Longest code in bits. */
export const MOST_CODE_BITS = 11;
/** Streams that the codes of a plane or of a chunk lie in. */
export const STREAMS = 4;
/** Codes (256) u32: bits of the code in 0–15, its length in 16–20. */
export const CODES = 69632;
/** Lengths of codes (256) u8. */
export const LENGTHS = 70656;
/** What a call gives back besides its result: up to 8 u32. */
export const RESULTS = 70912;
/** States of the range coder (8) u32. */
export const STATES = 98304;
/** How symbols take turns and share places. */
export const INTERLEAVING = 98368;
/** Places of a symbol, and those before them (65,536, 2) u32. */
export const PLACES = 1048576;
/** The symbol of each place (65,536) u16. */
export const OWNERS_OF_PLACES = 1572864;
/** What divides by a number of places: one number for each, and one that says that they are there (65,537) u32. */
export const RECIPROCALS = 1703936;
/** Where the tables end: behind it lie the symbols and what they are coded in. */
export const TABLES_END = 2031616;
/** States of the range coder lie from here on, and begin here. */
export const LOWEST_STATE = 8388608;

/** How symbols take turns among the states of the range coder, and share its places. */
export interface Interleaving {
  /** States, 1–8. */
  readonly streams: number;
  /** There are 2^bits places, 8 ≤ bits ≤ 16. */
  readonly bits: number;
}

/** Writes them to INTERLEAVING, where the module's functions read them. `memory` is a view of all of its memory. */
export function setInterleaving(memory: DataView, { streams, bits }: Interleaving): void {
  memory.setInt32(INTERLEAVING, streams, true);
  memory.setUint32(INTERLEAVING + 4, bits, true);
}

/** The inverse: what stands there. */
export function getInterleaving(memory: DataView): Interleaving {
  return {
    streams: memory.getInt32(INTERLEAVING, true),
    bits: memory.getUint32(INTERLEAVING + 4, true),
  };
}

/** What the module exports. Arguments are addresses of its memory, counts and flags; a bool comes back as 0 or 1. */
export interface CodersModule {
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
  /** Places of `count` integers i32 at `from`, less `least`, in the table u16 at OWNERS_OF_PLACES, to (count) u16. */
  placeIntegers(from: number, count: number, least: number, to: number): void;
  /** Codes `length` symbols (length) u16 at `from` from the last to the first, which stands on state `lane` first, then the one before it. The
   *  bytes end at `end`; returns where they begin. PLACES (65,536) × (u32 places, u32 places before). */
  encodeSymbols(from: number, length: number, lane: number, end: number): number;
  /** Decodes `length` symbols to (length) u16 at `to`, the first on state `lane`, from bytes `from` to `end`; the symbol of each place at
   *  OWNERS_OF_PLACES (2^bits) u16. Returns where the bytes go on, or 0 when they end too early. */
  decodeSymbols(from: number, end: number, to: number, length: number, lane: number): number;
}
