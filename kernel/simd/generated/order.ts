// Written by scripts/seam.mjs from kernel/simd/assembly/order: change that, and run npm run build -- simd.

/** Buckets of float32 values: those whose patterns have the same upper 16 bits share one, and with it sign, exponent and seven digits. */
export const BUCKETS = 65536;
/** For each bucket (BUCKETS) u64: the sum of the lower 16 bits of its values' patterns, and 2^40 for each value. */
export const TOTALS = 65536;
/** How many values may be added up before the totals are full. */
export const MOST_ADDED = 16777215;
/** What becomes of each bucket: (BUCKETS) u8, or (BUCKETS) u16, as each function says. */
export const CHOICES = 589824;
/** First values of bins (256) f32, ascending. */
export const THRESHOLDS = 720896;
/** Where callers bring a piece of values, and where they find what becomes of it. */
export const PIECE = 16384;
export const INPUT = 721920;
export const OUTPUT = 787456;
export const END = 853056;

/** What the module exports. Arguments are addresses of its memory, counts and flags; a bool comes back as 0 or 1. */
export interface OrderModule {
  /** Adds the values to TOTALS. */
  addTotals(count: number): void;
  /** Writes the values of chosen buckets, in their order, to OUTPUT, and returns how many they are. CHOICES (BUCKETS) u8: 4 where a bucket is
   *  chosen, else 0. */
  pickChosen(count: number): number;
  /** Writes the bin of each value (count) u8 to OUTPUT: the last whose threshold is not above it. CHOICES (BUCKETS) u16: the lowest bin of the
   *  bucket's values, and 256 times the highest. */
  encodeBins(count: number): void;
}
