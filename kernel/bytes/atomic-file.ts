import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { CancelledError, WriteError } from "../errors";
import { throwIfStopped } from "./pause";

/** The calls of the file system that a write makes; a test puts failing ones in their place. */
export interface OutputHandle {
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number }>;
  stat(): Promise<{ size: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}
/** The file system as a write sees it; by default Node's own. */
export interface OutputFileSystem {
  open(path: string, flags: string, mode?: number): Promise<OutputHandle>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  realpath(path: string): Promise<string>;
  stat(path: string): Promise<{ mode: number; isFile(): boolean }>;
  readdir?(path: string): Promise<string[]>;
}

/** How a file is written atomically. */
export interface AtomicWriteOptions {
  readonly signal?: AbortSignal | undefined;
  readonly fileSystem?: OutputFileSystem | undefined;
  /** Looks at the temporary file, whole and forced to disk, before it takes its name; what this throws keeps the old file. */
  readonly verify?: (temporary: string) => Promise<void>;
}

/** The bytes of a file in pieces of any size. */
export type Parts = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** Bytes handed to the system at once; the stop signal is looked at between two slices. */
export const sliceBytes = 8 * 1024 * 1024;

/** Writes `parts`, one behind the other, as the file `path`, so that at every moment, come a full disk, a kill or a power cut, `path`
 *  is either what it was or the whole new file. The bytes go to a temporary file in the same folder; each write is repeated until
 *  all its bytes are written; the size is checked; the file is forced to disk, closed, renamed to `path`, and the folder is forced
 *  to disk. On an error the temporary file is removed. A failed sync is final and never tried again (the system may have dropped
 *  the pages). A link is followed, and an existing file keeps its mode.
 *  A process that was killed leaves its temporary file; the next write of that name on this machine removes it.
 *  Returns the number of bytes. `WriteError` says what failed; what `parts` throws comes through as it is. */
export async function writeFileAtomically(
  path: string,
  parts: Parts,
  options: AtomicWriteOptions = {},
): Promise<number> {
  const fileSystem = options.fileSystem ?? fs;
  const target = await fileSystem.realpath(path).catch(() => path);
  const existing = await fileSystem.stat(target).catch(() => undefined);
  if (existing && !existing.isFile())
    throw new WriteError(path, "there is something of this name that is not a regular file");
  await removeLeftovers(fileSystem, target);
  const temporary = temporaryPath(target);
  const size = await intoTemporary(fileSystem, temporary, existing?.mode ?? 0o666, parts, path, options.signal);
  try {
    await options.verify?.(temporary);
    throwIfStopped(options.signal, `writing ${path}`);
    await attempt(path, "renaming", () => fileSystem.rename(temporary, target));
  } catch (error) {
    await fileSystem.unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(fileSystem, dirname(target), path);
  return size;
}

/** A name for this machine, 8 hex digits, that stands in names of temporary files: a folder may be shared between machines, and the number of
 *  a process means nothing on another one. */
export const machine = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

function temporaryStart(target: string): string {
  return `.${basename(target).slice(0, 100)}.${machine}.`;
}

/** A new name beside `target` for what is wanted until it is written: a process that was killed leaves it to the next write of that name. */
export function temporaryPath(target: string): string {
  return join(dirname(target), `${temporaryStart(target)}${process.pid}.${randomBytes(6).toString("hex")}.tmp`);
}

/** Removes the temporary files of `target` whose processes are gone. What cannot be removed stays. */
async function removeLeftovers(fileSystem: OutputFileSystem, target: string): Promise<void> {
  const start = temporaryStart(target);
  const names = (await fileSystem.readdir?.(dirname(target)).catch(() => undefined)) ?? [];
  for (const name of names) {
    const process = name.startsWith(start) ? /^(\d+)\.[0-9a-f]{12}\.tmp$/.exec(name.slice(start.length)) : null;
    if (process && !isAlive(Number(process[1])))
      await fileSystem.unlink(join(dirname(target), name)).catch(() => undefined);
  }
}

/** True when a process of that number runs on this machine, also one of another user. */
export function isAlive(process: number): boolean {
  try {
    return globalThis.process.kill(process, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

async function intoTemporary(
  fileSystem: OutputFileSystem,
  temporary: string,
  mode: number,
  parts: Parts,
  path: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const handle = await attempt(path, "creating a temporary file", () => fileSystem.open(temporary, "wx", mode & 0o777));
  let isOpen = true;
  try {
    const size = await writeParts(handle, parts, path, signal);
    const { size: written } = await attempt(path, "checking", () => handle.stat());
    if (written !== size) throw new WriteError(path, `${written} of ${size} bytes reached the file`);
    await attempt(path, "forcing to disk", () => handle.sync());
    isOpen = false;
    await attempt(path, "closing", () => handle.close());
    return size;
  } catch (error) {
    if (isOpen) await handle.close().catch(() => undefined);
    await fileSystem.unlink(temporary).catch(() => undefined);
    throw error;
  }
}

async function writeParts(
  handle: OutputHandle,
  parts: Parts,
  path: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  let size = 0;
  for await (const part of parts) {
    for (let done = 0; done < part.length;) {
      throwIfStopped(signal, `writing ${path}`);
      const length = Math.min(sliceBytes, part.length - done);
      const { bytesWritten } = await attempt(path, "writing", () => handle.write(part, done, length));
      if (bytesWritten === 0) throw new WriteError(path, `the disk takes no more than ${size + done} bytes`);
      done += bytesWritten;
    }
    size += part.length;
  }
  throwIfStopped(signal, `writing ${path}`);
  return size;
}

/** Forces a folder's entries to the disk, so that a renaming in it outlives a power cut. `WriteError`, which names `path`, where that fails. */
export async function syncFolder(fileSystem: OutputFileSystem, folder: string, path: string): Promise<void> {
  if (process.platform === "win32") return; // a folder cannot be opened there, and renames are journalled
  const handle = await attempt(path, "opening its folder", () => fileSystem.open(folder, "r"));
  try {
    await attempt(path, "forcing its folder to disk", () => handle.sync());
  } finally {
    await handle.close().catch(() => undefined);
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file is larger than allowed here",
  EIO: "the disk reports an error",
  EROFS: "the disk is read-only",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOENT: "there is no such folder",
  ENOTDIR: "there is no such folder",
  ENAMETOOLONG: "the name is too long",
};

/** Runs a call of the file system and turns its failure into a `WriteError` in plain words. */
export async function attempt<T>(path: string, doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof CancelledError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new WriteError(path, `${doing} failed: ${reasons[code ?? ""] ?? message}`, { cause });
  }
}
