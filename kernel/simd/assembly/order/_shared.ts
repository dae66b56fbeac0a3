/** What callers of the module share with it. */

/** Buckets of float32 values: those whose patterns have the same upper 16 bits share one, and with it sign, exponent and seven digits. */
export const BUCKETS: i32 = 65536;
/** For each bucket (BUCKETS) u64: the sum of the lower 16 bits of its values' patterns, and 2^40 for each value. */
export const TOTALS: usize = 0x10000;
/** How many values may be added up before the totals are full. */
export const MOST_ADDED: i32 = 16777215;
/** What becomes of each bucket: (BUCKETS) u8, or (BUCKETS) u16, as each function says. */
export const CHOICES: usize = TOTALS + 8 * BUCKETS;
/** First values of bins (256) f32, ascending. */
export const THRESHOLDS: usize = CHOICES + 2 * BUCKETS;
/** Where callers bring a piece of values, and where they find what becomes of it. */
export const PIECE: i32 = 16384;
export const INPUT: usize = THRESHOLDS + 1024;
export const OUTPUT: usize = INPUT + 4 * PIECE;
export const END: usize = OUTPUT + 4 * PIECE + 64;
