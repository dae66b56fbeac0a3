/** Bytes that a thread makes and that are too many for its memory: they go to a file beside the one that will hold them, and are read from it
 *  once more when that one is written. Reading and writing wait for the disk, so they belong on a thread of their own. */
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { WriteError } from "../errors";

/** An array whose bytes lie in a file: plain data that passes between threads. */
export interface SpilledArray {
  /** The file, which is there as long as the array is wanted. */
  readonly spilledTo: string;
  /** The class of the array. */
  readonly type: "Uint8Array" | "Float32Array";
  /** The byte at which it begins. */
  readonly start: number;
  /** Its elements. */
  readonly length: number;
  /** Its bytes. */
  readonly byteLength: number;
}

/** Whether something is an array in a file. */
export function isSpilled(part: unknown): part is SpilledArray {
  return typeof part === "object" && part !== null && "spilledTo" in part;
}

/** Bytes that are read or moved at once. */
const pieceBytes = 4 * 1024 * 1024;

/** A file of one thread that grows at its end. It is made with the first byte. Every failure of the disk is a `WriteError`. */
export class SpillFile {
  /** Bytes in the file. */
  length = 0;
  private file: number | undefined;

  /** The file at `path` is written anew. */
  constructor(readonly path: string) {}

  /** Writes the bytes at the end. */
  append(bytes: Uint8Array): void {
    this.write(bytes, this.length);
    this.length += bytes.length;
  }

  /** Fills `target` with the bytes from `from` on, all of which must be there. */
  read(target: Uint8Array, from: number): void {
    if (from < 0 || from + target.length > this.length)
      throw new WriteError(
        this.path,
        `bytes ${from} to ${from + target.length} are asked of the ${this.length} written`,
      );
    for (let done = 0; done < target.length;) {
      const count = this.attempt((file) => readSync(file, target, done, target.length - done, from + done));
      if (count === 0) throw new WriteError(this.path, `it ends at byte ${from + done}; ${this.length} were written`);
      done += count;
    }
  }

  /** Hands the bytes [from, to) to `visit`, a part at a time, which is lost afterwards. */
  forEach(from: number, to: number, visit: (part: Uint8Array) => void): void {
    const buffer = new Uint8Array(Math.min(pieceBytes, to - from));
    for (let at = from; at < to; at += buffer.length) {
      const part = buffer.subarray(0, Math.min(buffer.length, to - at));
      this.read(part, at);
      visit(part);
    }
  }

  /** Puts `bytes` before the byte at `at`; what stood from there on moves up. */
  insert(at: number, bytes: Uint8Array): void {
    const buffer = new Uint8Array(Math.min(pieceBytes, this.length - at));
    const end = this.length;
    this.length += bytes.length;
    for (let to = end; to > at;) {
      const part = buffer.subarray(0, Math.min(buffer.length, to - at));
      to -= part.length;
      this.read(part, to);
      this.write(part, to + bytes.length);
    }
    this.write(bytes, at);
  }

  /** Takes away what lies from the byte at `length` on. */
  cut(length: number): void {
    if (length < this.length) this.attempt((file) => ftruncateSync(file, length));
    this.length = Math.min(length, this.length);
  }

  /** Closes the file, which stays. */
  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private write(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length;) {
      const count = this.attempt((file) => writeSync(file, bytes, done, bytes.length - done, at + done));
      if (count === 0) throw new WriteError(this.path, `the disk takes no more than ${at + done} bytes`);
      done += count;
    }
  }

  private attempt<T>(call: (file: number) => T): T {
    try {
      this.file ??= openSync(this.path, "w+");
      return call(this.file);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      throw new WriteError(this.path, code === "ENOSPC" ? "the disk is full" : message, { cause });
    }
  }
}

/** The bytes of all parts, one behind the other, those of files a piece at a time. `WriteError` for a file that ends too early. */
export async function* bytesOfParts(parts: readonly (Uint8Array | SpilledArray)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (isSpilled(part)) yield* bytesOfSpilled(part);
    else yield part;
  }
}

async function* bytesOfSpilled({ spilledTo, start, byteLength }: SpilledArray): AsyncGenerator<Uint8Array> {
  const file = await open(spilledTo, "r");
  try {
    const buffer = new Uint8Array(Math.min(pieceBytes, byteLength));
    for (let done = 0; done < byteLength;) {
      const size = Math.min(buffer.length, byteLength - done);
      const { bytesRead } = await file.read(buffer, 0, size, start + done);
      if (bytesRead === 0)
        throw new WriteError(spilledTo, `it ends at byte ${start + done}; it had ${start + byteLength}`);
      yield buffer.subarray(0, bytesRead);
      done += bytesRead;
    }
  } finally {
    await file.close();
  }
}
