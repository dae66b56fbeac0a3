/** Where modules with prefix codes keep the tables of these, and the sizes of them. */

/** Longest code in bits. */
export const MOST_CODE_BITS: i32 = 11;
/** Streams that the codes of a plane or of a chunk lie in. */
export const STREAMS: i32 = 4;

/** Counts (256) u32, and behind them 3 × 256 u32 of scratch. */
export const COUNTS: usize = 0x10000;
/** Codes (256) u32: bits of the code in 0–15, its length in 16–20. */
export const CODES: usize = 0x11000;
/** Lengths of codes (256) u8. */
export const LENGTHS: usize = 0x11400;
/** What a call gives back besides its result: up to 8 u32. */
export const RESULTS: usize = 0x11500;
/** By the next 11 bits (2^11) u16: symbol + 256·length. */
export const SINGLE: usize = 0x12000;
/** By the next 11 bits (2^11) u64: in bytes 0–5 the symbols whose codes lie in them whole, in byte 6 their number, in 7 the bits used. */
export const RUNS: usize = 0x14000;
/** Scratch of the package–merge: at most 11 levels of 512. */
export const MERGING: usize = 0x20000;
/** Codes of two symbols one behind the other (2^16) u32: bits of the code in 0–26, its length in 27–31. Filled where symbols occur. */
export const PAIRS: usize = 0x40000;
