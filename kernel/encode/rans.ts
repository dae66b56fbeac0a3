/** Range asymmetric numeral systems, static and interleaved (Duda 2013, arXiv 1311.2540; interleaving: Giesen 2014, arXiv 1402.3392).
 *
 *  READ ME FIRST
 *  - The encoder runs from the last symbol to the first, the decoder forwards: a stack, not a queue. Hence "static": the table is
 *    complete before the first symbol is coded, and is stored and counted.
 *  - What is left in the states at the end of encoding is flushed: 4 bytes per stream, which short inputs feel. Symbol i belongs to
 *    stream i mod `streams`; all streams share one sequence of bytes.
 *  - States lie in [2^23, 2^31). The encoder starts each at 2^23, so the decoder must end there: together with the exact end of the
 *    bytes that catches nearly every damage, whatever the checksum says.
 *  - A symbol has a whole number of places, at least 1, among 2^tableBits: there are at most 2^tableBits different symbols, and none
 *    costs more than tableBits bits. A symbol alone has no places to share and costs nothing.
 *
 *  Encoding s with frequency f and cumulated frequency c: while x ≥ f·2^(31 − tableBits) one byte x mod 2^8 goes out; then
 *    x ← ⌊x / f⌋·2^tableBits + c + (x mod f).
 *  Decoding: r = x mod 2^tableBits finds s with c ≤ r < c + f; x ← f·⌊x / 2^tableBits⌋ + r − c; while x < 2^23 one byte comes in.
 *  Length: Σ cᵢ·log2(2^tableBits / fᵢ), within 0.01 %: within 0.1 % of the entropy when the table fits the counts.
 *
 *  Stored: varint number of symbols n; signed varint, the least symbol; for n > 1 then one byte tableBits, one byte streams, one byte,
 *  the form of the table:
 *    0  varint span; per integer from the least to the greatest symbol: varint frequency, 0 where it does not occur;
 *    1  per symbol: varint frequency, varint (gap − 1) to the next (none behind the last);
 *  whichever is shorter. Then the states, 4 bytes each, and the codes' bytes in the decoder's order. */
import { free } from "../bytes/array-memory";
import { OptionError } from "../errors";
import { chunkSymbols, coderPlaces, setInterleaving, type CoderKernels } from "../loops/coder-memory";
import { coderLoops } from "../loops/coders";
import type { CountedSymbols } from "../measure/entropy";
import { bitsFor } from "../measure/bit-arithmetic";
import { checkNumber, checkOptionNames } from "../options";
import type { Step } from "../tensor/step";
import { placeSymbols, type SymbolCoder, type SymbolForm, type SymbolRange } from "./coder";
import type { ByteReader, ByteWriter, IntegerArray } from "./container/container";
import { costOf, normalizeCounts } from "./range/frequencies";
import {
  bytesOfChunk,
  checkCount,
  checkStates,
  loadCoded,
  maxStreams,
  readStates,
  setPlaces,
  writeStates,
  lowestState,
} from "./range/range-coder";
import { adaptiveDecode, adaptiveEncode } from "./range/rans-adaptive";
import { decodeClasses, encodeClasses, maxClasses } from "./range/rans-classes";
import { indexOfSymbols, type SymbolIndex } from "./container/symbol-index";

const minTableBits = 8;
const maxTableBits = 16;
const usualTableBits = 12;
const usualStreams = 2;
/** Different symbols that a table may hold. */
const maxSymbols = 2 ** maxTableBits;

/** Options of `rans()`. */
export interface RansOptions {
  /** log2 of the places that the symbols share, 8–16; by default 12, or, from 13 to 16, what makes table and codes shorter. */
  tableBits?: number;
  /** No table is stored: the model begins without knowledge and learns from what it has coded, at the decoder's end as well. Follows data
   *  whose symbols change on the way, and saves the table where there are few symbols; for up to 32,768 neighbouring integers. */
  adaptive?: boolean;
  /** Tables, 1–16, among which each block of 256 symbols has one: cheaper where stretches of symbols differ, as rows of weights do; default 1. */
  classes?: number;
  /** States that take turns, 1–8; default 2. More let a processor overlap their work, and cost 4 bytes each. */
  streams?: number;
}

