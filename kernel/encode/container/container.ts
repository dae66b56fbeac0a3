/** The bytes of an encoded array, self-contained. All numbers little-endian, varints in LEB128 (7 bits a byte, low first).
 *
 *  | bytes  | what                                                                                      |
 *  | 4      | "CBE" and the version, 1                                                                  |
 *  | 1      | form of a coder; the coders' own files name their numbers                                |
 *  | 1      | type of the array: 0 Uint8, 1 Int8, 2 Uint16, 3 Int16, 4 Int32, 5 string (UTF-16 units),   |
 *  |        | 6 Float32, 7 Float64                                                                        |
 *  | varint | number of symbols                                                                         |
 *  | …      | the coder's table and payload; absent when there is no symbol                             |
 *  | 4      | CRC-32 (zlib's) of every byte before                                                      |
 *
 *  Bytes are foreign until proved: nothing is allocated from a count that the bytes do not back, and whatever does not fit is a
 *  `FormatError` with its offset. */
import { crc32 } from "node:zlib";
import type { SpilledArray, SpillFile } from "../../bytes/spill-file";
import { FormatError } from "../../errors";

/** What every container begins with: "CBE" and the version, 1. */
export const magic = [0x43, 0x42, 0x45, 1] as const;

/** The arrays of integers that coders take. */
export type IntegerArray = Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array;
/** The arrays of floats that coders take, by their bytes. */
export type FloatArray = Float32Array | Float64Array;

/** A type of array that a container may hold. */
export interface ArrayType {
  /** The name of its class, or "string" for UTF-16 units. */
  readonly name: string;
  /** Bytes of an element. */
  readonly width: 1 | 2 | 4 | 8;
  /** The integers that it holds; undefined for floats. */
  readonly minimum?: number;
  /** The greatest integer that it holds; undefined for floats. */
  readonly maximum?: number;
  /** An array of that many elements, all zero; of a string, its UTF-16 units. */
  readonly create: (length: number) => IntegerArray | FloatArray;
}

/** The types by the number that the container gives them. */
export const arrayTypes: readonly ArrayType[] = [
  { name: "Uint8Array", width: 1, minimum: 0, maximum: 255, create: (n) => new Uint8Array(n) },
  { name: "Int8Array", width: 1, minimum: -128, maximum: 127, create: (n) => new Int8Array(n) },
  { name: "Uint16Array", width: 2, minimum: 0, maximum: 65_535, create: (n) => new Uint16Array(n) },
  { name: "Int16Array", width: 2, minimum: -32_768, maximum: 32_767, create: (n) => new Int16Array(n) },
  { name: "Int32Array", width: 4, minimum: -(2 ** 31), maximum: 2 ** 31 - 1, create: (n) => new Int32Array(n) },
  { name: "string", width: 2, minimum: 0, maximum: 65_535, create: (n) => new Uint16Array(n) },
  { name: "Float32Array", width: 4, create: (n) => new Float32Array(n) },
  { name: "Float64Array", width: 8, create: (n) => new Float64Array(n) },
];

/** From here on a buffer grows by a quarter: what is spare of it is resident too. */
const largeBytes = 8 * 1024 * 1024;
/** Bytes that wait in memory until they go to a file. */
const waitingBytes = 1024 * 1024;

/** Bytes that grow as they are written: in memory, or at the end of a file. */
export class ByteWriter {
  private buffer: Uint8Array<ArrayBuffer>;
  /** Bytes in `buffer`, behind those that are in the file. */
  private held = 0;
  /** Where the bytes begin in the file, and how many of them are there. */
  private readonly start: number;
  private filed = 0;

  /** `capacity`: bytes that will be written, about; those that are not take no memory, and more are taken when they are needed. With a
   *  `file` they go to its end, to which nothing else is written meanwhile. */
  constructor(
    private readonly capacity = 256,
    private readonly file?: SpillFile,
  ) {
    this.buffer = new Uint8Array(file ? waitingBytes : capacity);
    this.start = file?.length ?? 0;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.filed + this.held;
  }

