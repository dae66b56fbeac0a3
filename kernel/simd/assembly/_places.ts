/** Where the planes module keeps its tables; `places` in kernel/simd/planes.ts has the same numbers. */

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
/** Addresses of planes (8) u32. */
export const POINTERS: usize = 0x18000;
/** What a survey finds: (2, 64) f64. */
export const SURVEY: usize = 0x18400;
/** Frequencies and cumulated frequencies of the range coder (256, 2) u32, and the symbol of each place (2^14) u8. */
export const FREQUENCIES: usize = 0x19000;
export const OWNERS: usize = 0x1a000;
/** Scratch of the package–merge: at most 11 levels of 512. */
export const MERGING: usize = 0x20000;
/** Codes of two symbols one behind the other (2^16) u32: bits of the code in 0–26, its length in 27–31. Filled where symbols occur. */
export const PAIRS: usize = 0x40000;
/** Counts of two symbols one behind the other, two tables (2^16) u32; zero between calls. */
export const PAIR_COUNTS: usize = 0x80000;