/** The step that `rans()` gives, checked and frozen. */
export interface RansStep extends Step {
  /** Names the coder. */
  readonly kind: "rans";
  /** log2 of the places that the symbols share, 8–16; absent: 12, or what makes table and codes shorter. */
  readonly tableBits?: number;
  /** States that take turns, 1–8; absent: 2. */
  readonly streams?: number;
  /** True where no table is stored and the model learns from what it has coded. */
  readonly adaptive?: boolean;
  /** Tables among which each block of 256 symbols has one, 1–16; absent: 1. */
  readonly classes?: number;
}

/** The step "code by range asymmetric numeral systems": `rans()`, `rans({ tableBits: 14, streams: 4 })`, `rans({ adaptive: true })`,
 *  `rans({ classes: 8 })`. Comes within 0.1 % of the
 *  entropy where Huffman loses up to a bit per symbol. Throws `OptionError` for an unknown option or a number out of range. */
export function rans(options: RansOptions = {}): RansStep {
  checkOptionNames("rans", options, ["tableBits", "streams", "adaptive", "classes"]);
  const step: { kind: "rans"; tableBits?: number; streams?: number; adaptive?: boolean; classes?: number } = {
    kind: "rans",
  };
  if (options.adaptive !== undefined && typeof options.adaptive !== "boolean")
    throw new OptionError(`rans(): adaptive is ${String(options.adaptive)}; it takes true or false`);
  if (options.adaptive) step.adaptive = true;
  if (options.tableBits !== undefined) {
    const range = { minimum: minTableBits, maximum: maxTableBits, integer: true };
    step.tableBits = checkNumber("rans", "tableBits", options.tableBits, range);
  }
  if (options.streams !== undefined)
    step.streams = checkNumber("rans", "streams", options.streams, { minimum: 1, maximum: maxStreams, integer: true });
  if (options.classes !== undefined)
    step.classes = checkNumber("rans", "classes", options.classes, { minimum: 1, maximum: maxClasses, integer: true });
  if (step.adaptive && step.classes !== undefined)
    throw new OptionError("rans(): classes goes with stored tables; adaptive: true has none");
  return Object.freeze(step);
}

interface Table {
  readonly symbols: ArrayLike<number>;
  readonly frequencies: Uint32Array;
  readonly tableBits: number;
  readonly streams: number;
}

function encode(values: IntegerArray, step: RansStep, writer: ByteWriter, { symbols, counts }: CountedSymbols): number {
  const n = symbols.length;
  if (n > maxSymbols)
    throw new OptionError(
      `rans(): ${n} different symbols; it takes up to ${maxSymbols}. Quantize more coarsely (a larger step, fewer bits)`,
    );
  const needed = bitsFor(n);
  if (step.tableBits !== undefined && step.tableBits < needed)
    throw new OptionError(`rans(): ${n} symbols need tableBits ${needed} at least; it is ${step.tableBits}`);
  writer.varint(n);
  writer.signed(symbols[0]);
  if (n === 1) return 0;
  const { tableBits, frequencies } = chooseTable(symbols, counts, step.tableBits);
  const table = { symbols, frequencies, tableBits, streams: step.streams ?? usualStreams };
  writeTable(table, writer);
  return writeCodes(values, table, writer);
}

/** The table of that size; without a size, the one of at least 12 bits that makes table and codes shortest together. */
function chooseTable(
  symbols: readonly number[],
  counts: readonly number[],
  asked: number | undefined,
): { tableBits: number; frequencies: Uint32Array } {
  const least = asked ?? Math.max(usualTableBits, bitsFor(counts.length));
  let best = { tableBits: least, frequencies: normalizeCounts(counts, least) };
  let bestBits = costOf(counts, best.frequencies, least) + 8 * formOf(symbols, best.frequencies).bytes;
  for (let tableBits = least + 1; asked === undefined && tableBits <= maxTableBits; tableBits++) {
    const frequencies = normalizeCounts(counts, tableBits);
    const bits = costOf(counts, frequencies, tableBits) + 8 * formOf(symbols, frequencies).bytes;
    if (bits >= bestBits) break;
    [best, bestBits] = [{ tableBits, frequencies }, bits];
  }
  return best;
}

const varintBytes = (value: number): number => Math.max(1, Math.ceil(bitsFor(value + 1) / 7));

