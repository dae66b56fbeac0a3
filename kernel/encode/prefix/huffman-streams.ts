/** The codes of a Huffman code in four streams: for each 65,536 symbols, the last time fewer, varint bytes of streams 0 to 3, then the
 *  streams. Stream k codes symbols k·q to (k + 1)·q of them, q = ⌈symbols / 4⌉; the first bit of a code is the lowest of its byte; padded
 *  with zero bits to a byte. Codes of at most 11 bits for at most 256 symbols are written and read by WebAssembly, four at a look. */
import { chunkSymbols, coderPlaces, MOST_CODE_BITS, STREAMS, type CoderKernels } from "../../loops/coder-memory";
import { coderLoops } from "../../loops/coders";
import { canonicalCodes, reverseBits } from "../../loops/prefix-code";
import { placeSymbols } from "../coder";
import type { ByteReader, ByteWriter, IntegerArray } from "../container/container";
import { maxCodeLength, type HuffmanTable } from "./huffman-table";
import { indexOfSymbols } from "../container/symbol-index";

/** The longest code that the kernels know. */
export const fastCodeLength = MOST_CODE_BITS;
/** Bits that the plain decoder looks up at a time. */
const lookupBits = 12;

const isFast = (lengths: Uint8Array): boolean =>
  lengths.length <= 256 && lengths.every((length) => length <= fastCodeLength);

/** Where stream k begins among `size` symbols. */
const startOf = (k: number, size: number): number => Math.min(size, k * Math.ceil(size / STREAMS));

export function encodeStreams(
  values: IntegerArray,
  symbols: readonly number[],
  lengths: Uint8Array,
  writer: ByteWriter,
): void {
  const index = indexOfSymbols(symbols);
  const write = isFast(lengths) ? fastWriter(lengths) : plainWriter(lengths);
  for (let from = 0; from < values.length; from += chunkSymbols) {
    const size = Math.min(chunkSymbols, values.length - from);
    write((into) => index(values, from, from + size, into), size, writer);
  }
}

type ChunkWriter = (fill: (into: Uint8Array | Uint16Array) => void, size: number, writer: ByteWriter) => void;

function fastWriter(lengths: Uint8Array): ChunkWriter {
  const kernels = coderLoops.own();
  setLengths(kernels, lengths);
  return (fill, size, writer) => {
    fill(kernels.bytes);
    const total = kernels.encodeStreams(coderPlaces.symbols, size, coderPlaces.coded);
    kernels.results.forEach((bytes) => writer.varint(bytes));
    writer.bytes(kernels.memory.subarray(coderPlaces.coded, coderPlaces.coded + total));
  };
}

function setLengths(kernels: CoderKernels, lengths: Uint8Array): void {
  kernels.lengths.fill(0);
  kernels.lengths.set(lengths);
  kernels.buildCodes();
}

function plainWriter(lengths: Uint8Array): ChunkWriter {
  const codes = canonicalCodes(lengths).map((code, i) => reverseBits(code, lengths[i]));
  const indices = new Uint16Array(chunkSymbols);
  const bytes = new Uint8Array(chunkSymbols * (maxCodeLength / 8) + STREAMS);
  return (fill, size, writer) => {
    fill(indices);
    const ends: number[] = [];
    let at = 0;
    for (let k = 0; k < STREAMS; k++) {
      let waiting = 0;
      let bits = 0;
      for (let i = startOf(k, size); i < startOf(k + 1, size); i++) {
        waiting |= codes[indices[i]] << bits;
        bits += lengths[indices[i]];
        for (; bits >= 8; bits -= 8, waiting >>>= 8) bytes[at++] = waiting;
      }
      if (bits > 0) bytes[at++] = waiting;
      ends.push(at);
    }
    ends.forEach((end, k) => writer.varint(end - (k === 0 ? 0 : ends[k - 1])));
    writer.bytes(bytes.subarray(0, at));
  };
}

