/** What callers of the module share with it: the beginning of the stage, where lists and parameters lie, and numbers of forms. */

/** The stage: its first bytes are never given to arrays. */
export const STAGE: usize = 0x10000;
export const LIST_BYTES: i32 = 0x4000;
/** Bytes between one list of a search and the next. */
export const LIST_STRIDE: i32 = 256;
/** Lists of numbers, tables and results, as each function says. */
export const LISTS: usize = STAGE;
/** Mean w² of rows (MOST_ROWS) f32. */
export const MEAN_SQUARES: usize = LISTS + 8192;
export const MOST_ROWS: i32 = 2000;

/** The parameters of calls that have many. */
export const GRID: usize = MEAN_SQUARES + 8000;
export const GROUP_TABLES: usize = GRID + 16;
export const RANKS: usize = GROUP_TABLES + 32;
export const BLOCK_SEARCH: usize = RANKS + 16;
export const HQQ_GRID: usize = BLOCK_SEARCH + 16;
export const INTEGER_RANGE: usize = HQQ_GRID + 16;

/** Bins of a histogram. */
export const BINS: i32 = 64;
/** Bytes of six tables (6, 256) u32 of counts of byte values and of their pairs. */
export const BYTE_TABLE_BYTES: i32 = 6144;
/** Slots u32 of a table of different values by their hash. */
export const VALUE_SLOTS: i32 = 1024;

/** Small floats of `encodeFloats`. */
export enum SmallFloatFormat {
  E4M3,
  E5M2,
  E2M1,
}

/** ggml's block types that the module makes and reads. */
export enum BlockType {
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  Q8_0,
  Q2_K,
  Q3_K,
  Q4_K,
  Q5_K,
  Q6_K,
  IQ4_NL,
  IQ4_XS,
  TQ1_0,
  TQ2_0,
  MXFP4,
  NVFP4,
}

/** A uniform grid of codes. */
@unmanaged
export class Grid {
  /** Bits of a code. */
  bits: i32;
  /** Codes are signed, and there is no zero point. */
  symmetric: bool;
  /** Scales are rounded upwards to numbers of float16. */
  half: bool;
}

/** Addresses of what is known of each group; those of four groups may be written at a time. */
@unmanaged
export class GroupTables {
  /** Smallest and largest weight (groups, 2) f32. */
  bounds: usize;
  /** (groups) f32. */
  scales: usize;
  /** Zero points (groups) u8. */
  zeros: usize;
  /** (groups) u8: 1 where a code must be held within the grid, or where the scale is so small or large that its reciprocal is no good. */
  flags: usize;
  /** Squared errors (groups) f64; 0 where they are not wanted. */
  errors: usize;
}

/** Ranks of the lower and upper end of a range, 0 for the smallest: of full groups, and of a shorter last one. */
@unmanaged
export class Ranks {
  low: i32;
  high: i32;
  lowRest: i32;
  highRest: i32;
}

/** What the searches of blocks go by. */
@unmanaged
export class BlockSearch {
  /** Length of the first list at LISTS; the second lies LIST_STRIDE bytes behind its beginning. */
  trials: i32;
  /** Address of the importance of a row's columns f32, or 0 for none: block b takes part (first + b) mod blocksInRow of it. */
  importance: usize;
  blocksInRow: i32;
  /** Place of the first block in its row. */
  first: i32;
}

/** The grid of half-quadratic quantization. */
@unmanaged
export class HqqGrid {
  /** Σ|error| before a call, and after it. */
  total: f64;
  /** The largest code. */
  highest: i32;
  /** Errors are smaller than this. */
  limit: f32;
}

/** Codes of `encodeIntegers` lie between these. */
@unmanaged
export class IntegerRange {
  low: i32;
  high: i32;
}
