/** Huffman coding, canonical and length-limited (Huffman 1952; lengths by package–merge, see code-lengths.ts).
 *
 *  Any integers of up to 32 bits, up to 65,536 different ones, remapped by a table that is stored and counted. Codes are at most
 *  `maxLength` bits; without that option 15, or ⌈log2 symbols⌉ + 2 for alphabets that need more.
 *  Expected length: H ≤ Σ pᵢ·lᵢ < H + 1 bits per symbol (without a limit that bites), H the entropy; at least 1 bit per symbol as
 *  soon as there are two different ones: for very unequal symbols that floor is what Huffman loses. One symbol alone costs nothing.
 *
 *  Stored: varint number of symbols n; signed varint, the least symbol; for n > 1 then one byte, the form of the table:
 *    0  varint span; 5 bits per integer from the least to the greatest symbol: its code length, 0 where it does not occur;
 *    1  varint (gap − 1) from each symbol to the next; 5 bits per symbol: its code length;
 *  whichever is shorter, padded with zero bits to a byte. Then the codes, first bit in the highest bit of the first byte, padded with
 *  zero bits to a byte. Decoding looks up 12 bits at a time, which gives up to three symbols at once for alphabets of up to 256;
 *  longer codes are found by their canonical order. */
import { OptionError } from "../errors";
import { countSymbols } from "../measure/entropy";
import { bitsFor } from "../measure/size";
import { checkNumber, checkOptionNames } from "../options";
import type { Step } from "../tensor/step";
import { canonicalCodes, codeLengths, kraftGap } from "./code-lengths";
import { emitConstant, pieceLength, type Coder, type SymbolRange } from "./coder";
import type { ByteReader, ByteWriter, IntegerArray } from "./container";

/** Different symbols that a table may hold. */
export const maxSymbols = 65_536;
const maxCodeLength = 24;
const lookupBits = 12;
const denseSpan = 2 ** 22;

export interface HuffmanOptions {
  /** Longest code in bits, 1–24; default 15, or ⌈log2 symbols⌉ + 2 where that is more. */
  maxLength?: number;
}

export interface HuffmanStep extends Step {
  readonly kind: "huffman";
  readonly maxLength?: number;
}

/** The step "Huffman code": `huffman()`, `huffman({ maxLength: 12 })`. Throws `OptionError` for an unknown option. */
export function huffman(options: HuffmanOptions = {}): HuffmanStep {
  checkOptionNames("huffman", options, ["maxLength"]);
  if (options.maxLength === undefined) return Object.freeze({ kind: "huffman" });
  const range = { minimum: 1, maximum: maxCodeLength, integer: true };
  return Object.freeze({ kind: "huffman", maxLength: checkNumber("huffman", "maxLength", options.maxLength, range) });
}

function encode(values: IntegerArray, step: HuffmanStep, writer: ByteWriter): number {
  const { symbols, counts } = countSymbols(values);
  const n = symbols.length;
  if (n > maxSymbols)
    throw new OptionError(
      `huffman(): ${n} different symbols; it takes up to ${maxSymbols}. Quantize more coarsely (a larger step, fewer bits)`,
    );
  const needed = bitsFor(n);
  const limit = step.maxLength ?? Math.max(15, needed + 2);
  if (needed > limit)
    throw new OptionError(`huffman(): ${n} symbols need codes of ${needed} bits; maxLength is ${limit}`);
  writer.varint(n);
  writer.signed(symbols[0]);
  if (n === 1) return 0;
  const lengths = codeLengths(counts, limit);
  writeTable(symbols, lengths, writer);
  return writeCodes(values, symbols, lengths, counts, writer);
}

function writeTable(symbols: readonly number[], lengths: Uint8Array, writer: ByteWriter): void {
  const span = symbols[symbols.length - 1] - symbols[0] + 1;
  const gapBytes = symbols.slice(1).reduce((sum, s, i) => sum + Math.ceil(bitsFor(s - symbols[i] + 1) / 7 || 1), 0);
  const dense = span * 5 <= gapBytes * 8 + symbols.length * 5;
  writer.byte(dense ? 0 : 1);
  if (!dense) {
    for (let i = 1; i < symbols.length; i++) writer.varint(symbols[i] - symbols[i - 1] - 1);
    writeFives(lengths, writer);
    return;
  }
  writer.varint(span);
  const spread = new Uint8Array(span);
  symbols.forEach((symbol, i) => (spread[symbol - symbols[0]] = lengths[i]));
  writeFives(spread, writer);
}

/** Numbers of 5 bits, first bit highest, padded with zeros. */
function writeFives(values: Uint8Array, writer: ByteWriter): void {
  let waiting = 0;
  let bits = 0;
  for (const value of values) {
    waiting = (waiting << 5) | value;
    for (bits += 5; bits >= 8; bits -= 8) writer.byte((waiting >>> (bits - 8)) & 255);
    waiting &= 255;
  }
  if (bits > 0) writer.byte((waiting << (8 - bits)) & 255);
}

