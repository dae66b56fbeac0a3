/** Files that are written in pieces, one for each tensor, and taken up again where the writing broke off. Beside the file `m.gguf` lie
 *  meanwhile
 *
 *    .m.gguf.KEY.partial         the pieces
 *    .m.gguf.KEY.partial.done    a line for each whole piece: its number, its bytes, its SHA-256
 *    .m.gguf.KEY.partial.lock    who writes it
 *
 *  KEY is a hash of what decides every byte. A line is written when its piece is on the disk, and believed when the piece has its hash.
 *  The disk is waited for once in 16 MB. */
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CancelledError, WriteError } from "../errors";
import { attempt, isAlive, machine, sliceBytes, syncFolder, type AtomicWriteOptions } from "./atomic-file";
import { pause, throwIfStopped } from "./pause";

export interface Piece {
  readonly bytes: number;
  make(): Uint8Array | Promise<Uint8Array>;
}

export interface ResumableWriteOptions extends Pick<AtomicWriteOptions, "signal"> {
  /** The same for two calls exactly if their files have the same bytes. */
  readonly key: string;
  /** Bytes after which the disk is waited for, 16 MB unless told. */
  readonly syncBytes?: number;
}

/** Writes `pieces`, one behind the other, as the file `path`, which is the old file or the whole new one at every moment. What an earlier
 *  call with the same key wrote before it failed, was stopped or killed is checked and kept; at most the piece in hand, or 16 MB, is made again.
 *  Unfinished files of other keys are removed. Returns the number of bytes. `WriteError` says what failed and how much is kept, also when
 *  another process is writing the same file; what `make` throws comes through as it is. */
export async function writeFileResumably(
  path: string,
  pieces: readonly Piece[],
  { key, signal, syncBytes = 16 * 1024 * 1024 }: ResumableWriteOptions,
): Promise<number> {
  const target = await fs.realpath(path).catch(() => path);
  const existing = await fs.stat(target).catch(() => undefined);
  if (existing && !existing.isFile())
    throw new WriteError(path, "there is something of this name that is not a regular file");
  const start = `.${basename(target).slice(0, 100)}.`;
  const name = `${start}${createHash("sha256").update(key).digest("hex").slice(0, 16)}.partial`;
  const partial = join(dirname(target), name);
  const unlock = await lock(path, `${partial}.lock`);
  try {
    await removeOthers(dirname(target), start, name);
    const size = await fill(path, partial, existing?.mode ?? 0o666, pieces, { signal, syncBytes });
    throwIfStopped(signal, `writing ${path}`);
    await attempt(path, "renaming", () => fs.rename(partial, target));
    await fs.unlink(`${partial}.done`).catch(() => undefined);
    await syncFolder(fs, dirname(target), path);
    return size;
  } finally {
    await unlock();
  }
}

/** Locks of this process. */
const held = new Set<string>();

/** One writer at a time. The lock of a process that is gone counts for nothing, and so does one of an earlier process of our number. */
async function lock(path: string, name: string): Promise<() => Promise<void>> {
  for (let isFirst = true; ; isFirst = false) {
    try {
      await fs.writeFile(name, `${machine} ${process.pid}`, { flag: "wx" });
      held.add(name);
      return async () => {
        held.delete(name);
        await fs.unlink(name).catch(() => undefined);
      };
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST")
        return attempt(path, "locking", () => Promise.reject(cause as Error));
      const [where, pid] = (await fs.readFile(name, "utf8").catch(() => "")).split(" ");
      const isOurs = where === machine && Number(pid) === process.pid;
      const isHeld = isOurs ? held.has(name) : where === machine ? isAlive(Number(pid)) : where !== "";
      if (isHeld || !isFirst)
        throw new WriteError(
          path,
          `process ${pid || "?"}${where === machine ? "" : " of another machine"} is writing it; if it is gone, delete ${name}`,
        );
      await fs.unlink(name).catch(() => undefined);
    }
  }
}

async function removeOthers(folder: string, start: string, own: string): Promise<void> {
  for (const name of await fs.readdir(folder).catch(() => [])) {
    const [, partial] = name.startsWith(start)
      ? (/^([0-9a-f]{16}\.partial)(\.done)?$/.exec(name.slice(start.length)) ?? [])
      : [];
    if (partial === undefined || `${start}${partial}` === own) continue;
    const isHeld = await fs.stat(join(folder, `${start}${partial}.lock`)).catch(() => undefined);
    if (!isHeld) await fs.unlink(join(folder, name)).catch(() => undefined);
  }
}

