import { open, stat } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { SourceError } from "../errors";
import { checkIdentity, sourceError, type FileRange } from "./file-range";
import { pause, throwIfStopped } from "./pause";

/** Where bytes come from. One seam for a file, an address and memory, so that a format reader knows neither, and a test can count
 *  what was read. Ranges are [start, end), in bytes, within [0, byteLength]. */
export interface ByteSource {
  /** The name that errors give it: a file's path. */
  readonly name: string;
  readonly byteLength: number;
  /** Bytes handed out so far, and the number of reads that asked for them. */
  readonly bytesRead: number;
  readonly reads: number;
  /** Given where a read costs much: how many bytes a reader of headers asks for at once. */
  readonly windowBytes?: number;
  /** Bytes that are stored of this source, where they are packed; `byteLength` where it is absent. */
  readonly storedBytes?: number;
  /** SHA-256 of all bytes, hex, where it is known without reading them. */
  readonly sha256?: string;
  /** The paths of the files on this machine that the bytes come from; absent where they come from elsewhere. */
  readonly files?: readonly string[];
  /** The bytes [start, end) of a local file, for a thread that reads them itself; they count as read. Absent for other sources. */
  rangeOf?(start: number, end: number): FileRange;
  /** The bytes [start, end) in an array of their own. `SourceError` when they cannot be had. */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** Fills `target` with the bytes from `start` on. */
  readInto(target: Uint8Array, start: number, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Bytes asked of the file at once: so many that the calls cost nothing, and so few that the stop signal is looked at about every 10 ms. */
const sliceBytes = 8 * 1024 * 1024;

/** A source that checks ranges and counts bytes; each kind of source adds how it gets them. */
export abstract class CountingSource implements ByteSource {
  bytesRead = 0;
  reads = 0;
  private closed = false;

  constructor(
    readonly name: string,
    readonly byteLength: number,
  ) {}

  protected abstract fill(target: Uint8Array, start: number, signal: AbortSignal | undefined): Promise<void>;

  async read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    this.check(start, end);
    const target = allocate(end - start, this.name);
    await this.readInto(target, start, signal);
    return target;
  }

  async readInto(target: Uint8Array, start: number, signal?: AbortSignal): Promise<void> {
    this.check(start, start + target.byteLength);
    throwIfStopped(signal, `reading ${this.name}`);
    this.reads += 1;
    if (target.byteLength > 0) await this.fill(target, start, signal);
    this.bytesRead += target.byteLength;
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  protected check(start: number, end: number): void {
    if (this.closed) throw new SourceError(this.name, "was closed and cannot be read any more");
    const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
    if (!whole || start < 0 || end < start || end > this.byteLength)
      throw new SourceError(this.name, `bytes ${start} to ${end} were asked for; it has bytes 0 to ${this.byteLength}`);
  }
}

function allocate(size: number, name: string): Uint8Array {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw new SourceError(name, `${size} bytes do not fit in one array on this machine`, { cause });
  }
}

class MemorySource extends CountingSource {
  constructor(
    private readonly bytes: Uint8Array,
    name: string,
  ) {
    super(name, bytes.byteLength);
  }

  protected async fill(target: Uint8Array, start: number, signal: AbortSignal | undefined): Promise<void> {
    for (let done = 0; done < target.byteLength; done += sliceBytes) {
      if (done > 0) await pause();
      throwIfStopped(signal, `reading ${this.name}`);
      const size = Math.min(sliceBytes, target.byteLength - done);
      target.set(this.bytes.subarray(start + done, start + done + size), done);
    }
  }
}

/** Bytes that are in memory already. They are not copied: do not change them while the source is in use. */
export function memorySource(bytes: Uint8Array, name = "memory"): ByteSource {
  return new MemorySource(bytes, name);
}

/** A file that is opened anew for each read, so that a model that lies about in a notebook holds no descriptor. Before and after the read
 *  it must have the inode, size and time of change that it had at first: a file that was replaced, truncated or written to is an error
 *  rather than wrong weights. */
class FileSource extends CountingSource {
  constructor(
    path: string,
    private readonly identity: BigIntStats,
  ) {
    super(path, Number(identity.size));
  }

  protected async fill(target: Uint8Array, start: number, signal: AbortSignal | undefined): Promise<void> {
    const handle = await this.openSame();
    try {
      let done = 0;
      while (done < target.byteLength) {
        throwIfStopped(signal, `reading ${this.name}`);
        const size = Math.min(sliceBytes, target.byteLength - done);
        const { bytesRead } = await attempt(this.name, () => handle.read(target, done, size, start + done));
        if (bytesRead === 0)
          throw new SourceError(
            this.name,
            `ends at byte ${start + done}; it had ${this.byteLength} bytes when it was opened`,
          );
        done += bytesRead;
      }
      checkIdentity(this.name, await attempt(this.name, () => handle.stat({ bigint: true })), this.identity);
    } finally {
      // The bytes are read and checked by now, so a failure to close the file is of no consequence.
      await handle.close().catch(() => undefined);
    }
  }

  get files(): readonly string[] {
    return [this.name];
  }

  rangeOf(start: number, end: number): FileRange {
    this.check(start, end);
    this.reads += 1;
    this.bytesRead += end - start;
    const { size, ino, dev, mtimeNs } = this.identity;
    const identity = { size, ino, dev, mtimeNs };
    return { path: this.name, start, byteLength: end - start, identity };
  }

  private async openSame(): Promise<FileHandle> {
    const handle = await attempt(this.name, () => open(this.name, "r"));
    try {
      checkIdentity(this.name, await attempt(this.name, () => handle.stat({ bigint: true })), this.identity);
    } catch (error) {
      await handle.close().catch(() => undefined);
      throw error;
    }
    return handle;
  }
}

/** A regular file. `SourceError` when it is missing, unreadable, a folder or a device. */
export async function fileSource(path: string): Promise<ByteSource> {
  const identity = await attempt(path, () => stat(path, { bigint: true }));
  if (!identity.isFile()) throw new SourceError(path, identity.isDirectory() ? "is a folder" : "is not a regular file");
  const source = new FileSource(path, identity);
  const probe = await attempt(path, () => open(path, "r"));
  await probe.close().catch(() => undefined);
  return source;
}

/** Runs a call of the file system and turns its failure into a `SourceError` in plain words. */
export async function attempt<T>(path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw sourceError(path, cause);
  }
}
