/** The `.codebook` file, version 1: one file, archived without loss, each of its parts readable alone. Numbers are little-endian, varints
 *  LEB128 (7 bits a byte, low first), strings UTF-8 behind a varint of their bytes.
 *
 *  | bytes  | what                                                                                                   |
 *  | 8      | 89 43 42 4B 0D 0A 1A 0A: damaged by any change of line ends, and no text                               |
 *  | 4, 4   | u32 version, 1; u32 zero                                                                               |
 *  | …      | the blocks, one behind the other (planes.ts)                                                           |
 *  | …      | the index                                                                                              |
 *  | 32     | u64 first byte of the index, u64 its bytes, u64 its XXH64, 43 42 4B 45 4E 44 0D 0A ("CBKEND")          |
 *
 *  The index: string name of the file; varint its bytes; SHA-256 of them (32); varint segments; then for each segment, in the order of
 *  the file and without gaps: one byte 0 (header, padding, anything) or 1 (tensor: string name, string type, varint rank, varint sizes,
 *  row-major); varint bytes; SHA-256 of them (32); one byte, the width of its elements (1, 2, 4, 8); for each block of 262,144 elements,
 *  the last one shorter: varint stored bytes, u64 XXH64 of the stored bytes.
 *
 *  The index stands behind the blocks, so that a file is written in one pass; every byte is under a hash or has one possible value. */
import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";
import { blockElements } from "../simd/planes";
import type { Shape } from "../tensor/tensor";
import { blockLimits } from "./planes";
import { hash64 } from "./planes-plain";

export const archiveMagic = [0x89, 0x43, 0x42, 0x4b, 0x0d, 0x0a, 0x1a, 0x0a] as const;
const endMagic = [0x43, 0x42, 0x4b, 0x45, 0x4e, 0x44, 0x0d, 0x0a] as const;
export const archiveVersion = 1;
export const headerBytes = 16;
const footerBytes = 32;
const hashBytes = 8;
const digestBytes = 32;
/** Names of files and layers, and of types, are shorter. */
const maxStringBytes = 65_536;
/** numpy's limit; torch's own is 64 too. */
const maxRank = 64;

/** What a part of a file is. */
export interface SegmentInfo {
  /** The tensor's name; undefined for headers, padding and whatever is no tensor. */
  readonly tensor?: { readonly name: string; readonly dtype: string; readonly shape: Shape };
  /** Bytes in the original file. */
  readonly start: number;
  readonly length: number;
  /** Bytes of an element: 1, 2, 4 or 8. */
  readonly width: number;
}

export interface Segment extends SegmentInfo {
  /** SHA-256 of the original bytes, hex. */
  readonly sha256: string;
  /** Where each block is stored (blocks + 1): block i is bytes at[i] to at[i + 1] of the archive. */
  readonly at: Float64Array;
  readonly hashes: BigUint64Array;
}

export interface ArchiveIndex {
  /** Name of the original file, without its folder. */
  readonly name: string;
  readonly byteLength: number;
  readonly sha256: string;
  readonly segments: readonly Segment[];
}

export function blockBytesOf(width: number): number {
  return width * blockElements;
}

export function blockCount(segment: SegmentInfo): number {
  return Math.ceil(segment.length / blockBytesOf(segment.width));
}

/** The first 16 bytes. */
export function headerOfArchive(): Uint8Array {
  return Uint8Array.of(...archiveMagic, archiveVersion, 0, 0, 0, 0, 0, 0, 0);
}

class IndexWriter {
  private readonly parts: number[] = [];

  byte(value: number): void {
    this.parts.push(value);
  }
  bytes(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) this.parts.push(values[i]);
  }
  varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 128);
    this.byte(rest);
  }
  string(text: string): void {
    const bytes = Buffer.from(text);
    this.varint(bytes.length);
    this.bytes(bytes);
  }
  u64(value: bigint): void {
    for (let k = 0n; k < 64n; k += 8n) this.byte(Number((value >> k) & 255n));
  }
  finish(): Uint8Array {
    return Uint8Array.from(this.parts);
  }
}

