// Written by scripts/seam.mjs from kernel/simd/assembly/layers: change that, and run npm run build -- simd.

/** The stage: its first bytes are never given to arrays. */
export const STAGE = 65536;
export const LIST_BYTES = 16384;
/** Bytes between one list of a search and the next. */
export const LIST_STRIDE = 256;
/** Lists of numbers, tables and results, as each function says. */
export const LISTS = 65536;
/** Mean w² of rows (MOST_ROWS) f32. */
export const MEAN_SQUARES = 73728;
export const MOST_ROWS = 2000;
/** The parameters of calls that have many. */
export const GRID = 81728;
export const GROUP_TABLES = 81744;
export const RANKS = 81776;
export const BLOCK_SEARCH = 81792;
export const HQQ_GRID = 81808;
export const INTEGER_RANGE = 81824;
/** Bins of a histogram. */
export const BINS = 64;
/** Bytes of six tables (6, 256) u32 of counts of byte values and of their pairs. */
export const BYTE_TABLE_BYTES = 6144;
/** Slots u32 of a table of different values by their hash. */
export const VALUE_SLOTS = 1024;

/** Small floats of `encodeFloats`. */
export const SmallFloatFormat = {
  E4M3: 0,
  E5M2: 1,
  E2M1: 2,
} as const;

/** ggml's block types that the module makes and reads. */
export const BlockType = {
  Q4_0: 0,
  Q4_1: 1,
  Q5_0: 2,
  Q5_1: 3,
  Q8_0: 4,
  Q2_K: 5,
  Q3_K: 6,
  Q4_K: 7,
  Q5_K: 8,
  Q6_K: 9,
  IQ4_NL: 10,
  IQ4_XS: 11,
  TQ1_0: 12,
  TQ2_0: 13,
  MXFP4: 14,
  NVFP4: 15,
} as const;

/** A uniform grid of codes. */
export interface Grid {
  /** Bits of a code. */
  readonly bits: number;
  /** Codes are signed, and there is no zero point. */
  readonly symmetric: boolean;
  /** Scales are rounded upwards to numbers of float16. */
  readonly half: boolean;
}

/** Writes them to GRID, where the module's functions read them. `memory` is a view of all of its memory. */
export function setGrid(memory: DataView, { bits, symmetric, half }: Grid): void {
  memory.setInt32(GRID, bits, true);
  memory.setUint8(GRID + 4, Number(symmetric));
  memory.setUint8(GRID + 5, Number(half));
}

/** The inverse: what stands there. */
export function getGrid(memory: DataView): Grid {
  return {
    bits: memory.getInt32(GRID, true),
    symmetric: memory.getUint8(GRID + 4) !== 0,
    half: memory.getUint8(GRID + 5) !== 0,
  };
}

/** Addresses of what is known of each group; those of four groups may be written at a time. */
export interface GroupTables {
  /** Smallest and largest weight (groups, 2) f32. */
  readonly bounds: number;
  /** (groups) f32. */
  readonly scales: number;
  /** Zero points (groups) u8. */
  readonly zeros: number;
  /** (groups) u8: 1 where a code must be held within the grid, or where the scale is so small or large that its reciprocal is no good. */
  readonly flags: number;
  /** Squared errors (groups) f64; 0 where they are not wanted. */
  readonly errors: number;
}

/** Writes them to GROUP_TABLES, where the module's functions read them. `memory` is a view of all of its memory. */
export function setGroupTables(memory: DataView, { bounds, scales, zeros, flags, errors }: GroupTables): void {
  memory.setUint32(GROUP_TABLES, bounds, true);
  memory.setUint32(GROUP_TABLES + 4, scales, true);
  memory.setUint32(GROUP_TABLES + 8, zeros, true);
  memory.setUint32(GROUP_TABLES + 12, flags, true);
  memory.setUint32(GROUP_TABLES + 16, errors, true);
}

/** The inverse: what stands there. */
export function getGroupTables(memory: DataView): GroupTables {
  return {
    bounds: memory.getUint32(GROUP_TABLES, true),
    scales: memory.getUint32(GROUP_TABLES + 4, true),
    zeros: memory.getUint32(GROUP_TABLES + 8, true),
    flags: memory.getUint32(GROUP_TABLES + 12, true),
    errors: memory.getUint32(GROUP_TABLES + 16, true),
  };
}

/** Ranks of the lower and upper end of a range, 0 for the smallest: of full groups, and of a shorter last one. */
export interface Ranks {
  readonly low: number;
  readonly high: number;
  readonly lowRest: number;
  readonly highRest: number;
}

