/** What a report says of a layer, by WebAssembly SIMD: the results have the bits of the plain loops in `kernel/loops`, which say what they are. */
import { BINS, BYTE_TABLE_BYTES, LISTS, VALUE_SLOTS } from "./generated/layers";
import { inPieces, layerFunctions, memoryBytes, memoryViews } from "./layer-memory";

/** Weights of a piece: those of a block of sums. */
const piece = 16_384;
/** Weights of a piece that is looked at once. */
const longPiece = 65_536;

/** True when no value is NaN or infinite. */
export function isFinite(values: Float32Array): boolean {
  const { largestBits } = layerFunctions();
  let largest = 0;
  inPieces(values.length, longPiece, [{ array: values, each: 1, use: "in" }], ([x], _first, count) => {
    largest = Math.max(largest, largestBits(x, count));
  });
  return largest < 0x7f800000;
}

export const bins = BINS;

/** Counts over 64 equal bins of [minimum, maximum] of w and w′, to which `measureChange` adds: below, the bins, above. */
export interface BinsOfChange {
  readonly minimum: number;
  readonly maximum: number;
  readonly before: Float64Array;
  readonly after: Float64Array;
}

/** Adds Σ(w′ − w)², Σw², Σw′² and Σ w·w′ of the blocks to `sums` (5), whose last number max|w′ − w| raises, and their counts to `histogram`.
 *  Returns how many values of `after` are 0; `undefined`, with nothing added, when an error is not a number: sums of NaN are left to the
 *  plain loop. */
export function measureChange(
  before: Float32Array,
  after: Float32Array,
  sums: Float64Array,
  histogram?: BinsOfChange,
): number | undefined {
  const { measureChange: measure, clearBins } = layerFunctions();
  const out = LISTS;
  const rangeAt = LISTS + 64;
  const { doubles: numbers } = memoryViews();
  if (histogram) {
    const { minimum, maximum } = histogram;
    numbers[rangeAt / 8] = minimum;
    numbers[rangeAt / 8 + 1] = bins / (maximum - minimum);
    numbers[rangeAt / 8 + 2] = maximum;
    clearBins();
  }
  let [errors, befores, afters, products, largest] = sums;
  let zeros = 0;
  inPieces(
    before.length,
    piece,
    [
      { array: before, each: 1, use: "in" },
      { array: after, each: 1, use: "in" },
    ],
    ([w, v], _first, count) => {
      const { doubles } = memoryViews();
      doubles[out / 8 + 4] = largest;
      zeros += measure(w, v, count, histogram ? rangeAt : 0, out);
      errors += doubles[out / 8];
      befores += doubles[out / 8 + 1];
      afters += doubles[out / 8 + 2];
      products += doubles[out / 8 + 3];
      largest = doubles[out / 8 + 4];
    },
  );
  if (Number.isNaN(errors)) return undefined;
  sums.set([errors, befores, afters, products, largest]);
  if (histogram) {
    addTotals(0, histogram.before);
    addTotals(1, histogram.after);
  }
  return zeros;
}

/** Adds the counts of w (0) or w′ (1). */
function addTotals(which: number, counts: Float64Array): void {
  layerFunctions().binTotals(which, LISTS);
  const { words } = memoryViews();
  for (let slot = 0; slot < bins + 2; slot++) counts[slot] += words[LISTS / 4 + slot];
}

/** Values beyond two edges, each in their order, and how many lie at or beyond them. */
export interface Beyond {
  readonly below: Float32Array;
  readonly above: Float32Array;
  /** Values ≤ the lower edge, and ≥ the upper one. */
  readonly atLow: number;
  readonly atHigh: number;
}

/** The values below `low` and those above `high`. */
export function valuesBeyond(values: Float32Array, low: number, high: number): Beyond {
  const { collectTails } = layerFunctions();
  const below: Float32Array[] = [];
  const above: Float32Array[] = [];
  let [atLow, atHigh] = [0, 0];
  const counts = LISTS / 4;
  const operands = [
    { array: values, each: 1, use: "in" },
    { each: 4, use: "scratch" },
    { each: 4, use: "scratch" },
  ] as const;
  inPieces(values.length, longPiece, operands, ([x, belowAt, aboveAt], _first, count) => {
    collectTails(x, count, low, high, belowAt, aboveAt);
    const { floats, words } = memoryViews();
    atLow += words[counts];
    atHigh += words[counts + 1];
    if (words[counts + 2] > 0) below.push(floats.slice(belowAt / 4, belowAt / 4 + words[counts + 2]));
    if (words[counts + 3] > 0) above.push(floats.slice(aboveAt / 4, aboveAt / 4 + words[counts + 3]));
  });
  return { below: joined(below), above: joined(above), atLow, atHigh };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  if (parts.length === 1) return parts[0];
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

type CodeArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array;

export interface SymbolCounts {
  readonly symbols: number[];
  readonly counts: number[];
}

const mostIntegers = 1 << 16;
/** Spans of codes up to which four tables of counts stay in the core's own cache. */
const mostCountedApart = 2048;

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
  inPieces(codes.length, longPiece, [{ array: codes, each: 1, use: "in" }], ([x], _first, some) => count(x, some));
  const six = new Uint32Array(memoryBytes(tables, BYTE_TABLE_BYTES).buffer, tables, 1536);
  const bytes = new Float64Array(256);
  for (let byte = 0; byte < 1024; byte++) bytes[byte & 255] += six[byte];
  for (let pair = 0; pair < 256; pair++)
    for (const code of [pair & 15, pair >> 4]) {
      bytes[code] += six[1024 + pair];
      bytes[(code - 8) & 255] += six[1280 + pair];
    }
  const first = codes instanceof Int8Array ? -128 : 0;
  return listCounts(first, 256, (symbol) => bytes[symbol & 255]);
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

/** The least and the greatest code; 0 and 0 of none. */
export function rangeOfCodes(codes: Int32Array): { low: number; high: number } {
  const { rangeOfIntegers } = layerFunctions();
  const ends = new Int32Array(memoryBytes(LISTS, 8).buffer, LISTS, 2);
  ends.fill(codes.length === 0 ? 0 : codes[0]);
  const operand = { array: codes, each: 1, use: "in" } as const;
  inPieces(codes.length, piece, [operand], ([x], _first, some) => rangeOfIntegers(x, some, LISTS));
  return { low: ends[0], high: ends[1] };
}

function countIntegers(codes: Int32Array): SymbolCounts | undefined {
  const { countIntegers: count } = layerFunctions();
  const operand = { array: codes, each: 1, use: "in" } as const;
  const { low, high } = rangeOfCodes(codes);
  if (high - low >= mostIntegers) return undefined;
  const span = high - low + 1;
  const tables = span <= mostCountedApart ? 4 : 1;
  const table = new Uint32Array(tables * span);
  inPieces(
    codes.length,
    piece,
    [operand, { array: table, each: table.length, use: "whole" }],
    ([x, at], first, some) => {
      count(x, some, low, at, tables === 1 ? 0 : 4 * span);
      // The last piece: what was counted is still on the stage.
      if (first + some === codes.length)
        table.set(new Uint32Array(memoryBytes(at, 4 * table.length).buffer, at, table.length));
    },
  );
  for (let k = span; k < table.length; k++) table[k % span] += table[k];
  return listCounts(low, span, (symbol) => table[symbol - low]);
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
    longPiece / 8,
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
    longPiece / 8,
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
