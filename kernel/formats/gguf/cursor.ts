import { pause } from "../../bytes/pause";
import type { ByteSource } from "../../bytes/source";
import { decodeUtf8, firstInvalidUtf8 } from "../../bytes/utf8";
import { FormatError } from "../../errors";
import { headerLimit } from "../budget";

/** Bytes fetched at once. A header's length is not known before it was read, so at most this much is read past its end. */
const windowBytes = 64 * 1024;

/** Walks over the front of a file, little-endian. Every length is compared with the bytes that are left in the file before
 *  anything of that length is fetched or allocated. */
export class GgufCursor {
  private window = new Uint8Array(0);
  private view = new DataView(this.window.buffer);
  /** The file's byte where the window begins, and the next byte within the window. */
  private windowStart = 0;
  private at = 0;

  constructor(
    private readonly source: ByteSource,
    private readonly signal: AbortSignal | undefined,
  ) {}

  get offset(): number {
    return this.windowStart + this.at;
  }

  get left(): number {
    return this.source.byteLength - this.offset;
  }

  fail(offset: number, problem: string, expected: string): never {
    throw new FormatError(this.source.name, offset, problem, expected);
  }

  /** True when the window holds `size` more bytes, so that the `take…` methods may be called for them. */
  holds(size: number): boolean {
    return this.window.length - this.at >= size;
  }

  /** Makes the window hold `size` more bytes; `what` names them when the file is too short. */
  async need(size: number, what: string): Promise<void> {
    if (this.holds(size)) return;
    if (size > this.left)
      this.fail(this.offset, `the file ends within ${what}: ${this.left} of ${size} bytes are there`, `${size} bytes`);
    const start = this.offset;
    const limit = headerLimit(this.source, Infinity);
    if (start + size > limit)
      this.fail(start, `the header goes on past byte ${limit}, within ${what}`, "a shorter header");
    const end = Math.min(this.source.byteLength, start + Math.max(size, this.source.windowBytes ?? windowBytes));
    // What lies in memory is read without a turn of the event loop.
    await pause();
    const fetched = await this.source.read(start + this.window.length - this.at, end, this.signal);
    const joined = new Uint8Array(end - start);
    joined.set(this.window.subarray(this.at));
    joined.set(fetched, this.window.length - this.at);
    this.window = joined;
    this.view = new DataView(joined.buffer);
    this.windowStart = start;
    this.at = 0;
  }

  /** The next `size` bytes, which the window holds; a view that stays valid. */
  take(size: number): Uint8Array {
    this.at += size;
    return this.window.subarray(this.at - size, this.at);
  }

  takeUint32(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  takeUint64(): bigint {
    this.at += 8;
    return this.view.getBigUint64(this.at - 8, true);
  }

  /** The next 64-bit number, which stays the next. */
  peekUint64(): bigint {
    return this.view.getBigUint64(this.at, true);
  }

  async uint32(what: string): Promise<number> {
    await this.need(4, what);
    return this.takeUint32();
  }

  /** A 64-bit count of things of which each takes at least `leastBytes` bytes: more than the file has room for is refused. */
  async count(what: string, leastBytes: number, limit: number): Promise<number> {
    await this.need(8, what);
    const at = this.offset;
    const value = this.takeUint64();
    if (value > limit) this.fail(at, `${what} is ${value}`, `at most ${limit}`);
    const count = Number(value);
    if (count * leastBytes > this.left)
      this.fail(
        at,
        `${what} is ${count}, at least ${leastBytes} bytes each`,
        `no more than the ${this.left} bytes that are left`,
      );
    return count;
  }

  /** A string: a 64-bit length and that many bytes of UTF-8. */
  async string(what: string, limit: number): Promise<string> {
    const length = await this.count(`the length of ${what}`, 1, limit);
    await this.need(length, what);
    return this.checkedText(this.take(length), this.offset - length, what);
  }

  /** Refuses bytes that are no UTF-8; `start` is their place in the file. */
  checkedText(bytes: Uint8Array, start: number, what: string): string {
    const bad = firstInvalidUtf8(bytes);
    if (bad >= 0) this.fail(start + bad, `${what} is not UTF-8`, "UTF-8 text");
    return decodeUtf8(bytes);
  }
}