/** Writes them to RANKS, where the module's functions read them. `memory` is a view of all of its memory. */
export function setRanks(memory: DataView, { low, high, lowRest, highRest }: Ranks): void {
  memory.setInt32(RANKS, low, true);
  memory.setInt32(RANKS + 4, high, true);
  memory.setInt32(RANKS + 8, lowRest, true);
  memory.setInt32(RANKS + 12, highRest, true);
}

/** The inverse: what stands there. */
export function getRanks(memory: DataView): Ranks {
  return {
    low: memory.getInt32(RANKS, true),
    high: memory.getInt32(RANKS + 4, true),
    lowRest: memory.getInt32(RANKS + 8, true),
    highRest: memory.getInt32(RANKS + 12, true),
  };
}

/** What the searches of blocks go by. */
export interface BlockSearch {
  /** Length of the first list at LISTS; the second lies LIST_STRIDE bytes behind its beginning. */
  readonly trials: number;
  /** Address of the importance of a row's columns f32, or 0 for none: block b takes part (first + b) mod blocksInRow of it. */
  readonly importance: number;
  readonly blocksInRow: number;
  /** Place of the first block in its row. */
  readonly first: number;
}

/** Writes them to BLOCK_SEARCH, where the module's functions read them. `memory` is a view of all of its memory. */
export function setBlockSearch(memory: DataView, { trials, importance, blocksInRow, first }: BlockSearch): void {
  memory.setInt32(BLOCK_SEARCH, trials, true);
  memory.setUint32(BLOCK_SEARCH + 4, importance, true);
  memory.setInt32(BLOCK_SEARCH + 8, blocksInRow, true);
  memory.setInt32(BLOCK_SEARCH + 12, first, true);
}

/** The inverse: what stands there. */
export function getBlockSearch(memory: DataView): BlockSearch {
  return {
    trials: memory.getInt32(BLOCK_SEARCH, true),
    importance: memory.getUint32(BLOCK_SEARCH + 4, true),
    blocksInRow: memory.getInt32(BLOCK_SEARCH + 8, true),
    first: memory.getInt32(BLOCK_SEARCH + 12, true),
  };
}

/** The grid of half-quadratic quantization. */
export interface HqqGrid {
  /** Σ|error| before a call, and after it. */
  readonly total: number;
  /** The largest code. */
  readonly highest: number;
  /** Errors are smaller than this. */
  readonly limit: number;
}

/** Writes them to HQQ_GRID, where the module's functions read them. `memory` is a view of all of its memory. */
export function setHqqGrid(memory: DataView, { total, highest, limit }: HqqGrid): void {
  memory.setFloat64(HQQ_GRID, total, true);
  memory.setInt32(HQQ_GRID + 8, highest, true);
  memory.setFloat32(HQQ_GRID + 12, limit, true);
}

/** The inverse: what stands there. */
export function getHqqGrid(memory: DataView): HqqGrid {
  return {
    total: memory.getFloat64(HQQ_GRID, true),
    highest: memory.getInt32(HQQ_GRID + 8, true),
    limit: memory.getFloat32(HQQ_GRID + 12, true),
  };
}

/** Codes of `encodeIntegers` lie between these. */
export interface IntegerRange {
  readonly low: number;
  readonly high: number;
}

/** Writes them to INTEGER_RANGE, where the module's functions read them. `memory` is a view of all of its memory. */
export function setIntegerRange(memory: DataView, { low, high }: IntegerRange): void {
  memory.setInt32(INTEGER_RANGE, low, true);
  memory.setInt32(INTEGER_RANGE + 4, high, true);
}

/** The inverse: what stands there. */
export function getIntegerRange(memory: DataView): IntegerRange {
  return {
    low: memory.getInt32(INTEGER_RANGE, true),
    high: memory.getInt32(INTEGER_RANGE + 4, true),
  };
}

