/** Where the coders module keeps its tables, behind those of the prefix codes; `coderPlaces` in kernel/simd/coders.ts has the same. */

/** States (8) u32. */
export const STATES: usize = 0x18000;
/** Places of a symbol, and those before them (65,536, 2) u32. */
export const PLACES: usize = 0x100000;
/** The symbol of each place (65,536) u16. */
export const OWNERS_OF_PLACES: usize = 0x180000;
