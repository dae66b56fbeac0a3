/** What a report says of a layer, by WebAssembly SIMD: the results have the bits of the plain loops in `kernel/loops`, which say what they are. */
import { BIN_SLOTS, BIN_TABLE_BYTES, BINS, BYTE_TABLE_BYTES, LISTS, VALUE_SLOTS } from "./generated/layers";
import { inPieces, layerFunctions, memoryBytes, memoryViews } from "./layer-memory";

/** Weights of a piece. */
const piece = 16_384;

/** True when no value is NaN or infinite. */
export function isFinite(values: Float32Array): boolean {
  const { largestBits } = layerFunctions();
  let largest = 0;
  inPieces(values.length, piece, [{ array: values, each: 1, use: "in" }], ([x], _first, count) => {
    largest = Math.max(largest, largestBits(x, count));
  });
  return largest < 0x7f800000;
}

/** Five sums of `measure/error.ts` (its fields, in order), how many values of `after` are 0, and, when a range is given, counts of both over
 *  64 bins: below, the bins, above. */
export interface Change {
  readonly squaredError: number;
  readonly squaredBefore: number;
  readonly squaredAfter: number;
  readonly product: number;
  readonly maxAbsError: number;
  readonly zeros: number;
  readonly binsBefore?: Float64Array;
  readonly binsAfter?: Float64Array;
}

export interface BinRange {
  readonly minimum: number;
  readonly maximum: number;
}

export const bins = BINS;

/** `undefined` when an error is not a number: sums of NaN are left to the plain loop. */
export function measureChange(before: Float32Array, after: Float32Array, range?: BinRange): Change | undefined {
  const { errorSums, countBins } = layerFunctions();
  const out = LISTS;
  const rangeAt = LISTS + 64;
  const [tablesBefore, tablesAfter] = [LISTS + 128, LISTS + 128 + BIN_TABLE_BYTES];
  const views = memoryViews();
  if (range) {
    views.doubles[rangeAt / 8] = range.minimum;
    views.doubles[rangeAt / 8 + 1] = bins / (range.maximum - range.minimum);
    views.doubles[rangeAt / 8 + 2] = range.maximum;
    views.bytes.fill(0, tablesBefore, tablesAfter + BIN_TABLE_BYTES);
  }
  const sums = new Float64Array(5);
  let zeros = 0;
  inPieces(
    before.length,
    piece,
    [
      { array: before, each: 1, use: "in" },
      { array: after, each: 1, use: "in" },
    ],
    ([w, v], _first, count) => {
      zeros += errorSums(w, v, count, out);
      const { doubles } = memoryViews();
      for (let k = 0; k < 4; k++) sums[k] += doubles[out / 8 + k];
      sums[4] = Math.max(sums[4], doubles[out / 8 + 4]);
      if (!range) return;
      countBins(w, count, rangeAt, tablesBefore);
      countBins(v, count, rangeAt, tablesAfter);
    },
  );
  if (Number.isNaN(sums[0])) return undefined;
  const [squaredError, squaredBefore, squaredAfter, product, maxAbsError] = sums;
  const shared = { squaredError, squaredBefore, squaredAfter, product, maxAbsError, zeros };
  return range ? { ...shared, binsBefore: sumTables(tablesBefore), binsAfter: sumTables(tablesAfter) } : shared;
}

/** The tables of four lanes as one. */
function sumTables(at: number): Float64Array {
  const counts = new Float64Array(bins + 2);
  const lanes = new Uint32Array(memoryBytes(at, BIN_TABLE_BYTES).slice().buffer);
  lanes.forEach((count, i) => {
    if (i % BIN_SLOTS < counts.length) counts[i % BIN_SLOTS] += count;
  });
  return counts;
}

/** Samples from which the ends of a range are guessed. */
const samples = 2048;

/** The values of rank `cut` and of rank n − 1 − cut (0 is the smallest) for a cut that is a small part of n; `undefined` where that takes
 *  sorting. Values beyond a guess are collected; the guess is from a sample, and the answer does not depend on it. */
