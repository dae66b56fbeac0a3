/** What callers of the module share with it: where its tables lie, and numbers of its forms. */
export { CODES, COUNTS, LENGTHS, MOST_CODE_BITS, RESULTS, STREAMS } from "../_prefix/places";

/** XXH64's four lanes (4) u64, or the hash of a call. */
export const HASH: usize = 0x11540;
/** Addresses of planes (8) u32. */
export const POINTERS: usize = 0x18000;
/** What a survey finds: (129) f64. */
export const SURVEY: usize = 0x18400;
/** Frequencies and cumulated frequencies of the range coder (256, 2) u32, and the symbol of each place (2^14) u8. */
export const FREQUENCIES: usize = 0x19000;
export const OWNERS: usize = 0x1a000;
/** Counts of two symbols one behind the other, two tables (2^16) u32; zero between calls. */
export const PAIR_COUNTS: usize = 0x80000;
/** Where the tables end: behind it lie the blocks that are worked on. */
export const TABLES_END: usize = 0x100000;

/** States of the range coder lie from here on, and begin here. */
export const LOWEST_RANGE_STATE: u32 = 0x10000;
/** A survey looks at the first 64 bytes of every 1024. */
export const SURVEY_STRIDE: i32 = 1024;
export const SURVEYED_BYTES: i32 = 64;
