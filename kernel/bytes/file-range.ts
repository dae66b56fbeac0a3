/** A part of a local file that a thread reads by itself, so that its bytes do not travel between threads. */
import { closeSync, fstatSync, openSync, readSync, type BigIntStats } from "node:fs";
import { SourceError } from "../errors";

/** What a file was when it was opened. */
export type FileIdentity = Pick<BigIntStats, "size" | "ino" | "dev" | "mtimeNs">;

/** The bytes [start, start + byteLength) of a file. Plain data that passes between threads. */
export interface FileRange {
  readonly path: string;
  readonly start: number;
  readonly byteLength: number;
  readonly identity: FileIdentity;
}

/** Throws `SourceError` when the file is no longer what it was. */
export function checkIdentity(path: string, now: FileIdentity, then: FileIdentity): void {
  if (now.size !== then.size)
    throw new SourceError(path, `has ${now.size} bytes now and had ${then.size} when it was opened; open it again`);
  if (now.ino !== then.ino || now.dev !== then.dev || now.mtimeNs !== then.mtimeNs)
    throw new SourceError(path, "was changed or replaced since it was opened; open it again");
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EISDIR: "is a folder",
  EIO: "the disk reports a read error",
  EMFILE: "too many files are open",
  ELOOP: "too many symbolic links",
  ENAMETOOLONG: "the name is too long",
  ERR_INVALID_ARG_VALUE: "the name has a character that no file name can have",
};

/** A failure of the file system in plain words. */
export function sourceError(path: string, cause: unknown): SourceError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new SourceError(path, reasons[code ?? ""] ?? message, { cause });
}

/** Bytes asked of the file at once: a call of the system takes fewer than 2^31. */
const sliceBytes = 8 * 1024 * 1024;

/** A range, opened for reading; it waits for the disk, so it belongs on a thread of its own. `SourceError` when the file is not there, cannot
 *  be read, or is another than when it was opened first. */
export class FileRangeReader {
  private readonly file: number;

  constructor(private readonly range: FileRange) {
    this.file = this.attempt(() => openSync(range.path, "r"));
    try {
      this.check();
    } catch (error) {
      closeSync(this.file);
      throw error;
    }
  }

  /** Fills `target` with the bytes from `from` of the range on. */
  read(target: Uint8Array, from: number): void {
    const { path, start, byteLength, identity } = this.range;
    if (from < 0 || from + target.byteLength > byteLength)
      throw new SourceError(path, `bytes ${from} to ${from + target.byteLength} of a range of ${byteLength}`);
    for (let done = 0; done < target.byteLength;) {
      const at = start + from + done;
      const size = Math.min(sliceBytes, target.byteLength - done);
      const count = this.attempt(() => readSync(this.file, target, done, size, at));
      if (count === 0)
        throw new SourceError(path, `ends at byte ${at}; it had ${identity.size} bytes when it was opened`);
      done += count;
    }
  }

  /** Checks once more that the file was not changed meanwhile, and closes it. */
  finish(): void {
    try {
      this.check();
    } finally {
      closeSync(this.file);
    }
  }

  private check(): void {
    checkIdentity(
      this.range.path,
      this.attempt(() => fstatSync(this.file, { bigint: true })),
      this.range.identity,
    );
  }

  private attempt<T>(call: () => T): T {
    try {
      return call();
    } catch (cause) {
      throw sourceError(this.range.path, cause);
    }
  }
}

/** All bytes of a range. */
export function readFileRange(
  range: FileRange,
  target: Uint8Array = new Uint8Array(range.byteLength),
): Uint8Array<ArrayBuffer> {
  const reader = new FileRangeReader(range);
  try {
    reader.read(target, 0);
  } finally {
    reader.finish();
  }
  return target as Uint8Array<ArrayBuffer>;
}