export function extremeRanks(values: Float32Array, cut: number): { low: number; high: number } | undefined {
  const n = values.length;
  if (n < 4 * samples || cut > n / 256) return undefined;
  const sample = new Float32Array(samples);
  for (let i = 0; i < samples; i++) sample[i] = values[Math.floor((i * n) / samples)];
  sample.sort();
  // Three times as many beyond as are wanted, and some more.
  const guess = Math.ceil((3 * cut * samples) / n) + 4;
  const [low, high] = [sample[guess], sample[samples - 1 - guess]];
  if (!(low <= high)) return undefined;
  const { collectTails } = layerFunctions();
  const below = new Tail(24 * cut + 8192);
  const above = new Tail(24 * cut + 8192);
  const counts = new Uint32Array(memoryBytes(LISTS, 16).buffer, LISTS, 4);
  const operands = [
    { array: values, each: 1, use: "in" },
    { each: 4, use: "scratch" },
    { each: 4, use: "scratch" },
  ] as const;
  inPieces(n, piece, operands, ([x, belowAt, aboveAt], _first, count) => {
    collectTails(x, count, low, high, belowAt, aboveAt);
    below.add(belowAt, counts[2], counts[0]);
    above.add(aboveAt, counts[3], counts[1]);
  });
  const lowest = below.fromTheEnd(cut, low, false);
  const highest = above.fromTheEnd(cut, high, true);
  return lowest === undefined || highest === undefined ? undefined : { low: lowest, high: highest };
}

/** The values beyond an edge, and how many lie at or beyond it. */
class Tail {
  private readonly values: Float32Array;
  private length = 0;
  private reached = 0;

  constructor(most: number) {
    this.values = new Float32Array(most);
  }

  add(address: number, count: number, reached: number): void {
    this.reached += reached;
    if (this.length + count <= this.values.length)
      this.values.set(memoryViews().floats.subarray(address / 4, address / 4 + count), this.length);
    this.length += count;
  }

  /** The value number `rank` counted from the outer end; `undefined` where it is not beyond the edge, or too many are. */
  fromTheEnd(rank: number, edge: number, isUpper: boolean): number | undefined {
    if (this.length > this.values.length || this.reached <= rank) return undefined;
    if (this.length <= rank) return edge;
    const sorted = this.values.subarray(0, this.length).sort();
    return sorted[isUpper ? this.length - 1 - rank : rank];
  }
}

type CodeArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array;

export interface SymbolCounts {
  readonly symbols: number[];
  readonly counts: number[];
}

const mostIntegers = 1 << 16;

/** How often each distinct code occurs, by ascending code: of 8-bit codes, and of 32-bit codes that span at most 65,536 numbers; else
 *  `undefined`. */
export function countCodes(codes: CodeArray): SymbolCounts | undefined {
  if (codes instanceof Uint8Array || codes instanceof Int8Array) return countBytes(codes);
  return codes instanceof Int32Array && codes.length > 0 ? countIntegers(codes) : undefined;
}

function countBytes(codes: Uint8Array | Int8Array): SymbolCounts {
  const tables = LISTS;
  memoryBytes(tables, BYTE_TABLE_BYTES).fill(0);
  const { countBytes: count } = layerFunctions();
  inPieces(codes.length, 4 * piece, [{ array: codes, each: 1, use: "in" }], ([x], _first, some) =>
    count(x, some, tables),
  );
  const four = new Uint32Array(memoryBytes(tables, BYTE_TABLE_BYTES).buffer, tables, 1024);
  const first = codes instanceof Int8Array ? -128 : 0;
  return listCounts(first, 256, (symbol) => {
    const byte = symbol & 255;
    return four[byte] + four[byte + 256] + four[byte + 512] + four[byte + 768];
  });
}

function listCounts(first: number, length: number, countOf: (symbol: number) => number): SymbolCounts {
  const symbols: number[] = [];
  const counts: number[] = [];
  for (let symbol = first; symbol < first + length; symbol++) {
    const count = countOf(symbol);
    if (count === 0) continue;
    symbols.push(symbol);
    counts.push(count);
  }
  return { symbols, counts };
}