  /** Writes one byte, 0–255. */
  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.held++] = value;
  }

  /** Writes the bytes as they are. */
  bytes(values: Uint8Array): void {
    this.reserve(values.length);
    if (this.file && values.length > waitingBytes) {
      this.file.append(values);
      this.filed += values.length;
      return;
    }
    this.buffer.set(values, this.held);
    this.held += values.length;
  }

  /** Puts bytes before those that were written from the place `at` on. */
  insert(at: number, values: Uint8Array): void {
    if (this.file) {
      this.flush(this.file);
      this.file.insert(this.start + at, values);
      this.filed += values.length;
      return;
    }
    this.reserve(values.length);
    this.buffer.copyWithin(at + values.length, at, this.held);
    this.buffer.set(values, at);
    this.held += values.length;
  }

  /** Takes back all but the first `length` bytes. */
  cut(length: number): void {
    if (length < this.filed) {
      this.file?.cut(this.start + length);
      this.filed = length;
    }
    this.held = length - this.filed;
  }

  /** A whole number from 0 to 2^53 − 1. */
  varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 128);
    this.byte(rest);
  }

  /** A whole number of either sign: 0, −1, 1, −2, … as 0, 1, 2, 3, … */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  /** `bytes` bytes, low first. */
  little(value: number, bytes: number): void {
    for (let i = 0, rest = value; i < bytes; i++, rest = Math.floor(rest / 256)) this.byte(rest % 256);
  }

  /** What was written so far, of a writer in memory. */
  get written(): Uint8Array {
    return this.buffer.subarray(0, this.held);
  }

  /** What was written, with the CRC-32 behind it, of a writer in memory: a copy, or, where much was to be expected, the beginning of the
   *  writer's own buffer. */
  finish(): Uint8Array {
    this.little(crc32(this.written), 4);
    if (this.capacity >= largeBytes) return this.written;
    return this.buffer.slice(0, this.held);
  }

  /** The same of a writer into a file: where it is. */
  finishInFile(file: SpillFile): SpilledArray {
    this.flush(file);
    let sum = 0;
    file.forEach(this.start, this.start + this.filed, (part) => (sum = crc32(part, sum)));
    this.little(sum, 4);
    this.flush(file);
    const { filed, start } = this;
    return { spilledTo: file.path, type: "Uint8Array", start, length: filed, byteLength: filed };
  }

  /** Makes room for `count` more bytes in the buffer, if it is to hold them. */
  private reserve(count: number): void {
    if (this.held + count <= this.buffer.length) return;
    if (this.file) {
      this.flush(this.file);
      return;
    }
    const factor = this.buffer.length < largeBytes ? 2 : 1.25;
    const larger = new Uint8Array(Math.max(Math.ceil(this.buffer.length * factor), this.held + count));
    larger.set(this.written);
    this.buffer = larger;
  }

  private flush(file: SpillFile): void {
    file.append(this.written);
    this.filed += this.held;
    this.held = 0;
  }
}

/** Reads foreign bytes; every fault is a `FormatError` at its offset. */
export class ByteReader {
  private constructor(
    /** All bytes of the container. */
    readonly bytes: Uint8Array,
    private readonly file: string,
    /** The place of reading. */
    public offset: number,
    /** Past the last byte of the coder's part. */
    readonly end: number,
  ) {}

  /** A reader of all bytes between magic and checksum, which are checked. */
  static open(bytes: Uint8Array, file: string): ByteReader {
    const reader = new ByteReader(bytes, file, magic.length, bytes.length - 4);
    if (bytes.length < 11) reader.fail("it ends too early", `at least 11 bytes, not ${bytes.length}`);
    for (let i = 0; i < 4; i++)
      if (bytes[i] !== magic[i]) reader.fail(`byte value ${bytes[i]}`, `"CBE" and version 1`, i);
    let stored = 0;
    for (let i = 3; i >= 0; i--) stored = stored * 256 + bytes[reader.end + i];
    const computed = crc32(bytes.subarray(0, reader.end));
    if (stored !== computed) reader.fail(`checksum ${stored}`, `CRC-32 ${computed}`, reader.end);
    return reader;
  }

  /** Bytes between the place of reading and the end. */
  get left(): number {
    return this.end - this.offset;
  }

  /** A reader of the next `length` bytes; this one goes on behind them. */
  part(length: number, what: string): ByteReader {
    if (length > this.left) this.fail(`${what} of ${length} bytes`, `at most the ${this.left} that are left`);
    this.offset += length;
    return new ByteReader(this.bytes, this.file, this.offset - length, this.offset);
  }

  /** Throws a `FormatError` at `offset`, by default the place of reading. */
  fail(problem: string, expected: string, offset = this.offset): never {
    throw new FormatError(this.file, offset, problem, expected);
  }

  /** Reads one byte, 0–255; `FormatError` at the end. */
  byte(): number {
    if (this.offset >= this.end) this.fail("the data ends", "more bytes");
    return this.bytes[this.offset++];
  }

  /** Reads an integer from 0 to `maximum` (LEB128); `FormatError` above it, with `what` in its text. */
  varint(what: string, maximum: number): number {
    const start = this.offset;
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (value > maximum || scale > 2 ** 46) this.fail(`${what} above the limit`, `at most ${maximum}`, start);
      if (byte < 128) return value;
    }
  }

  /** Reads an integer of either sign: even numbers stand for n/2, odd ones for −(n + 1)/2. */
  signed(what: string): number {
    const value = this.varint(what, 2 ** 33);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}
