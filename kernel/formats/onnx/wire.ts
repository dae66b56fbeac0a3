import type { ByteSource } from "../../bytes/source";
import { decodeUtf8, firstInvalidUtf8 } from "../../bytes/utf8";
import { FormatError } from "../../errors";

/** Protocol buffers, walked over by ranges: a field is a varint of number·8 + type, then a varint (0), 8 bytes (1), a length and so many bytes (2)
 *  or 4 bytes (5). What a field holds is not read until it is asked for. Source: protobuf.dev, Encoding. */

/** Bytes [start, end) of a source. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A field of a message. */
export interface Field extends Range {
  readonly number: number;
  /** 0: varint, 1: 8 bytes, 2: bytes, 5: 4 bytes. */
  readonly type: number;
  /** Of a varint, as an unsigned number of 64 bits. */
  readonly value: bigint;
}

/** The first read after a jump, and the most that is read at once; reads that follow one another double. */
const leastWindowBytes = 512;
const mostWindowBytes = 64 * 1024;
/** A tag and a value or a length. */
const headBytes = 20;

/** Walks over messages of one source. */
export class WireReader {
  private window: Uint8Array = new Uint8Array(0);
  private windowStart = 0;
  private nextBytes = leastWindowBytes;

  constructor(
    private readonly source: ByteSource,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** The whole source as a message. */
  get whole(): Range {
    return { start: 0, end: this.source.byteLength };
  }

  /** Refuses the source at that byte. */
  fail(at: number, problem: string, expected: string): never {
    throw new FormatError(this.source.name, at, problem, expected);
  }

  /** The fields of a message, in its order. `FormatError` where one leaves the message, or is of no known type. */
  async *fields({ start, end }: Range): AsyncGenerator<Field> {
    for (let at = start; at < end;) {
      await this.need(at, Math.min(end, at + headBytes));
      const field = this.field(at, end);
      yield field;
      at = field.end;
    }
  }

  /** The text of a field, of at most `most` bytes. */
  async text({ start, end }: Range, what: string, most: number): Promise<string> {
    if (end - start > most) this.fail(start, `${what} has ${end - start} bytes`, `at most ${most}`);
    await this.need(start, end);
    const bytes = this.window.subarray(start - this.windowStart, end - this.windowStart);
    const bad = firstInvalidUtf8(bytes);
    if (bad >= 0) this.fail(start + bad, `${what} is not UTF-8`, "UTF-8 text");
    return decodeUtf8(bytes);
  }

  /** The varints of a packed field, at most `most`. */
  async varints({ start, end }: Range, what: string, most: number): Promise<bigint[]> {
    if (end - start > 10 * most) this.fail(start, `${what} has ${end - start} bytes`, `at most ${10 * most}`);
    await this.need(start, end);
    const values: bigint[] = [];
    for (let at = start; at < end;) {
      const { value, next } = this.varint(at, end);
      values.push(value);
      at = next;
    }
    if (values.length > most) this.fail(start, `${what} has ${values.length} numbers`, `at most ${most}`);
    return values;
  }

  private field(at: number, end: number): Field {
    const tag = this.varint(at, end);
    const number = Number(tag.value >> 3n);
    const type = Number(tag.value & 7n);
    if (number < 1 || number > 2 ** 29 - 1) this.fail(at, `a field has the number ${number}`, "1 to 536870911");
    const start = tag.next;
    if (type === 0) {
      const { value, next } = this.varint(start, end);
      return { number, type, start, end: next, value };
    }
    let begin = start;
    let size = type === 1 ? 8 : type === 5 ? 4 : NaN;
    if (type === 2) {
      const length = this.varint(start, end);
      begin = length.next;
      size = Number(length.value);
    }
    if (Number.isNaN(size)) this.fail(at, `a field has the type ${type}`, "0, 1, 2 or 5");
    if (size > end - begin)
      this.fail(at, `a field has ${size} bytes`, `at most the ${end - begin} that are left of its message`);
    return { number, type, start: begin, end: begin + size, value: 0n };
  }

  private varint(at: number, end: number): { readonly value: bigint; readonly next: number } {
    let value = 0n;
    for (let i = 0; i < 10; i++) {
      if (at + i >= end) this.fail(at, "a number has no end", "a byte under 128 within its message");
      const byte = this.window[at + i - this.windowStart];
      value |= BigInt(byte & 127) << BigInt(7 * i);
      if (byte < 128) return { value: BigInt.asUintN(64, value), next: at + i + 1 };
    }
    return this.fail(at, "a number has more than 10 bytes", "at most 10");
  }

  /** Makes the window hold [start, end), which the source has. */
  private async need(start: number, end: number): Promise<void> {
    const windowEnd = this.windowStart + this.window.length;
    if (start >= this.windowStart && end <= windowEnd) return;
    const follows = start >= this.windowStart && start <= windowEnd;
    this.nextBytes = follows ? Math.min(mostWindowBytes, 2 * this.nextBytes) : leastWindowBytes;
    const size = Math.max(end - start, this.nextBytes, this.source.windowBytes ?? 0);
    this.window = await this.source.read(start, Math.min(this.source.byteLength, start + size), this.signal);
    this.windowStart = start;
  }
}
