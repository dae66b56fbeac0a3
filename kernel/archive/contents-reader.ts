/** Reads and checks what contents.ts describes. Bytes are foreign until proved: no array is larger than the bytes that back it. */
import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";
import {
  blockBytesIn,
  blockCount,
  digestBytes,
  endMagic,
  footerBytes,
  hashBytes,
  headerBytes,
  headerOfArchive,
  type ArchiveIndex,
  type ArchiveVersion,
  type BaseFile,
  type Segment,
  type SegmentInfo,
} from "./contents";
import { bytesOfElements, elementsIn, isCastable, isWhole } from "./base-cast";
import { modelVersion } from "./model-file";
import { blockBytesOf, layoutCodeFrom, layoutOf, type LayoutCode } from "../encode/byte-planes/block-layout";
import { hashBytes64 } from "../encode/byte-planes/hash";
import { blockLimits } from "../encode/byte-planes/planes";

/** Names of files and layers, and of types, are shorter. */
const maxStringBytes = 65_536;
/** numpy's limit; torch's own is 64 too. */
const maxRank = 64;

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
  const version = new DataView(head.buffer).getUint32(8, true);
  const isFirstVersion = version === 1;
  headerOfArchive().forEach((byte, i) => {
    if (head[i] === byte) return;
    if (i < 8) fail(i, `byte value ${head[i]}`, `${byte}, the beginning of a .codebook file`);
    if (version === modelVersion)
      fail(
        8,
        "this is a compressed model",
        "an archive of a file; open() reads the model, codebook convert expands it",
      );
    if (i < 12 && !isFirstVersion)
      fail(8, `version ${version}`, `version 1 to ${modelVersion}; a newer Codebook may read it`);
    if (i >= 12) fail(i, `byte value ${head[i]}`, "0");
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
  if (hashBytes64(body) !== view.getBigUint64(16, true))
    fail(footerAt + 16, "the index does not have the hash that stands here", "an undamaged index");
  return parseIndex(new IndexReader(body, file, Number(indexAt)), isFirstVersion ? 1 : 2, Number(indexAt));
}

function parseIndex(reader: IndexReader, version: ArchiveVersion, indexAt: number): ArchiveIndex {
  const file = parseFile(reader, "the file");
  const base = version > 1 ? parseBase(reader) : undefined;
  const leastSegmentBytes = 3 + digestBytes;
  const count = reader.varint("the number of segments", Math.floor(reader.left / leastSegmentBytes));
  const segments: Segment[] = [];
  let start = 0;
  let blockAt = headerBytes;
  for (let i = 0; i < count; i++) {
    const limits = { version, base, start, mostBytes: file.byteLength - start, firstBlock: blockAt, indexAt };
    const segment = parseSegment(reader, limits);
    segments.push(segment);
    start += segment.length;
    blockAt = segment.at[segment.at.length - 1];
  }
  if (reader.left > 0) reader.fail(`${reader.left} bytes follow the last segment`, "the end of the index");
  if (start !== file.byteLength) reader.fail(`segments of ${start} bytes`, `${file.byteLength}, the file's size`);
  if (blockAt !== indexAt) reader.fail(`blocks that end at ${blockAt}`, `${indexAt}, where the index begins`);
  return { version, ...file, ...(base ? { base } : {}), segments };
}

function parseFile(reader: IndexReader, what: string): BaseFile {
  const name = reader.string(`the name of ${what}`);
  const byteLength = reader.varint(`the size of ${what}`, Number.MAX_SAFE_INTEGER);
  return { name, byteLength, sha256: reader.hex(`the SHA-256 of ${what}`) };
}

function parseBase(reader: IndexReader): BaseFile | undefined {
  const mark = reader.byte("whether there is a base");
  if (mark > 1) reader.fail(`byte value ${mark}`, "0 or 1, whether there is a base", reader.offset - 1);
  return mark === 1 ? parseFile(reader, "the base") : undefined;
}

interface Limits {
  readonly version: ArchiveVersion;
  readonly base: BaseFile | undefined;
  readonly start: number;
  /** That are left of the file. */
  readonly mostBytes: number;
  /** Where the segment's first block lies, and where blocks end. */
  readonly firstBlock: number;
  readonly indexAt: number;
}

function parseSegment(reader: IndexReader, limits: Limits): Segment {
  const { version, start, firstBlock, mostBytes, indexAt } = limits;
  const mostKind = limits.base ? 2 : 1;
  const kind = reader.byte("the kind of a segment");
  if (kind > mostKind) reader.fail(`segment kind ${kind}`, `0 to ${mostKind}`, reader.offset - 1);
  const tensor = kind > 0 ? parseTensor(reader) : undefined;
  const baseAt = reader.offset;
  const place = kind === 2 ? parsePlace(reader) : undefined;
  const length = reader.varint("a segment's size", mostBytes);
  const sha256 = reader.hex("a segment's SHA-256");
  const layout = parseLayout(reader, version, length);
  const against = { base: limits.base, blockBytes: blockBytesOf(layoutOf(layout)) };
  const base = tensor && place && checkPlace(reader, baseAt, tensor, place, length, against);
  const info: SegmentInfo = { ...(tensor ? { tensor } : {}), ...(base ? { base } : {}), start, length, layout };
  const blocks = blockCount(version, info);
  if (blocks * (1 + hashBytes) > reader.left)
    reader.fail(`${blocks} blocks in ${reader.left} bytes of index`, `${1 + hashBytes} bytes or more for each`);
  const at = new Float64Array(blocks + 1).fill(firstBlock);
  const hashes = new BigUint64Array(blocks);
  const full = blockBytesIn(version, info);
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

function parseLayout(reader: IndexReader, version: ArchiveVersion, length: number): LayoutCode {
  const here = reader.offset;
  if (version === 1) {
    const width = reader.byte("the width of the elements");
    if ((width === 1 || width === 2 || width === 4 || width === 8) && length % width === 0)
      return { width, isFloat: true }; // whether they are rotated stands in each block
    return reader.fail(`elements of ${width} bytes in ${length}`, "1, 2, 4 or 8, a divisor", here);
  }
  const layout = layoutCodeFrom(() => reader.varint("the layout", 255));
  if (!layout) return reader.fail("an unknown layout", "1, 2, 4 or 8, with 16 for floats, or a block type", here);
  const { recordBytes } = layoutOf(layout);
  if (length % recordBytes !== 0) reader.fail(`records of ${recordBytes} bytes in ${length}`, "a divisor", here);
  return layout;
}

function parsePlace(reader: IndexReader): { dtype: string; start: number } {
  const dtype = reader.string("a tensor's type in the base");
  return { dtype, start: reader.varint("its place there", Number.MAX_SAFE_INTEGER) };
}

function checkPlace(
  reader: IndexReader,
  offset: number,
  tensor: { readonly dtype: string },
  { dtype, start }: { readonly dtype: string; readonly start: number },
  length: number,
  { base, blockBytes }: { readonly base: BaseFile | undefined; readonly blockBytes: number },
): SegmentInfo["base"] {
  const isSame = dtype === tensor.dtype;
  if (!isSame && !isCastable(dtype, tensor.dtype))
    reader.fail(`${tensor.dtype} from ${dtype}`, "the same type, or one that it can be made from", offset);
  if (!isSame && !(isWhole(tensor.dtype, length) && isWhole(tensor.dtype, blockBytes)))
    reader.fail(`${length} bytes of ${tensor.dtype}`, "whole elements in each block", offset);
  const size = isSame ? length : bytesOfElements(dtype, elementsIn(tensor.dtype, length));
  if (!base || start + size > base.byteLength)
    reader.fail(`${size} bytes at ${start} of the base`, `at most ${base?.byteLength} bytes in all`, offset);
  return { dtype, start, length: size };
}

function parseTensor(reader: IndexReader): SegmentInfo["tensor"] {
  const name = reader.string("a tensor's name");
  const dtype = reader.string("a tensor's type");
  const rank = reader.varint("a tensor's rank", maxRank);
  const shape = Array.from({ length: rank }, () => reader.varint("a size", Number.MAX_SAFE_INTEGER));
  return { name, dtype, shape: Object.freeze(shape) };
}
