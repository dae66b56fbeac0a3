import { createHash, randomBytes } from "node:crypto";
import type { Hash } from "node:crypto";
import { mkdir, open, readdir, rename, rm, statfs } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { pause, throwIfStopped } from "../bytes/pause";
import type { RemoteRanges } from "../bytes/url-source";
import { WriteError } from "../errors";
import { wrongHash } from "./cache";
import type { HubCache, HubFile } from "./cache";

/** Downloads a whole file into the cache. One process writes the bytes to `blobs/ETAG.HOST-PID-RANDOM.incomplete`. When it is gone, or its
 *  download ended early, the next process takes the file over by a rename, which only one can win, and goes on behind the last byte.
 *  The file gets its name when the hash of all bytes is the ETag (SHA-256 of a large file); then it is linked into its snapshot. */

/** A file that is to be downloaded. */
export interface Download {
  readonly cache: HubCache;
  readonly commit: string;
  readonly file: HubFile;
  readonly ranges: RemoteRanges;
  /** The name that errors give it. */
  readonly name: string;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (done: number) => void;
}

/** Bytes that must stay free on the disk. */
const spareBytes = 64 * 1024 * 1024;
const sliceBytes = 1024 * 1024;

/** Returns the file's path in its snapshot. `SourceError` when the bytes cannot be had or are not those, `WriteError` when they cannot be
 *  kept. */
export async function download(job: Download): Promise<string> {
  const { cache, commit, file } = job;
  if (!(await cache.hasBlob(file))) await fetchBlob(job);
  return cache.link(commit, file);
}

async function fetchBlob(job: Download): Promise<void> {
  const { cache, file, name } = job;
  const blob = cache.blobPath(file);
  await written(name, () => mkdir(dirname(blob), { recursive: true }));
  const partial = await claim(blob);
  let keep = true;
  try {
    const handle = await written(name, () => open(partial, "a+"));
    try {
      const hash =
        file.etag.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${file.sizeBytes}\0`);
      const from = await resume(handle, hash, job);
      await checkSpace(dirname(blob), file.sizeBytes - from, name);
      await fetchRest(handle, hash, from, job);
      if (hash.digest("hex") !== file.etag) {
        keep = false;
        throw wrongHash(name, file);
      }
      await written(name, () => handle.sync());
    } finally {
      await handle.close();
    }
    await written(name, () => rename(partial, blob));
    await syncFolder(dirname(blob), name);
  } catch (error) {
    if (keep)
      await rename(partial, `${blob}.${ownHost()}-0-${randomBytes(4).toString("hex")}.incomplete`).catch(
        () => undefined,
      );
    else await rm(partial, { force: true });
    throw error;
  }
}

/** Hashes the bytes that an earlier try left, and returns their number; bytes past the file's size are cut off first. */
async function resume(handle: FileHandle, hash: Hash, { file, name, signal, onProgress }: Download): Promise<number> {
  let { size } = await written(name, () => handle.stat());
  if (size > file.sizeBytes) {
    await written(name, () => handle.truncate(0));
    size = 0;
  }
  const buffer = new Uint8Array(Math.min(sliceBytes, size));
  for (let at = 0; at < size;) {
    const { bytesRead } = await written(name, () => handle.read(buffer, 0, Math.min(buffer.length, size - at), at));
    if (bytesRead === 0) throw new WriteError(name, "the part that is here became shorter while it was read");
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
    onProgress(at);
    await pause();
    throwIfStopped(signal, `downloading ${name}`);
  }
  return size;
}

async function fetchRest(handle: FileHandle, hash: Hash, from: number, job: Download): Promise<void> {
  const { file, name, ranges, signal, onProgress } = job;
  if (from === file.sizeBytes) return;
  await ranges.stream(from, file.sizeBytes, file.sizeBytes, signal, async (piece, at) => {
    for (let done = 0; done < piece.length;) {
      const { bytesWritten } = await written(name, () => handle.write(piece, done, piece.length - done));
      if (bytesWritten === 0) throw new WriteError(name, "the disk takes no more");
      done += bytesWritten;
    }
    hash.update(piece);
    onProgress(at + piece.length);
  });
}

/** The path to write to, a name of this process: under it lies from now on the part of an earlier try, where there is one that no running
 *  process writes to. */
async function claim(blob: string): Promise<string> {
  const own = `${blob}.${ownHost()}-${process.pid}-${randomBytes(4).toString("hex")}.incomplete`;
  const folder = dirname(blob);
  const prefix = `${blob.slice(folder.length + 1)}.${ownHost()}-`;
  for (const name of (await readdir(folder)).filter((entry) => entry.startsWith(prefix))) {
    const pid = Number(/^(\d+)-[0-9a-f]{8}\.incomplete$/.exec(name.slice(prefix.length))?.[1] ?? NaN);
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    const taken = await rename(join(folder, name), own).then(
      () => true,
      () => false,
    );
    if (taken) break;
  }
  return own;
}

function ownHost(): string {
  return createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
}

/** True when a process of that number runs; 0, the number in the name of a download that ended early, is none. */
function isAlive(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function checkSpace(folder: string, needed: number, name: string): Promise<void> {
  const disk = await statfs(folder).catch(() => undefined);
  if (disk && disk.bavail * disk.bsize < needed + spareBytes)
    throw new WriteError(
      name,
      `${needed} more bytes are to come, and the disk of ${folder} has ${disk.bavail * disk.bsize} free; HF_HOME may name another place`,
    );
}

async function syncFolder(folder: string, name: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await written(name, () => open(folder, "r"));
  try {
    await written(name, () => handle.sync());
  } finally {
    await handle.close();
  }
}

async function written<T>(name: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new WriteError(name, `it cannot be kept in the cache: ${code === "ENOSPC" ? "the disk is full" : message}`, {
      cause,
    });
  }
}
