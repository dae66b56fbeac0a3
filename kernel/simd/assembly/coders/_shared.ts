/** What callers of the module share with it: where its tables lie, and numbers of its forms. */
export { CODES, LENGTHS, MOST_CODE_BITS, RESULTS, STREAMS } from "../_prefix/places";

/** States of the range coder (8) u32. */
export const STATES: usize = 0x18000;
/** How symbols take turns and share places. */
export const INTERLEAVING: usize = 0x18040;
/** Places of a symbol, and those before them (65,536, 2) u32. */
export const PLACES: usize = 0x100000;
/** The symbol of each place (65,536) u16. */
export const OWNERS_OF_PLACES: usize = 0x180000;
/** What divides by a number of places: one number for each, and one that says that they are there (65,537) u32. */
export const RECIPROCALS: usize = 0x1a0000;
/** Where the tables end: behind it lie the symbols and what they are coded in. */
export const TABLES_END: usize = 0x1f0000;

/** States of the range coder lie from here on, and begin here. */
export const LOWEST_STATE: u32 = 0x800000;

/** How symbols take turns among the states of the range coder, and share its places. */
@unmanaged
export class Interleaving {
  /** States, 1–8. */
  streams: i32;
  /** There are 2^bits places, 8 ≤ bits ≤ 16. */
  bits: u32;
}