async function fill(
  path: string,
  partial: string,
  mode: number,
  pieces: readonly Piece[],
  { signal, syncBytes }: { readonly signal: AbortSignal | undefined; readonly syncBytes: number },
): Promise<number> {
  const { O_CREAT, O_RDWR } = fs.constants;
  const open = (name: string, flags: number) =>
    attempt(path, "opening a file beside it", () => fs.open(name, flags, mode & 0o777));
  const file = await open(partial, O_CREAT | O_RDWR);
  let journal: FileHandle | undefined;
  let size = 0;
  let kept = 0;
  let note: (() => Promise<void>) | undefined;
  let isOpen = true;
  try {
    const list = await open(`${partial}.done`, O_CREAT | O_RDWR);
    journal = list;
    const lines = await attempt(path, "reading what is done", () => list.readFile("utf8"));
    const done = await wholePieces(file, lines, pieces, path, signal);
    kept = size = done.size;
    await attempt(path, "cutting", () => file.truncate(done.size));
    await attempt(path, "cutting", () => list.truncate(done.journal));
    let at = done.journal;
    let waiting = "";
    note = async () => {
      await attempt(path, "forcing to disk", () => file.datasync());
      const text = Buffer.from(waiting);
      await attempt(path, "noting what is done", () => writeWhole(list, text, at));
      await attempt(path, "forcing to disk", () => list.datasync());
      at += text.length;
      kept = size;
      waiting = "";
    };
    for (let number = done.count; number < pieces.length; number++) {
      const bytes = await pieces[number].make();
      if (bytes.length !== pieces[number].bytes)
        throw new RangeError(`piece ${number} has ${bytes.length} bytes, and ${pieces[number].bytes} were announced`);
      const hash = await writeAll(file, bytes, size, path, signal);
      waiting += lineOf(number, bytes.length, hash);
      size += bytes.length;
      if (size - kept >= syncBytes || number + 1 === pieces.length) await note();
    }
    throwIfStopped(signal, `writing ${path}`);
    const { size: written } = await attempt(path, "checking", () => file.stat());
    if (written !== size) throw new WriteError(path, `${written} of ${size} bytes reached the file`);
    await attempt(path, "forcing to disk", () => file.sync());
    isOpen = false;
    await attempt(path, "closing", () => file.close());
    return size;
  } catch (error) {
    // A failed sync is final: what it was to make sure is not noted. And who stops the work does not wait for a disk.
    if (!(error instanceof WriteError)) {
      if (isOpen && !(error instanceof CancelledError)) await note?.().catch(() => undefined);
      throw error;
    }
    throw new WriteError(
      path,
      `${error.message.slice(path.length + 2)}; the first ${kept} bytes are kept, and the same call goes on from there`,
      { cause: error.cause ?? error },
    );
  } finally {
    if (isOpen) await file.close().catch(() => undefined);
    await journal?.close().catch(() => undefined);
  }
}

function lineOf(number: number, bytes: number, hash: string): string {
  return `${number} ${bytes} ${hash}\n`;
}

/** The pieces that are in the file, from the first on, each with the hash that its line says; and where the lines of these end. */
async function wholePieces(
  file: FileHandle,
  lines: string,
  pieces: readonly Piece[],
  path: string,
  signal: AbortSignal | undefined,
): Promise<{ count: number; size: number; journal: number }> {
  let [count, size, journal] = [0, 0, 0];
  for (const line of lines.split("\n").slice(0, -1)) {
    if (count === pieces.length) break;
    const { bytes } = pieces[count];
    const hash = await hashOf(file, size, bytes, path, signal);
    if (`${line}\n` !== lineOf(count, bytes, hash)) break;
    count += 1;
    size += bytes;
    journal += line.length + 1;
  }
  return { count, size, journal };
}

async function hashOf(
  file: FileHandle,
  start: number,
  bytes: number,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash("sha256");
  const slice = new Uint8Array(Math.min(sliceBytes, bytes));
  for (let done = 0; done < bytes;) {
    throwIfStopped(signal, `writing ${path}`);
    const length = Math.min(slice.length, bytes - done);
    const { bytesRead } = await attempt(path, "reading what is done", () => file.read(slice, 0, length, start + done));
    if (bytesRead === 0) break;
    hash.update(slice.subarray(0, bytesRead));
    done += bytesRead;
  }
  return hash.digest("hex");
}

async function writeAll(
  file: FileHandle,
  bytes: Uint8Array,
  position: number,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash("sha256");
  for (let done = 0; done < bytes.length;) {
    throwIfStopped(signal, `writing ${path}`);
    const length = Math.min(sliceBytes, bytes.length - done);
    const { bytesWritten } = await attempt(path, "writing", () => file.write(bytes, done, length, position + done));
    if (bytesWritten === 0) throw new WriteError(path, `the disk takes no more than ${position + done} bytes`);
    hash.update(bytes.subarray(done, done + bytesWritten));
    done += bytesWritten;
    await pause();
  }
  return hash.digest("hex");
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw Object.assign(new Error("the disk takes no more"), { code: "ENOSPC" });
    done += bytesWritten;
  }
}