/** From a symbol to its place in the table: an array over the span, or a map where the span is wide. */
function indexOfSymbols(symbols: readonly number[]): (symbol: number) => number {
  const least = symbols[0];
  const span = symbols[symbols.length - 1] - least + 1;
  if (span > denseSpan) {
    const places = new Map(symbols.map((symbol, i) => [symbol, i]));
    return (symbol) => places.get(symbol) ?? 0;
  }
  const places = new Uint16Array(span);
  symbols.forEach((symbol, i) => (places[symbol - least] = i));
  return (symbol) => places[symbol - least];
}

function writeCodes(
  values: IntegerArray,
  symbols: readonly number[],
  lengths: Uint8Array,
  counts: readonly number[],
  writer: ByteWriter,
): number {
  const codes = canonicalCodes(lengths);
  const indexOf = indexOfSymbols(symbols);
  const total = counts.reduce((sum, count, i) => sum + count * lengths[i], 0);
  const bytes = writer.reserve(Math.ceil(total / 8));
  let at = writer.length;
  let waiting = 0; // the lowest `bits` bits wait to be written; fewer than 8 of them between symbols
  let bits = 0;
  for (let i = 0; i < values.length; i++) {
    const index = indexOf(values[i]);
    waiting = (waiting << lengths[index]) | codes[index];
    bits += lengths[index];
    while (bits >= 8) {
      bits -= 8;
      bytes[at++] = waiting >>> bits;
    }
    waiting &= 127;
  }
  if (bits > 0) bytes[at++] = waiting << (8 - bits);
  writer.length = at;
  return total;
}

interface DecodingTable {
  readonly symbols: Int32Array;
  readonly lengths: Uint8Array;
}

function decode(reader: ByteReader, count: number, range: SymbolRange, emit: (piece: Int32Array) => void): void {
  const n = reader.varint("the number of different symbols", maxSymbols);
  if (n === 0 || n > count) reader.fail(`${n} different symbols`, `1 to ${Math.min(count, maxSymbols)}`);
  const least = reader.signed("the least symbol");
  if (least < range.minimum || least > range.maximum)
    reader.fail(`symbol ${least}`, `${range.minimum} to ${range.maximum}, what the array's type holds`);
  if (n === 1) return emitConstant(least, count, emit);
  const table = readTable(reader, n, least, range);
  const shortest = table.lengths.reduce((least, length) => Math.min(least, length), 32);
  const payloadBits = (reader.end - reader.offset) * 8;
  if (count * shortest > payloadBits)
    reader.fail(`${count} symbols in ${payloadBits} bits`, `codes of ${shortest} bits or more`);
  readCodes(reader, table, count, emit);
}

function readTable(reader: ByteReader, n: number, least: number, range: SymbolRange): DecodingTable {
  const form = reader.byte();
  if (form > 1) reader.fail(`table form ${form}`, "0 or 1", reader.offset - 1);
  const start = reader.offset;
  const symbols = new Int32Array(n);
  let lengths = new Uint8Array(n);
  symbols[0] = least;
  if (form === 1) {
    for (let i = 1; i < n; i++) {
      const symbol = symbols[i - 1] + 1 + reader.varint("a gap", 2 ** 32);
      if (symbol > range.maximum)
        reader.fail(`symbol ${symbol}`, `at most ${range.maximum}, what the array's type holds`);
      symbols[i] = symbol;
    }
    lengths = readFives(reader, n);
    if (lengths.includes(0)) reader.fail("a code length of 0", "1 to 24", start);
  } else {
    const span = reader.varint("the span", range.maximum - least + 1);
    const spread = readFives(reader, span);
    let found = 0;
    for (let i = 0; i < span; i++) {
      if (spread[i] === 0) continue;
      if (found < n) {
        symbols[found] = least + i;
        lengths[found] = spread[i];
      }
      found++;
    }
    if (found !== n || spread[0] === 0)
      reader.fail(`${found} symbols with a code`, `${n}, the first of them ${least}`, start);
  }
  if (lengths.some((length) => length > maxCodeLength)) reader.fail("a code of more than 24 bits", "1 to 24", start);
  const gap = kraftGap(lengths);
  if (gap !== 0) reader.fail(`code lengths with Σ 2^−l = ${1 - gap}`, "exactly 1", start);
  return { symbols, lengths };
}

function readFives(reader: ByteReader, count: number): Uint8Array<ArrayBuffer> {
  const bytes = Math.ceil((count * 5) / 8);
  if (bytes > reader.end - reader.offset)
    reader.fail(`a table of ${bytes} bytes`, `at most ${reader.end - reader.offset}`);
  const values = new Uint8Array(count);
  let waiting = 0;
  let bits = 0;
  for (let i = 0; i < count; i++) {
    if (bits < 5) {
      waiting = ((waiting << 8) | reader.byte()) & 0xffff;
      bits += 8;
    }
    bits -= 5;
    values[i] = (waiting >>> bits) & 31;
  }
  if ((waiting & ((1 << bits) - 1)) !== 0) reader.fail("padding bits that are set", "zeros", reader.offset - 1);
  return values;
}

