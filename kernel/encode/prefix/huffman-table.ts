/** The table of a Huffman code: which symbols there are, and the lengths of their codes. Its bytes are described in huffman.ts. */
import { kraftGap } from "../../loops/prefix-code";
import { bitsFor } from "../../measure/bit-arithmetic";
import type { SymbolRange } from "../coder";
import type { ByteReader, ByteWriter } from "../container/container";

/** Different symbols that a table may hold. */
export const maxSymbols = 65_536;
export const maxCodeLength = 24;

export interface HuffmanTable {
  readonly symbols: Int32Array;
  readonly lengths: Uint8Array;
}

/** Behind the number of symbols and the least one, for two symbols or more. */
export function writeTable(symbols: readonly number[], lengths: Uint8Array, writer: ByteWriter): void {
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

export function readTable(reader: ByteReader, n: number, least: number, range: SymbolRange): HuffmanTable {
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