function countIntegers(codes: Int32Array): SymbolCounts | undefined {
  const { rangeOfIntegers, countIntegers: count } = layerFunctions();
  const ends = new Int32Array(memoryBytes(LISTS, 8).buffer, LISTS, 2);
  ends.fill(codes[0]);
  const operand = { array: codes, each: 1, use: "in" } as const;
  inPieces(codes.length, piece, [operand], ([x], _first, some) => rangeOfIntegers(x, some, LISTS));
  const [low, high] = ends;
  if (high - low >= mostIntegers) return undefined;
  const table = new Uint32Array(high - low + 1);
  inPieces(
    codes.length,
    piece,
    [operand, { array: table, each: table.length, use: "whole" }],
    ([x, at], first, some) => {
      count(x, some, low, at);
      // The last piece: what was counted is still on the stage.
      if (first + some === codes.length)
        table.set(new Uint32Array(memoryBytes(at, 4 * table.length).buffer, at, table.length));
    },
  );
  return listCounts(low, table.length, (symbol) => table[symbol - low]);
}

/** The different values, ascending, −0 as 0, when there are at most `most` (512 or fewer); else `undefined`. */
export function distinctValues(values: Float32Array, most: number): number[] | undefined {
  const { distinctValues: find } = layerFunctions();
  const [slots, list] = [LISTS, LISTS + 4 * VALUE_SLOTS];
  memoryBytes(slots, 4 * VALUE_SLOTS).fill(0);
  let found = 0;
  inPieces(values.length, piece, [{ array: values, each: 1, use: "in" }], ([x], _first, count) => {
    found = find(x, count, slots, list, found, most);
    return found >= 0 ? undefined : false;
  });
  if (found < 0) return undefined;
  return [...new Float32Array(memoryBytes(list, 4 * found).buffer, list, found)].sort((a, b) => a - b);
}

/** Codes less `first` as a stream of `width` bits each. */
export function packBits(codes: Uint8Array | Int8Array, width: number, first: number, bytes: Uint8Array): void {
  const { packBits: pack } = layerFunctions();
  // Pieces of eight codes end at whole bytes.
  const whole = codes.length - (codes.length % 8);
  inPieces(
    whole / 8,
    piece / 8,
    [
      { array: codes, each: 8, use: "in" },
      { array: bytes, each: width, use: "out" },
    ],
    ([from, to], _first, count) => pack(from, 8 * count, width, first, to),
  );
  const rest = codes.length - whole;
  if (rest === 0) return;
  inPieces(
    1,
    1,
    [
      { array: codes.subarray(whole), each: rest, use: "in" },
      { each: 16, use: "scratch" },
    ],
    ([from, to]) => {
      pack(from, rest, width, first, to);
      bytes.set(memoryBytes(to, Math.ceil((rest * width) / 8)), (whole * width) / 8);
    },
  );
}

/** The inverse. */
export function unpackBits(bytes: Uint8Array, width: number, first: number, codes: Uint8Array | Int8Array): void {
  const { unpackBits: unpack } = layerFunctions();
  const whole = codes.length - (codes.length % 8);
  inPieces(
    whole / 8,
    piece / 8,
    [
      { array: bytes, each: width, use: "in" },
      { array: codes, each: 8, use: "out" },
    ],
    ([from, to], _first, count) => unpack(from, 8 * count, width, first, to),
  );
  const rest = codes.length - whole;
  if (rest === 0) return;
  const tail = bytes.subarray((whole * width) / 8);
  inPieces(
    1,
    1,
    [
      { array: tail, each: tail.length, use: "in" },
      { each: 16, use: "scratch" },
    ],
    ([from, to]) => {
      unpack(from, rest, width, first, to);
      const found = memoryBytes(to, rest);
      codes.set(codes instanceof Int8Array ? new Int8Array(found.buffer, to, rest) : found, whole);
    },
  );
}