/** What the module exports. Arguments are addresses of its memory, counts and flags; a bool comes back as 0 or 1. */
export interface LayersModule {
  /** Packs `count` codes, less `first` each. Up to eight bytes behind the stream are written as well. */
  packBits(codes: number, count: number, width: number, first: number, to: number): void;
  /** Unpacks `count` codes, at most as many as the stream holds. Up to eight bytes behind the stream are read as well. */
  unpackBits(from: number, count: number, width: number, first: number, codes: number): void;
  /** The lists that the searches walk stand at LISTS, f32, of MXFP4 u32; where they begin in a row and what its importance is, BLOCK_SEARCH
   *  tells. `type` is one of BlockType. */
  encodeBlocks(type: number, x: number, blocks: number, bytes: number, codes: number): void;
  packBlocks(type: number, codes: number, blocks: number, bytes: number): void;
  unpackBlocks(type: number, bytes: number, blocks: number, codes: number): void;
  decodeBlocks(type: number, bytes: number, blocks: number, codes: number, out: number): void;
  /** Begins the counts anew. */
  clearBins(): void;
  /** Writes the counts of w (0) or w′ (1) to out (BINS + 2) u32: below, the bins, above. */
  binTotals(which: number, out: number): void;
  /** Writes Σ(w′ − w)², Σw², Σw′² and Σ w·w′ of the values `before` and `after` to out (5) f64, whose last number max|w′ − w| raises. Each sum is
   *  made of four, to which the values are added in turn, and which are added as (0 + 2) + (1 + 3). Returns how many values of `after` are 0.
   *  Unless `range` is 0, counts the values over BINS bins: minimum f64, bins per unit f64, maximum f64. */
  measureChange(before: number, after: number, count: number, range: number, out: number): number;
  /** w′ = scale·(q − z): scales (groups) f32; codes and zeros (groups) u8, or 0 for no zeros. One row of groups. */
  decodeUnsigned(codes: number, columns: number, group: number, scales: number, zeros: number, out: number): void;
  /** The same for codes and zeros i8. */
  decodeSigned(codes: number, columns: number, group: number, scales: number, zeros: number, out: number): void;
  /** w′ = value[q]·scale, q < 16: table (16) f32. One row of groups. */
  decodeSixteen(codes: number, columns: number, group: number, table: number, scales: number, out: number): void;
  /** w′ = value[q]·scale, q < 256: table (256) f32. One row of groups. */
  decodeTable(codes: number, columns: number, group: number, table: number, scales: number, out: number): void;
  /** w′ = scale·q for int32 codes. */
  decodeIntegers(codes: number, count: number, scale: number, out: number): void;
  /** Patterns of w/scale in a small float's format, one of SmallFloatFormat: one row of groups. */
  encodeFloats(format: number, weights: number, columns: number, group: number, scales: number, codes: number): void;
  /** q = rint(clamp(w/s + z, low, high)), one row of groups; zeros (groups) i8. The range stands at INTEGER_RANGE. */
  encodeIntegers(weights: number, columns: number, group: number, scales: number, zeros: number, codes: number): void;
  /** q = rint(w/step) as int32. Returns the largest |w/step|: beyond 2^22 the codes mean nothing. */
  encodeSteps(weights: number, count: number, step: number, codes: number): number;
  /** Codes of blocks of `group` weights, a multiple of 16, by the largest magnitude a of each: the number of midpoints (15) f32, from −1 to 1, below
   *  w·(1/a) is the place of the code among the codes (16) u8. The midpoints are the first list, the codes the second. A last block that is
   *  shorter has its own rule and is not done here.
   *
   *  Numbers are compared by their cells, eight at a time; sixteen of which one lies in a midpoint's own cell are compared as they are. */
  encodeSixteen(weights: number, blocks: number, group: number, largest: number, codes: number): void;
  hqqRound(weights: number, columns: number, group: number, inverses: number, zeros: number, next: number): number;
  /** Codes q of the formula above. */
  hqqCodes(weights: number, columns: number, group: number, inverses: number, zeros: number, codes: number): void;
  /** w′ = (q − z)·scale: scales (groups) f32, codes u8. */
  decodeHqq(codes: number, columns: number, group: number, scales: number, zeros: number, out: number): void;
  /** For one row of `columns` weights cut into stretches of `width`: the largest magnitude of each stretch raises its number in largest
   *  (⌈columns/width⌉) f32. */
  raiseLargest(weights: number, columns: number, width: number, largest: number): void;
  /** Codes u8 or i8 of `groups` groups of `group` weights, a multiple of 16, 512 at most, on the grid at GRID. The scales, the zero points and,
   *  where they are wanted, the squared errors go to the tables at GROUP_TABLES, each of which holds a multiple of four groups. Returns false
   *  when a weight is beyond 2^126 or a scale beyond float16: nothing that was written is valid then. */
  linearFixed(weights: number, groups: number, group: number, codes: number): number;
  /** Replaces the bounds that `linearRanges` gave by percentiles where these give a range: for symmetric grids of |w|, at both ends. One row of
   *  groups, whose number in the tables at GROUP_TABLES begins with `firstGroup`; the ranks stand at RANKS. `scratch`: (columns) f32. */
  percentileRanges(weights: number, columns: number, group: number, firstGroup: number, scratch: number): void;
  /** Scales and zero points of the grids of least squared error, one row of groups, whose number in the tables at GROUP_TABLES begins with
   *  `firstGroup`: the bounds that `linearRanges` gave are shrunk by each of the `coarseCount` coarse factors f64 at LISTS (a multiple of four,
   *  ended by repeats of the last), then by the best of them times each of the 16 fine factors f64 behind those. Returns false when a scale
   *  is beyond float16. */
  leastErrorGrids(weights: number, columns: number, group: number, firstGroup: number, coarseCount: number): number;
  /** Writes the smallest and the largest weight of each group to bounds (groups, 2) f32. No weight is NaN. */
  linearRanges(weights: number, rows: number, columns: number, group: number, bounds: number): void;
  /** Scales, zero points and flags of all groups from their bounds, on the grid at GRID, in the tables at GROUP_TABLES: each holds a multiple
   *  of four groups. Returns false when a range or a scale is too large: nothing else is valid then. */
  linearFit(groups: number): number;
  /** Codes (rows, columns) u8 or i8 for groups whose scales, zero points and flags `linearFit` gave. The squared error of each group,
   *  Σ(w′ − w)², is added to that in the tables, unless the address of these is 0. */
  linearEncode(weights: number, rows: number, columns: number, group: number, codes: number): void;
  /** The largest bit pattern of |x| among the values, as an integer. It is 0x7f800000 or more when a value is not finite. */
  largestBits(x: number, count: number): number;
  /** Copies the values below `low` to `below` and the others above `high` to `above`, in order; a number behind them is written as well. Writes four
   *  counts u32 to LISTS: of values at or below `low`, at or above `high`, below `low`, above `high`. */
  collectTails(x: number, count: number, low: number, high: number, below: number, above: number): void;
  /** Adds the counts of byte values to the tables (6, 256) u32 at LISTS: byte i to table i mod 4, but of whole stretches of 0 to 15, or of −8 to 7, to table 0,
   *  and, of stretches of 16 bytes of 0 to 15, the pairs to table 4, the first of a pair in the low half of its number, and of such of −8 to 7 to
   *  table 5, 8 added to each. */
  countBytes(x: number, count: number): void;
  /** Lowers and raises out (2) i32, the smallest and the largest number so far, by `count` int32. */
  rangeOfIntegers(x: number, count: number, out: number): void;
  /** Adds 1 to the number of each int32 value, less `first`, in one of four tables u32, `stride` bytes apart, by turns: equal neighbours do not wait
   *  for each other. A stride of 0 makes them one. */
  countIntegers(x: number, count: number, first: number, table: number, stride: number): void;
  /** Distinct values by their bits, −0 as 0, to `list`, of which there are `found` already; slots (VALUE_SLOTS) u32 holds their numbers plus one by
   *  hash, or 0. Returns how many there are, or −1 when there are more than `most` (at most 512). */
  distinctValues(x: number, count: number, slots: number, list: number, found: number, most: number): number;
  /** Adds 1 to the number of each value in table (65,536) u32: its place is the upper half of the value's bits under `mask`. */
  countUppers(x: number, count: number, mask: number, table: number): void;
  /** The same by the lower half, for the magnitudes whose upper half is `prefix`. */
  countLowers(x: number, count: number, prefix: number, table: number): void;
  /** Writes the mask of magnitudes that are not below `threshold`; of those that equal it the first go, as many as the u32 at LISTS says, which
   *  becomes how many of them are left. Returns how many weights stay. */
  maskBelow(x: number, count: number, threshold: number, mask: number): number;
  /** Copies the weights that stay to their places in `to`, and +0 to the others. */
  applyMask(x: number, mask: number, count: number, to: number): void;
  /** How many bytes of the mask are not 0. */
  countMask(mask: number, count: number): number;
  /** The mask with a bit for each weight, least significant first; the bits behind the last are 0. */
  packMask(mask: number, count: number, to: number): void;
  /** Copies the weights that stay, one behind the other. Returns how many there are; up to four numbers behind them are written as well. */
  gatherKept(x: number, mask: number, count: number, to: number): number;
  /** Adds 1 to the number of each value's bucket in ends (65,536) u32, zeros left out. */
  countBuckets(x: number, count: number, ends: number): void;
  /** Turns numbers of buckets into the places where they begin. Returns how many values there are in all. */
  beginBuckets(ends: number): number;
  /** Deals the lower halves u16 of the values' keys to `lower`, where their buckets' places are, zeros left out; the places move behind what was
   *  dealt. */
  dealLowers(x: number, count: number, ends: number, lower: number): void;
  /** Writes how often each repeated value occurs, 0 of either sign `zeros` times, to `out` u32, ascending by value, and returns how many there
   *  are. `out` may be 4 bytes or more in front of `lower`: a number takes the place of two halves that were read. `scratch` holds zeros,
   *  before and after: a bit for each half that was seen (8 KiB), one for each that was seen again (8 KiB), the numbers of the latter less one
   *  (65,536) u32; behind them the list of these (65,536) u16, which need not be zeros. */
  countRepeats(lower: number, ends: number, scratch: number, zeros: number, out: number): number;
}
