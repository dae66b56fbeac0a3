/** Huffman coding, canonical and length-limited (Huffman 1952; lengths by package–merge, see loops/prefix-code.ts).
 *
 *  Any integers of up to 32 bits, up to 65,536 different ones, remapped by a table that is stored and counted. Codes are at most
 *  `maxLength` bits; without that option 11 for up to 256 symbols in four streams (which costs under 0.1 % more than no limit), else 15,
 *  or ⌈log2 symbols⌉ + 2 for alphabets that need more.
 *  Expected length: H ≤ Σ pᵢ·lᵢ < H + 1 bits per symbol (without a limit that bites), H the entropy; at least 1 bit per symbol as
 *  soon as there are two different ones: for very unequal symbols that floor is what Huffman loses. One symbol alone costs nothing.
 *
 *  Stored: varint number of symbols n; signed varint, the least symbol; for n > 1 then one byte, the form of the table:
 *    0  varint span; 5 bits per integer from the least to the greatest symbol: its code length, 0 where it does not occur;
 *    1  varint (gap − 1) from each symbol to the next; 5 bits per symbol: its code length;
 *  whichever is shorter, padded with zero bits to a byte. Then the codes, in four streams (huffman-streams.ts), which a processor works on
 *  at the same time, or, for fewer than 4096 symbols, in one: first bit in the highest bit of the first byte, padded with zero bits to a
 *  byte. Decoding one stream looks up 12 bits at a time, which gives up to three symbols at once for alphabets of up to 256;
 *  longer codes are found by their canonical order. */
import { OptionError } from "../errors";
import { canonicalCodes, codeLengths } from "../loops/prefix-code";
import type { CountedSymbols } from "../measure/entropy";
import { bitsFor } from "../measure/bit-arithmetic";
import { checkNumber, checkOptionNames } from "../options";
import type { Step } from "../tensor/step";
import { pieceLength, type SymbolCoder, type SymbolForm, type SymbolRange } from "./coder";
import type { ByteReader, ByteWriter, IntegerArray } from "./container/container";
import { decodeStreams, encodeStreams, fastCodeLength } from "./prefix/huffman-streams";
import { indexOfSymbols } from "./container/symbol-index";
import { maxCodeLength, maxSymbols, readTable, writeTable, type HuffmanTable } from "./prefix/huffman-table";

const lookupBits = 12;
/** From here on there are four streams unless told. */
const streamsFrom = 4096;

/** Options of `huffman()`. */
export interface HuffmanOptions {
  /** Longest code in bits, 1–24; default 11 for up to 256 symbols in four streams, else 15, or ⌈log2 symbols⌉ + 2 where that is more. */
  maxLength?: number;
  /** 4, or 1; by default 4 from 4096 symbols on. */
  streams?: 1 | 4;
}

/** The step that `huffman()` gives, checked and frozen. */
export interface HuffmanStep extends Step {
  /** Names the coder. */
  readonly kind: "huffman";
  /** Longest code in bits, 1–24; absent: as the number of symbols asks. */
  readonly maxLength?: number;
  /** Streams that take turns; absent: 4 from 4096 symbols on, else 1. */
  readonly streams?: 1 | 4;
}

/** The step "Huffman code": `huffman()`, `huffman({ maxLength: 12 })`. Throws `OptionError` for an unknown option. */
export function huffman(options: HuffmanOptions = {}): HuffmanStep {
  checkOptionNames("huffman", options, ["maxLength", "streams"]);
  const step: { kind: "huffman"; maxLength?: number; streams?: 1 | 4 } = { kind: "huffman" };
  const range = { minimum: 1, maximum: maxCodeLength, integer: true };
  if (options.maxLength !== undefined) step.maxLength = checkNumber("huffman", "maxLength", options.maxLength, range);
  if (options.streams !== undefined) {
    if (options.streams !== 1 && options.streams !== 4)
      throw new OptionError(`huffman(): streams is ${String(options.streams)}; it takes 1 or 4`);
    step.streams = options.streams;
  }
  return Object.freeze(step);
}

/** Whether that many symbols are coded in four streams. */
function hasStreams(step: HuffmanStep, count: number): boolean {
  return (step.streams ?? (count < streamsFrom ? 1 : 4)) === 4;
}

function encode(
  values: IntegerArray,
  step: HuffmanStep,
  writer: ByteWriter,
  { symbols, counts }: CountedSymbols,
): number {
  const n = symbols.length;
  if (n > maxSymbols)
    throw new OptionError(
      `huffman(): ${n} different symbols; it takes up to ${maxSymbols}. Quantize more coarsely (a larger step, fewer bits)`,
    );
  const needed = bitsFor(n);
  const inStreams = hasStreams(step, values.length);
  const limit = step.maxLength ?? (inStreams && n <= 256 ? fastCodeLength : Math.max(15, needed + 2));
  if (needed > limit)
    throw new OptionError(`huffman(): ${n} symbols need codes of ${needed} bits; maxLength is ${limit}`);
  writer.varint(n);
  writer.signed(symbols[0]);
  if (n === 1) return 0;
  const lengths = codeLengths(counts, limit);
  writeTable(symbols, lengths, writer);
  if (!inStreams) return writeCodes(values, symbols, lengths, counts, writer);
  encodeStreams(values, symbols, lengths, writer);
  return counts.reduce((sum, count, i) => sum + count * lengths[i], 0);
}