export function decodeStreams(
  reader: ByteReader,
  { symbols, lengths }: HuffmanTable,
  count: number,
  create: () => IntegerArray,
): void {
  const read = isFast(lengths) ? fastReader(lengths) : plainReader(lengths);
  let values: IntegerArray | undefined;
  for (let done = 0; done < count; done += chunkSymbols) {
    const size = Math.min(chunkSymbols, count - done);
    const mostBytes = Math.ceil((Math.ceil(size / STREAMS) * maxCodeLength) / 8);
    const sizes = Array.from({ length: STREAMS }, (_, k) => reader.varint(`the bytes of stream ${k}`, mostBytes));
    const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
    if (total > reader.end - reader.offset)
      reader.fail(`streams of ${total} bytes`, `at most the ${reader.end - reader.offset} that are left`);
    const { indices, used } = read(reader.bytes.subarray(reader.offset, reader.offset + total), sizes, size);
    for (let k = 0; k < STREAMS; k++) {
      const end = reader.offset + sizes[k];
      if (Math.ceil(used[k] / 8) !== sizes[k])
        reader.fail(`stream ${k} takes ${used[k]} bits`, `all of its ${sizes[k]} bytes`);
      if ((used[k] & 7) !== 0 && reader.bytes[end - 1] >> (used[k] & 7) !== 0)
        reader.fail("padding bits that are set", "zeros", end - 1);
      reader.offset = end;
    }
    placeSymbols(symbols, indices, size, (values ??= create()), done);
  }
}

/** Decodes `size` symbols from streams of these sizes; gives their places in the table, and the bits that each stream took. */
type ChunkReader = (
  bytes: Uint8Array,
  sizes: readonly number[],
  size: number,
) => { indices: Uint8Array | Uint16Array; used: ArrayLike<number> };

function fastReader(lengths: Uint8Array): ChunkReader {
  const kernels = coderLoops.own();
  setLengths(kernels, lengths);
  kernels.buildTables();
  return (bytes, sizes, size) => {
    kernels.memory.set(bytes, coderPlaces.coded);
    let at: number = coderPlaces.coded;
    sizes.forEach((stream, k) => {
      kernels.results[k] = at;
      at += stream;
    });
    kernels.decodeStreams(coderPlaces.symbols, size);
    return { indices: kernels.bytes, used: kernels.results };
  };
}

function plainReader(lengths: Uint8Array): ChunkReader {
  const codes = canonicalCodes(lengths);
  const short = new Int32Array(1 << lookupBits);
  const long = new Map<number, number>();
  codes.forEach((code, i) => {
    const length = lengths[i];
    const reversed = reverseBits(code, length);
    if (length > lookupBits) long.set(reversed * 32 + length, i);
    else for (let window = reversed; window < short.length; window += 1 << length) short[window] = i * 32 + length;
  });
  const indices = new Uint16Array(chunkSymbols);
  return (bytes, sizes, size) => {
    const used: number[] = [];
    let from = 0;
    for (let k = 0; k < STREAMS; k++) {
      const end = from + sizes[k];
      let bit = 8 * from;
      for (let i = startOf(k, size); i < startOf(k + 1, size); i++) {
        const at = bit >> 3;
        // The next 24 bits or more; zeros behind the stream.
        const low = (at < end ? bytes[at] : 0) | (at + 1 < end ? bytes[at + 1] << 8 : 0);
        const high = (at + 2 < end ? bytes[at + 2] : 0) | (at + 3 < end ? bytes[at + 3] << 8 : 0);
        const window = ((low + high * 65_536) / 2 ** (bit & 7)) % 2 ** maxCodeLength;
        let entry = short[window & (short.length - 1)];
        for (let length = lookupBits + 1; entry === 0 && length <= maxCodeLength; length++) {
          const found = long.get((Math.floor(window) % 2 ** length) * 32 + length);
          if (found !== undefined) entry = found * 32 + length;
        }
        indices[i] = entry >>> 5;
        bit += entry & 31;
      }
      used.push(bit - 8 * from);
      from = end;
    }
    return { indices, used };
  };
}
