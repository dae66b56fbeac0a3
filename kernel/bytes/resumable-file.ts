/** Files that are written in pieces, one for each tensor, and taken up again where the writing broke off. Beside the file `m.gguf` lie
 *  meanwhile
 *
 *    .m.gguf.KEY.partial         the pieces
 *    .m.gguf.KEY.partial.done    a line for each whole piece: its number, its bytes, its SHA-256, its note
 *    .m.gguf.KEY.partial.lock    who writes it
 *
 *  KEY is a hash of all that decides the file's bytes. A line is written once its piece is on the disk, and counts when the piece has the
 *  line's hash. The disk is waited for every 16 MB. The lines are removed last, so that the next call recognises one that ended between
 *  the renaming and the removing. */
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { CancelledError, WriteError } from "../errors";
import { attempt, sliceBytes, syncFolder, type AtomicWriteOptions } from "./atomic-file";
import { pause, throwIfStopped } from "./pause";
import { piecesInOrder, type Piece, type PieceSource } from "./pieces";
import { lock, partialOf, removeUnfinished } from "./unfinished-files";

/** How a file is written so that a later call goes on where this one ended. */
export interface ResumableWriteOptions extends Pick<AtomicWriteOptions, "signal"> {
  /** Equal for two calls exactly if their files have the same bytes, or if their `PieceSource` can tell of each piece whether it is the same. */
  readonly key: string;
  /** How many bytes are written between two waits for the disk; 16 MiB by default. */
  readonly syncBytes?: number;
  /** Checks the file, which is whole and on the disk, before it takes its name. When it throws a `WriteError`, nothing is kept. */
  readonly verify?: (partial: string) => Promise<void>;
  /** Work that belongs to the file and is done once it has its name. Where it breaks off, the next call with the same key begins with it. */
  readonly finish?: () => Promise<void>;
}

/** Writes pieces, one behind the other, as the file `path`, which at every moment is the old file or the whole new one. Pieces that an earlier
 *  call with the same key wrote, before it failed or was stopped or killed, are checked and kept; at most the piece in hand, or 16 MiB, is
 *  made again. Unfinished files of other keys are removed. Returns the number of bytes.
 *  `pieces`: a list, or a function that gives them from the first.
 *  `WriteError` says what failed and how much is kept, also when another process is writing the same file; of a piece that is not whole nothing
 *  stays on the disk, and no file at all where no piece is. An error in making a piece is thrown as it is. */
export async function writeFileResumably(
  path: string,
  pieces: readonly Piece[] | (() => PieceSource),
  { key, signal, syncBytes = 16 * 1024 * 1024, verify, finish }: ResumableWriteOptions,
): Promise<number> {
  const begin = typeof pieces === "function" ? pieces : () => piecesInOrder(pieces);
  const target = await fs.realpath(path).catch(() => path);
  const existing = await fs.stat(target).catch(() => undefined);
  if (existing && !existing.isFile())
    throw new WriteError(path, "there is something of this name that is not a regular file");
  const partial = partialOf(target, key);
  const unlock = await lock(path, `${partial}.lock`);
  try {
    await removeUnfinished(target, partial);
    let size = await sizeIfNamed(path, target, partial, begin, signal);
    if (size === undefined) {
      size = await fill(path, partial, existing?.mode ?? 0o666, begin(), { signal, syncBytes });
      await verify?.(partial).catch(async (error: unknown) => {
        if (error instanceof WriteError) await removePieces(partial);
        throw error;
      });
      throwIfStopped(signal, `writing ${path}`);
      await attempt(path, "renaming", () => fs.rename(partial, target));
    }
    await syncFolder(fs, dirname(target), path);
    await finish?.();
    await fs.unlink(`${partial}.done`).catch(() => undefined);
    return size;
  } finally {
    await unlock();
  }
}

/** The size of the file where an earlier call with this key gave it its name, and ended before all was done. */
async function sizeIfNamed(
  path: string,
  target: string,
  partial: string,
  begin: () => PieceSource,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  if (await fs.stat(partial).catch(() => undefined)) return undefined;
  const lines = await fs.readFile(`${partial}.done`, "utf8").catch(() => "");
  const file = lines === "" ? undefined : await fs.open(target, "r").catch(() => undefined);
  if (!file) return undefined;
  try {
    const pieces = begin();
    const { size } = await wholePieces(file, lines, pieces, path, signal);
    const { size: there } = await attempt(path, "checking", () => file.stat());
    return pieces.isWhole && there === size ? size : undefined;
  } finally {
    await file.close().catch(() => undefined);
  }
}