function formOf(symbols: readonly number[], frequencies: Uint32Array): { form: 0 | 1; span: number; bytes: number } {
  const span = symbols[symbols.length - 1] - symbols[0] + 1;
  let frequencyBytes = 0;
  let gapBytes = 0;
  for (let i = 0; i < symbols.length; i++) {
    frequencyBytes += varintBytes(frequencies[i]);
    if (i > 0) gapBytes += varintBytes(symbols[i] - symbols[i - 1] - 1);
  }
  const dense = varintBytes(span) + frequencyBytes + (span - symbols.length);
  const sparse = frequencyBytes + gapBytes;
  return dense <= sparse ? { form: 0, span, bytes: dense } : { form: 1, span, bytes: sparse };
}

function writeTable({ symbols, frequencies, tableBits, streams }: Table, writer: ByteWriter): void {
  const list = Array.from(symbols);
  const { form, span } = formOf(list, frequencies);
  writer.byte(tableBits);
  writer.byte(streams);
  writer.byte(form);
  if (form === 0) {
    writer.varint(span);
    for (let i = 0; i < list.length; i++) {
      for (let symbol = i === 0 ? list[0] : list[i - 1] + 1; symbol < list[i]; symbol++) writer.varint(0);
      writer.varint(frequencies[i]);
    }
    return;
  }
  for (let i = 0; i < list.length; i++) {
    writer.varint(frequencies[i]);
    if (i + 1 < list.length) writer.varint(list[i + 1] - list[i] - 1);
  }
}

function writeCodes(values: IntegerArray, table: Table, writer: ByteWriter): number {
  const { symbols, frequencies, tableBits, streams } = table;
  const kernels = coderLoops.own();
  setInterleaving(kernels.view, { streams, bits: tableBits });
  const { memory, states, halves } = kernels;
  const index = placesOf(symbols, kernels);
  setPlaces(kernels, frequencies, false);
  states.fill(lowestState);
  const parts: Uint8Array[] = [];
  for (let from = lastChunk(values.length); from >= 0; from -= chunkSymbols) {
    const to = Math.min(from + chunkSymbols, values.length);
    index(values, from, to, halves);
    const end = coderPlaces.coded + bytesOfChunk;
    const lane = (to - 1) % streams;
    const begin = kernels.encodeSymbols(coderPlaces.symbols, to - from, lane, end);
    parts.push(memory.slice(begin, end));
  }
  writeStates(kernels, streams, writer);
  const before = writer.length;
  for (const part of parts.reverse()) {
    writer.bytes(part);
    free(part);
  }
  return 32 * streams + 8 * (writer.length - before);
}

/** Puts the places of a chunk of values among the kernels' symbols. */
function placesOf(symbols: ArrayLike<number>, kernels: CoderKernels): SymbolIndex {
  const { owners, words } = kernels;
  const least = symbols[0];
  const others = indexOfSymbols(symbols);
  if (symbols[symbols.length - 1] - least >= owners.length) return others;
  for (let i = 0; i < symbols.length; i++) owners[symbols[i] - least] = i;
  return (values, from, to, into) => {
    if (!isIntegers(values)) return others(values, from, to, into);
    words.set(values.subarray(from, to));
    kernels.placeIntegers(coderPlaces.integers, to - from, least, coderPlaces.symbols);
  };
}

/** True for an Int32Array of any realm. */
function isIntegers(values: IntegerArray): values is Int32Array {
  return Object.prototype.toString.call(values) === "[object Int32Array]";
}

const lastChunk = (length: number): number => Math.floor((length - 1) / chunkSymbols) * chunkSymbols;

function decode(reader: ByteReader, count: number, range: SymbolRange, create: () => IntegerArray): void {
  const n = reader.varint("the number of different symbols", maxSymbols);
  if (n === 0 || n > count) reader.fail(`${n} different symbols`, `1 to ${Math.min(count, maxSymbols)}`);
  const least = reader.signed("the least symbol");
  if (least < range.minimum || least > range.maximum)
    reader.fail(`symbol ${least}`, `${range.minimum} to ${range.maximum}, what the array's type holds`);
  if (n === 1) return void create().fill(least);
  const table = readTable(reader, n, least, range);
  readStates(coderLoops.own(), table.streams, reader);
  const largest = table.frequencies.reduce((most, f) => Math.max(most, f), 0) / 2 ** table.tableBits;
  checkCount(reader, count, table.streams, largest);
  readCodes(reader, table, count, create);
}

