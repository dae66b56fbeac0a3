/** The `.codebook` file, version 2: one file, archived without loss, each of its parts readable alone. Numbers are little-endian, varints
 *  LEB128 (7 bits a byte, low first), strings UTF-8 behind a varint of their bytes.
 *
 *  | bytes  | what                                                                                                   |
 *  | 8      | 89 43 42 4B 0D 0A 1A 0A: damaged by any change of line ends, and no text                               |
 *  | 4, 4   | u32 version, 2; u32 zero                                                                               |
 *  | …      | the blocks, one behind the other (planes.ts)                                                           |
 *  | …      | the index                                                                                              |
 *  | 32     | u64 first byte of the index, u64 its bytes, u64 its XXH64, 43 42 4B 45 4E 44 0D 0A ("CBKEND")          |
 *
 *  The index: string name of the file; varint its bytes; SHA-256 of them (32); one byte 0, or 1 and the base: string name of its file,
 *  varint bytes, SHA-256 (32); varint segments; then for each segment, in the order of the file and without gaps: one byte 0 (header,
 *  padding, anything), 1 (tensor) or 2 (tensor against a base); of a tensor: string name, string type, varint rank, varint sizes, row-major;
 *  against a base: string type there, varint first byte there; varint bytes; SHA-256 of them (32); varint layout (block-layout.ts); for
 *  each block of 512 KiB, or the whole records in it, the last one shorter: varint stored bytes, u64 XXH64 of the stored bytes.
 *
 *  The index stands behind the blocks, so that a file is written in one pass; every byte is under a hash or has one possible value.
 *  Version 1, which is read and no longer written: no base; one byte, the width of the elements (1, 2, 4, 8), in place of the layout; blocks
 *  of 262,144 elements. */
import type { Shape } from "../tensor/tensor";
import { blockBytesOf, layoutOf, numbersOf, type LayoutCode } from "../encode/byte-planes/block-layout";
import { hashBytes64 } from "../encode/byte-planes/hash";

export const archiveMagic = [0x89, 0x43, 0x42, 0x4b, 0x0d, 0x0a, 0x1a, 0x0a] as const;
export const endMagic = [0x43, 0x42, 0x4b, 0x45, 0x4e, 0x44, 0x0d, 0x0a] as const;
export type ArchiveVersion = 1 | 2;
export const archiveVersion = 2;
export const headerBytes = 16;
export const footerBytes = 32;
export const hashBytes = 8;
export const digestBytes = 32;

/** What a part of a file is. */
export interface SegmentInfo {
  /** The tensor's name; undefined for headers, padding and whatever is no tensor. */
  readonly tensor?: { readonly name: string; readonly dtype: string; readonly shape: Shape };
  /** The same tensor in the base: its type there, first byte and bytes. */
  readonly base?: { readonly dtype: string; readonly start: number; readonly length: number };
  /** Bytes in the original file. */
  readonly start: number;
  readonly length: number;
  readonly layout: LayoutCode;
}

export interface Segment extends SegmentInfo {
  /** SHA-256 of the original bytes, hex. */
  readonly sha256: string;
  /** Where each block is stored (blocks + 1): block i is bytes at[i] to at[i + 1] of the archive. */
  readonly at: Float64Array;
  readonly hashes: BigUint64Array;
}

/** The file that another was coded against. */
export interface BaseFile {
  /** Without its folder. */
  readonly name: string;
  readonly byteLength: number;
  readonly sha256: string;
}

export interface ArchiveIndex {
  readonly version: ArchiveVersion;
  /** Name of the original file, without its folder. */
  readonly name: string;
  readonly byteLength: number;
  readonly sha256: string;
  readonly base?: BaseFile;
  readonly segments: readonly Segment[];
}

const elementsOfBlock = 262_144;

/** Original bytes of each block of a segment but the last. */
export function blockBytesIn(version: ArchiveVersion, { layout }: SegmentInfo): number {
  return version === 1 && "width" in layout ? elementsOfBlock * layout.width : blockBytesOf(layoutOf(layout));
}

export function blockCount(version: ArchiveVersion, segment: SegmentInfo): number {
  return Math.ceil(segment.length / blockBytesIn(version, segment));
}

export function tensorsOf(segments: readonly SegmentInfo[]): number {
  return segments.filter((segment) => segment.tensor).length;
}

/** The first 16 bytes. */
export function headerOfArchive(): Uint8Array {
  return Uint8Array.of(...archiveMagic, archiveVersion, 0, 0, 0, 0, 0, 0, 0);
}

class IndexWriter {
  private parts = new Uint8Array(4096);
  private length = 0;

  byte(value: number): void {
    if (this.length === this.parts.length) {
      const larger = new Uint8Array(2 * this.parts.length);
      larger.set(this.parts);
      this.parts = larger;
    }
    this.parts[this.length++] = value;
  }
  bytes(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) this.byte(values[i]);
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
    for (const half of [Number(value & 0xffffffffn), Number(value >> 32n)])
      for (let shift = 0; shift < 32; shift += 8) this.byte((half >>> shift) & 255);
  }
  finish(): Uint8Array {
    return this.parts.slice(0, this.length);
  }
}

/** Index and footer of an archive whose blocks end at byte `indexAt`. */
export function writeIndex(index: Omit<ArchiveIndex, "version">, indexAt: number): Uint8Array {
  const writer = new IndexWriter();
  const file = ({ name, byteLength, sha256 }: BaseFile): void => {
    writer.string(name);
    writer.varint(byteLength);
    writer.bytes(Buffer.from(sha256, "hex"));
  };
  file(index);
  writer.byte(index.base ? 1 : 0);
  if (index.base) file(index.base);
  writer.varint(index.segments.length);
  for (const { tensor, base, length, sha256, layout, at, hashes } of index.segments) {
    writer.byte(tensor ? (base ? 2 : 1) : 0);
    if (tensor) {
      writer.string(tensor.name);
      writer.string(tensor.dtype);
      writer.varint(tensor.shape.length);
      tensor.shape.forEach((size) => writer.varint(size));
    }
    if (base) {
      writer.string(base.dtype);
      writer.varint(base.start);
    }
    writer.varint(length);
    writer.bytes(Buffer.from(sha256, "hex"));
    numbersOf(layout).forEach((number) => writer.varint(number));
    hashes.forEach((hash, i) => {
      writer.varint(at[i + 1] - at[i]);
      writer.u64(hash);
    });
  }
  const body = writer.finish();
  const footer = new IndexWriter();
  footer.u64(BigInt(indexAt));
  footer.u64(BigInt(body.length));
  footer.u64(hashBytes64(body));
  footer.bytes(endMagic);
  return Buffer.concat([body, footer.finish()]);
}