function writeCodes(
  values: IntegerArray,
  symbols: readonly number[],
  lengths: Uint8Array,
  counts: readonly number[],
  writer: ByteWriter,
): number {
  const codes = canonicalCodes(lengths);
  const index = indexOfSymbols(symbols);
  const indices = new Uint16Array(pieceLength);
  const total = counts.reduce((sum, count, i) => sum + count * lengths[i], 0);
  // Codes have 32 bits at most, and some bits wait from one piece to the next.
  const bytes = new Uint8Array(4 * pieceLength + 1);
  let waiting = 0; // the lowest `bits` bits wait to be written; fewer than 8 of them between symbols
  let bits = 0;
  for (let from = 0; from < values.length; from += pieceLength) {
    const to = Math.min(values.length, from + pieceLength);
    index(values, from, to, indices);
    let at = 0;
    for (let i = 0; i < to - from; i++) {
      const place = indices[i];
      waiting = (waiting << lengths[place]) | codes[place];
      bits += lengths[place];
      while (bits >= 8) {
        bits -= 8;
        bytes[at++] = waiting >>> bits;
      }
      waiting &= 127;
    }
    writer.bytes(bytes.subarray(0, at));
  }
  if (bits > 0) writer.byte((waiting << (8 - bits)) & 255);
  return total;
}

/** Reads the table and makes sure that the payload can hold so many symbols; undefined when there is one symbol alone. */
function decodeTable(
  reader: ByteReader,
  count: number,
  range: SymbolRange,
  create: () => IntegerArray,
): HuffmanTable | undefined {
  const n = reader.varint("the number of different symbols", maxSymbols);
  if (n === 0 || n > count) reader.fail(`${n} different symbols`, `1 to ${Math.min(count, maxSymbols)}`);
  const least = reader.signed("the least symbol");
  if (least < range.minimum || least > range.maximum)
    reader.fail(`symbol ${least}`, `${range.minimum} to ${range.maximum}, what the array's type holds`);
  if (n === 1) {
    create().fill(least);
    return undefined;
  }
  const table = readTable(reader, n, least, range);
  const shortest = table.lengths.reduce((least, length) => Math.min(least, length), 32);
  const payloadBits = (reader.end - reader.offset) * 8;
  if (count * shortest > payloadBits)
    reader.fail(`${count} symbols in ${payloadBits} bits`, `codes of ${shortest} bits or more`);
  return table;
}

/** Lookup by the next 12 bits: index·32 + length of the symbol whose code they begin with, 0 for longer codes; and for those, by
 *  length, the first code (left-aligned in 32 bits) of a greater length and the place of the length's first symbol. */
function lookupTables({ lengths }: HuffmanTable) {
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

function readCodes(reader: ByteReader, table: HuffmanTable, count: number, create: () => IntegerArray): void {
  const { short, order, ends, firstCode, firstPlace } = lookupTables(table);
  const { symbols } = table;
  const runs = symbols.length <= 256 && count > 4096 ? lookupRuns(short) : undefined;
  const { bytes, end } = reader;
  let at = reader.offset;
  let waiting = 0; // the next bits, left-aligned in 32
  let bits = 0;
  const piece = new Int32Array(Math.min(count, pieceLength));
  let values: IntegerArray | undefined;
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
    values ??= create();
    values.set(size === piece.length ? piece : piece.subarray(0, size), count - left);
  }
  const used = at - (bits >>> 3);
  if (used !== end) reader.fail(`${end - used} bytes are left over`, "the last code in the last byte", used);
  if ((bits & 7) !== 0 && (bytes[end - 1] & ((1 << (bits & 7)) - 1)) !== 0)
    reader.fail("padding bits that are set", "zeros", end - 1);
  reader.offset = end;
}

const oneStream: SymbolForm<HuffmanStep> = {
  id: 1,
  encode,
  decode(reader, count, range, create) {
    const table = decodeTable(reader, count, range, create);
    if (table) readCodes(reader, table, count, create);
  },
};

/** See huffman-streams.ts. */
const fourStreams: SymbolForm<HuffmanStep> = {
  id: 4,
  encode,
  decode(reader, count, range, create) {
    const table = decodeTable(reader, count, range, create);
    if (table) decodeStreams(reader, table, count, create);
  },
};

/** The coder of `huffman()` steps. */
export const huffmanCoder: SymbolCoder<HuffmanStep> = {
  kind: "huffman",
  forms: [oneStream, fourStreams],
  formFor: (step, count) => (hasStreams(step, count) ? fourStreams : oneStream),
  label: (step) => (step.maxLength === undefined ? "huffman" : `huffman ≤${step.maxLength}`),
};