/** Index and footer of an archive whose blocks end at byte `indexAt`. */
export function writeIndex(index: ArchiveIndex, indexAt: number): Uint8Array {
  const writer = new IndexWriter();
  writer.string(index.name);
  writer.varint(index.byteLength);
  writer.bytes(Buffer.from(index.sha256, "hex"));
  writer.varint(index.segments.length);
  for (const { tensor, length, sha256, width, at, hashes } of index.segments) {
    writer.byte(tensor ? 1 : 0);
    if (tensor) {
      writer.string(tensor.name);
      writer.string(tensor.dtype);
      writer.varint(tensor.shape.length);
      tensor.shape.forEach((size) => writer.varint(size));
    }
    writer.varint(length);
    writer.bytes(Buffer.from(sha256, "hex"));
    writer.byte(width);
    hashes.forEach((hash, i) => {
      writer.varint(at[i + 1] - at[i]);
      writer.u64(hash);
    });
  }
  const body = writer.finish();
  const footer = new IndexWriter();
  footer.u64(BigInt(indexAt));
  footer.u64(BigInt(body.length));
  footer.u64(hash64(body));
  footer.bytes(endMagic);
  return Buffer.concat([body, footer.finish()]);
}

/** Reads foreign bytes of the index; every fault is a `FormatError` at its byte of the file. */
class IndexReader {
  private at = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: string,
    private readonly start: number,
  ) {}

  get offset(): number {
    return this.start + this.at;
  }
  get left(): number {
    return this.bytes.length - this.at;
  }

  fail(problem: string, expected: string, offset = this.offset): never {
    throw new FormatError(this.file, offset, problem, expected);
  }
  take(count: number, what: string): Uint8Array {
    if (count > this.left) this.fail(`${what} of ${count} bytes`, `at most the ${this.left} left of the index`);
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
  byte(what: string): number {
    return this.take(1, what)[0];
  }
  varint(what: string, maximum: number): number {
    const start = this.offset;
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte(what);
      value += (byte & 127) * scale;
      if (value > maximum || scale > 2 ** 49) this.fail(`${what} is above the limit`, `at most ${maximum}`, start);
      if (byte >= 128) continue;
      if (byte === 0 && scale > 1) this.fail(`${what} has zeros behind it`, "the shortest form", start);
      return value;
    }
  }
  string(what: string): string {
    const start = this.offset;
    const bytes = this.take(this.varint(`the length of ${what}`, maxStringBytes), what);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return this.fail(`${what} is no UTF-8`, "UTF-8", start);
    }
  }
  hex(what: string): string {
    return Buffer.from(this.take(digestBytes, what)).toString("hex");
  }
  u64(what: string): bigint {
    const bytes = this.take(hashBytes, what);
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  }
}

/** Reads and checks header, footer and index; no block. `FormatError` for anything that `pack` does not write. */
export async function readIndex(source: ByteSource, signal?: AbortSignal): Promise<ArchiveIndex> {
  const { name: file, byteLength } = source;
  const fail = (offset: number, problem: string, expected: string): never => {
    throw new FormatError(file, offset, problem, expected);
  };
  if (byteLength < headerBytes + footerBytes)
    fail(byteLength, `the file ends after ${byteLength} bytes`, `${headerBytes + footerBytes} or more`);
  const head = await source.read(0, headerBytes, signal);
  headerOfArchive().forEach((byte, i) => {
    if (head[i] === byte) return;
    if (i < 8) fail(i, `byte value ${head[i]}`, `${byte}, the beginning of a .codebook file`);
    if (i < 12)
      fail(
        8,
        `version ${new DataView(head.buffer).getUint32(8, true)}`,
        `version ${archiveVersion}; a newer Codebook may read it`,
      );
    fail(i, `byte value ${head[i]}`, "0");
  });
  const footerAt = byteLength - footerBytes;
  const footer = await source.read(footerAt, byteLength, signal);
  endMagic.forEach((byte, i) => {
    if (footer[24 + i] !== byte)
      fail(footerAt + 24 + i, `byte value ${footer[24 + i]}`, `${byte}: the file was cut short`);
  });
  const view = new DataView(footer.buffer);
  const [indexAt, indexBytes] = [view.getBigUint64(0, true), view.getBigUint64(8, true)];
  if (indexAt < BigInt(headerBytes) || indexAt + indexBytes !== BigInt(footerAt))
    fail(footerAt, `an index of ${indexBytes} bytes at ${indexAt}`, `one that ends at ${footerAt}`);
  const body = await source.read(Number(indexAt), footerAt, signal);
  if (hash64(body) !== view.getBigUint64(16, true))
    fail(footerAt + 16, "the index does not have the hash that stands here", "an undamaged index");
  return parseIndex(new IndexReader(body, file, Number(indexAt)), Number(indexAt));
}