function readTable(reader: ByteReader, n: number, least: number, range: SymbolRange): Table {
  const tableBits = reader.byte();
  if (tableBits < minTableBits || tableBits > maxTableBits || n > 2 ** tableBits)
    reader.fail(`${tableBits} table bits for ${n} symbols`, `${minTableBits} to ${maxTableBits}`, reader.offset - 1);
  const streams = reader.byte();
  if (streams < 1 || streams > maxStreams) reader.fail(`${streams} streams`, `1 to ${maxStreams}`, reader.offset - 1);
  const form = reader.byte();
  if (form > 1) reader.fail(`table form ${form}`, "0 or 1", reader.offset - 1);
  const start = reader.offset;
  const size = 2 ** tableBits;
  const symbols = new Int32Array(n);
  const frequencies = new Uint32Array(n);
  let found = 0;
  if (form === 0) {
    const span = reader.varint("the span", range.maximum - least + 1);
    if (span > reader.end - reader.offset)
      reader.fail(`a table of ${span} bytes or more`, `at most ${reader.end - reader.offset}`, start);
    for (let i = 0; i < span; i++) {
      const f = reader.varint("a frequency", size);
      if (f === 0 && i > 0 && i < span - 1) continue;
      if (f === 0 || found === n)
        reader.fail("a table of other symbols", `${n}, the first and last with places`, start);
      symbols[found] = least + i;
      frequencies[found++] = f;
    }
  } else {
    for (let symbol = least; found < n; found++) {
      symbols[found] = symbol;
      frequencies[found] = reader.varint("a frequency", size);
      if (found + 1 < n) symbol += 1 + reader.varint("a gap", 2 ** 32);
      if (symbol > range.maximum)
        reader.fail(`symbol ${symbol}`, `at most ${range.maximum}, what the array's type holds`);
      if (frequencies[found] === 0) reader.fail("a frequency of 0", "at least 1", start);
    }
  }
  const sum = frequencies.reduce((total, f) => total + f, 0);
  if (found !== n || sum !== size)
    reader.fail(`${found} symbols that share ${sum} places`, `${n} that share ${size}`, start);
  return { symbols, frequencies, tableBits, streams };
}

function readCodes(reader: ByteReader, table: Table, count: number, create: () => IntegerArray): void {
  const { symbols, frequencies, tableBits, streams } = table;
  const { bytes, end } = reader;
  const kernels = coderLoops.own();
  setInterleaving(kernels.view, { streams, bits: tableBits });
  setPlaces(kernels, frequencies, true);
  let values: IntegerArray | undefined;
  const { coded, symbols: to } = coderPlaces;
  for (let done = 0; done < count; done += chunkSymbols) {
    const size = Math.min(chunkSymbols, count - done);
    const until = loadCoded(kernels, bytes, reader.offset, end);
    const at = kernels.decodeSymbols(coded, until, to, size, done % streams);
    if (at === 0) reader.fail("the codes go on past the end", `${count} symbols within the data`, end);
    reader.offset += at - coded;
    placeSymbols(symbols, kernels.halves, size, (values ??= create()), done);
  }
  if (reader.offset !== end)
    reader.fail(`${end - reader.offset} bytes are left over`, "the last code in the last byte");
  checkStates(kernels, streams, reader);
}

const oneTable: SymbolForm<RansStep> = { id: 3, encode, decode };

/** rans({ adaptive: true }): see rans-adaptive.ts. */
const adaptive: SymbolForm<RansStep> = { id: 6, encode: adaptiveEncode, decode: adaptiveDecode };

/** rans({ classes: 8 }): see rans-classes.ts. */
const classed: SymbolForm<RansStep> = {
  id: 9,
  encode: (values, step, writer, counted) => encodeClasses(values, step, writer, counted, oneTable),
  decode: (reader, count, range, create) => decodeClasses(reader, count, range, create, oneTable),
};

/** The coder of `rans()` steps. */
export const ransCoder: SymbolCoder<RansStep> = {
  kind: "rans",
  forms: [oneTable, adaptive, classed],
  formFor: (step) => (step.adaptive ? adaptive : step.classes ? classed : oneTable),
  label: (step) =>
    [
      "rans",
      ...(step.adaptive ? ["adaptive"] : []),
      ...(step.classes ? [`${step.classes} classes`] : []),
      ...(step.tableBits ? [`${step.tableBits} bits`] : []),
    ].join(" "),
};