/** Lookup by the next 12 bits: index·32 + length of the symbol whose code they begin with, 0 for longer codes; and for those, by
 *  length, the first code (left-aligned in 32 bits) of a greater length and the place of the length's first symbol. */
function lookupTables({ lengths }: DecodingTable) {
  const codes = canonicalCodes(lengths);
  const short = new Int32Array(1 << lookupBits);
  const order = Uint32Array.from(lengths.keys()).sort((a, b) => lengths[a] - lengths[b] || a - b);
  const ends = new Float64Array(maxCodeLength + 1);
  const firstCode = new Float64Array(maxCodeLength + 1);
  const firstPlace = new Int32Array(maxCodeLength + 1).fill(-1);
  order.forEach((index, place) => {
    const length = lengths[index];
    const code = codes[index];
    if (firstPlace[length] < 0) {
      firstPlace[length] = place;
      firstCode[length] = code;
    }
    ends[length] = (code + 1) * 2 ** (32 - length);
    if (length <= lookupBits) {
      const from = code << (lookupBits - length);
      short.fill(index * 32 + length, from, from + (1 << (lookupBits - length)));
    }
  });
  return { short, order, ends, firstCode, firstPlace };
}

/** By the next 12 bits, the one to three symbols whose codes lie in them whole: three indices of 8 bits, then the bits used (4) and
 *  the number of symbols (2); 0 where the first code is longer. For up to 256 symbols. */
function lookupRuns(short: Int32Array): Int32Array {
  const size = 1 << lookupBits;
  const runs = new Int32Array(size);
  for (let window = 0; window < size; window++) {
    let used = 0;
    let found = 0;
    let indices = 0;
    while (found < 3) {
      const entry = short[(window << used) & (size - 1)];
      const length = entry & 31;
      if (entry === 0 || used + length > lookupBits) break;
      indices |= (entry >>> 5) << (8 * found++);
      used += length;
    }
    if (found > 0) runs[window] = indices | (used << 24) | (found << 28);
  }
  return runs;
}

function readCodes(reader: ByteReader, table: DecodingTable, count: number, emit: (piece: Int32Array) => void): void {
  const { short, order, ends, firstCode, firstPlace } = lookupTables(table);
  const { symbols } = table;
  const runs = symbols.length <= 256 && count > 4096 ? lookupRuns(short) : undefined;
  const { bytes, end } = reader;
  let at = reader.offset;
  let waiting = 0; // the next bits, left-aligned in 32
  let bits = 0;
  const piece = new Int32Array(Math.min(count, pieceLength));
  const longEntry = (window: number) => {
    let length = lookupBits + 1;
    while (length < maxCodeLength && !(window < ends[length])) length++;
    const code = Math.floor(window / 2 ** (32 - length));
    return order[firstPlace[length] + code - firstCode[length]] * 32 + length;
  };
  for (let left = count; left > 0; left -= pieceLength) {
    const size = left < pieceLength ? left : pieceLength;
    let i = 0;
    for (const last = runs ? size - 2 : 0; i < last && runs;) {
      while (bits <= 24) {
        if (at < end) waiting |= bytes[at] << (24 - bits);
        at++;
        bits += 8;
      }
      const run = runs[waiting >>> (32 - lookupBits)];
      if (run === 0) {
        const entry = longEntry(waiting >>> 0);
        piece[i++] = symbols[entry >>> 5];
        waiting <<= entry & 31;
        bits -= entry & 31;
        continue;
      }
      piece[i] = symbols[run & 255];
      piece[i + 1] = symbols[(run >>> 8) & 255];
      piece[i + 2] = symbols[(run >>> 16) & 255];
      i += run >>> 28;
      const used = (run >>> 24) & 15;
      waiting <<= used;
      bits -= used;
    }
    for (; i < size; i++) {
      if (bits < maxCodeLength)
        while (bits <= 24) {
          if (at < end) waiting |= bytes[at] << (24 - bits);
          at++;
          bits += 8;
        }
      let entry = short[waiting >>> (32 - lookupBits)];
      if (entry === 0) entry = longEntry(waiting >>> 0);
      piece[i] = symbols[entry >>> 5];
      waiting <<= entry & 31;
      bits -= entry & 31;
    }
    if (at - (bits >>> 3) > end) reader.fail("the codes go on past the end", `${count} symbols within the data`, end);
    emit(size === piece.length ? piece : piece.subarray(0, size));
  }
  const used = at - (bits >>> 3);
  if (used !== end) reader.fail(`${end - used} bytes are left over`, "the last code in the last byte", used);
  if ((bits & 7) !== 0 && (bytes[end - 1] & ((1 << (bits & 7)) - 1)) !== 0)
    reader.fail("padding bits that are set", "zeros", end - 1);
  reader.offset = end;
}

export const huffmanCoder: Coder<HuffmanStep> = {
  kind: "huffman",
  id: 1,
  encode,
  decode,
  label: (step) => (step.maxLength === undefined ? "huffman" : `huffman ≤${step.maxLength}`),
};