function parseIndex(reader: IndexReader, indexAt: number): ArchiveIndex {
  const name = reader.string("the file's name");
  const byteLength = reader.varint("the file's size", Number.MAX_SAFE_INTEGER);
  const sha256 = reader.hex("the file's SHA-256");
  const leastSegmentBytes = 3 + digestBytes;
  const count = reader.varint("the number of segments", Math.floor(reader.left / leastSegmentBytes));
  const segments: Segment[] = [];
  let start = 0;
  let blockAt = headerBytes;
  for (let i = 0; i < count; i++) {
    const segment = parseSegment(reader, start, blockAt, byteLength - start, indexAt);
    segments.push(segment);
    start += segment.length;
    blockAt = segment.at[segment.at.length - 1];
  }
  if (reader.left > 0) reader.fail(`${reader.left} bytes follow the last segment`, "the end of the index");
  if (start !== byteLength) reader.fail(`segments of ${start} bytes`, `${byteLength}, the file's size`);
  if (blockAt !== indexAt) reader.fail(`blocks that end at ${blockAt}`, `${indexAt}, where the index begins`);
  return { name, byteLength, sha256, segments };
}

function parseSegment(
  reader: IndexReader,
  start: number,
  firstBlock: number,
  mostBytes: number,
  indexAt: number,
): Segment {
  const kind = reader.byte("the kind of a segment");
  if (kind > 1) reader.fail(`segment kind ${kind}`, "0 or 1", reader.offset - 1);
  const tensor = kind === 1 ? parseTensor(reader) : undefined;
  const length = reader.varint("a segment's size", mostBytes);
  const sha256 = reader.hex("a segment's SHA-256");
  const width = reader.byte("the width of the elements");
  if (![1, 2, 4, 8].includes(width) || length % width !== 0)
    reader.fail(`elements of ${width} bytes in ${length}`, "1, 2, 4 or 8, a divisor", reader.offset - 1);
  const info = { tensor, start, length, width };
  const blocks = blockCount(info);
  if (blocks * (1 + hashBytes) > reader.left)
    reader.fail(`${blocks} blocks in ${reader.left} bytes of index`, `${1 + hashBytes} bytes or more for each`);
  const at = new Float64Array(blocks + 1).fill(firstBlock);
  const hashes = new BigUint64Array(blocks);
  const full = blockBytesOf(width);
  for (let i = 0; i < blocks; i++) {
    const here = reader.offset;
    const { least, most } = blockLimits(Math.min(full, length - i * full));
    const stored = reader.varint("a block's size", most);
    if (stored < Math.min(least, most))
      reader.fail(`a block of ${stored} bytes`, `${Math.min(least, most)} to ${most}`, here);
    at[i + 1] = at[i] + stored;
    if (at[i + 1] > indexAt) reader.fail(`a block that ends at ${at[i + 1]}`, `at most ${indexAt}`, here);
    hashes[i] = reader.u64("a block's hash");
  }
  return { ...info, sha256, at, hashes };
}

function parseTensor(reader: IndexReader): SegmentInfo["tensor"] {
  const name = reader.string("a tensor's name");
  const dtype = reader.string("a tensor's type");
  const rank = reader.varint("a tensor's rank", maxRank);
  const shape = Array.from({ length: rank }, () => reader.varint("a size", Number.MAX_SAFE_INTEGER));
  return { name, dtype, shape: Object.freeze(shape) };
}