async function fill(
  path: string,
  partial: string,
  mode: number,
  pieces: PieceSource,
  { signal, syncBytes }: { readonly signal: AbortSignal | undefined; readonly syncBytes: number },
): Promise<number> {
  const { O_CREAT, O_RDWR } = fs.constants;
  const open = (name: string, flags: number) =>
    attempt(path, "opening a file beside it", () => fs.open(name, flags, mode & 0o777));
  const file = await open(partial, O_CREAT | O_RDWR);
  let journal: FileHandle | undefined;
  let size = 0;
  // Bytes that have lines; unknown until what an earlier call left is read.
  let kept: number | undefined;
  let note: (() => Promise<void>) | undefined;
  let isOpen = true;
  let isSyncing = false;
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
      isSyncing = true;
      await attempt(path, "forcing to disk", () => file.datasync());
      isSyncing = false;
      const text = Buffer.from(waiting);
      await attempt(path, "noting what is done", () => writeWhole(list, text, at));
      await attempt(path, "forcing to disk", () => list.datasync());
      at += text.length;
      kept = size;
      waiting = "";
    };
    let number = done.count;
    for await (const { bytes, note: words = "" } of pieces.make()) {
      const hash = await writeAll(file, bytes, words, size, path, signal);
      waiting += lineOf(number++, bytes.length, hash, words);
      size += bytes.length;
      if (size - (kept ?? 0) >= syncBytes) await note();
    }
    if (waiting !== "") await note();
    throwIfStopped(signal, `writing ${path}`);
    const { size: written } = await attempt(path, "checking", () => file.stat());
    if (written !== size) throw new WriteError(path, `${written} of ${size} bytes reached the file`);
    isSyncing = true;
    await attempt(path, "forcing to disk", () => file.sync());
    isOpen = false;
    await attempt(path, "closing", () => file.close());
    return size;
  } catch (error) {
    // After a failed sync the pieces of the last stretch get no lines, for they may not be on the disk; nor does a stop wait for a sync.
    const isDisk = error instanceof WriteError && !(error instanceof CancelledError);
    // What is not whole goes first: on a full disk it takes the room that the lines need.
    if (isDisk && isOpen && kept !== undefined) await file.truncate(isSyncing ? kept : size).catch(() => undefined);
    if (isOpen && !isSyncing && !(error instanceof CancelledError)) await note?.().catch(() => undefined);
    if (!isDisk) throw error;
    if (kept === 0) await removePieces(partial);
    const text = error.message.slice(path.length + 2);
    throw new WriteError(path, `${text}; ${keptText(kept, basename(partial))}`, { cause: error.cause ?? error });
  } finally {
    if (isOpen) await file.close().catch(() => undefined);
    await journal?.close().catch(() => undefined);
  }
}

/** What a failed call leaves, as the end of its message. */
function keptText(kept: number | undefined, name: string): string {
  if (kept === undefined) return `${name} is left as it was, and the same call begins with it`;
  if (kept === 0) return "nothing of it is kept";
  return `the first ${kept} bytes are kept in ${name}, and the same call goes on from there`;
}

async function removePieces(partial: string): Promise<void> {
  for (const name of [`${partial}.done`, partial]) await fs.unlink(name).catch(() => undefined);
}

function lineOf(number: number, bytes: number, hash: string, note: string): string {
  return `${number} ${bytes} ${hash}${note && ` ${note}`}\n`;
}

/** The pieces of the file, from the first on, that have the hash of their line, and the byte where the lines of these end. */
async function wholePieces(
  file: FileHandle,
  lines: string,
  pieces: PieceSource,
  path: string,
  signal: AbortSignal | undefined,
): Promise<{ count: number; size: number; journal: number }> {
  let [count, size, journal] = [0, 0, 0];
  for (const line of lines.split("\n").slice(0, -1)) {
    const [, digits, note = ""] = /^\d+ (\d{1,15}) [0-9a-f]{64}(?: (.+))?$/.exec(line) ?? [];
    if (digits === undefined) break;
    const bytes = Number(digits);
    const sha256 = await hashOf(file, size, bytes, note, path, signal);
    if (`${line}\n` !== lineOf(count, bytes, sha256, note)) break;
    if (!(await pieces.keep({ bytes, sha256, note }))) break;
    count += 1;
    size += bytes;
    journal += Buffer.byteLength(line) + 1;
  }
  return { count, size, journal };
}

async function hashOf(
  file: FileHandle,
  start: number,
  bytes: number,
  note: string,
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
  return hash.update(note).digest("hex");
}

async function writeAll(
  file: FileHandle,
  bytes: Uint8Array,
  note: string,
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
  return hash.update(note).digest("hex");
}

async function writeWhole(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    if (bytesWritten === 0) throw Object.assign(new Error("the disk takes no more"), { code: "ENOSPC" });
    done += bytesWritten;
  }
}
