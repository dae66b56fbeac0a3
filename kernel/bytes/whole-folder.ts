/** A folder that is written as one. While `out/small` is written, there lie beside it
 *
 *    out/small.partial-KEY   the new files, as far as they are
 *    out/small.whole-KEY     the same folder, whole and on the disk, waiting for the name
 *    out/small.old-KEY       the one that had the name before
 *    out/.small.….partial.lock   who writes it
 *
 *  KEY is a hash of all that decides the files. The steps, and what a kill behind each of them leaves:
 *
 *    1. fill `partial`, each file forced to disk      the old folder; `partial` is taken up again with `resume`, else removed, by the next call
 *    2. take over what is the user's own (hard links) the same
 *    3. rename `partial` → `whole`                    the old folder; the next call removes `whole`, or ends its swap where it is the same
 *    4. rename the old folder → `old`                 no folder of the name, the one moment in which the swap is torn: both are whole and named,
 *                                                     and `mendFolder`, which `open` and the next call begin with, does step 5
 *    5. rename `whole` → the name                     the new folder, whole; `old` is of no use
 *    6. remove `old`                                  the new folder, and what is left of `old`; the next call removes it
 *
 *  Each renaming is one call within one folder, so that a name is never half of each; that folder is forced to disk behind each. No step reads what
 *  an earlier one left except by these names, so any number of kills in a row ends in one of these rows. Where step 5 fails the old folder gets
 *  its name back. */
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { CancelledError, WriteError } from "../errors";
import { attempt, syncFolder } from "./atomic-file";
import { besideFolder, foldersBeside, isThere, mendFolder, realFolder } from "./folder-names";
import { throwIfStopped } from "./pause";
import { lock, partialOf } from "./unfinished-files";

/** How a folder is written as one. */
export interface FolderWriteOptions {
  /** Equal for two calls exactly if their folders have the same files. */
  readonly key: string;
  /** Keeps what is written where the writing breaks off, and goes on from there. */
  readonly resume: boolean;
  /** Stops the writing before the folder has its name. */
  readonly signal: AbortSignal | undefined;
  /** Whether an entry of the folder that has the name now, which the new one lacks, is the user's own and stays. It is asked by its path; of a folder,
   *  with a slash at the end, whether all in it stays: where not, of each file in it. */
  keeps(name: string): boolean;
}

/** Calls `fill` with a new empty folder, and when it is done gives that folder the name `path`. At every moment `path` is the old folder or the
 *  whole new one, but for the time between two renamings, which `open` and the next call mend. With `resume`, `fill` may find files of an
 *  earlier call in the folder: those under their own names are whole, as each took its name when it was. Returns what `fill` does.
 *  `WriteError` for a name that is no folder's, that cannot be swapped (the folder in which this process runs, or a disk of its own), that
 *  another process is writing, or when the disk does not take it; then the old folder is still there. */
export async function writeFolderAsOne<Result>(
  path: string,
  { key, resume, signal, keeps }: FolderWriteOptions,
  fill: (folder: string) => Promise<Result>,
): Promise<Result> {
  const target = await realFolder(path);
  await makeParent(path, target);
  const unlock = await lock(path, `${partialOf(target, "folder")}.lock`);
  try {
    await mendFolder(target);
    await checkSwappable(path, target);
    const hash = createHash("sha256").update(key).digest("hex").slice(0, 16);
    const partial = besideFolder(target, "partial", hash);
    await clear(target, partial, resume);
    try {
      await attempt(path, "making a folder beside it", () => fs.mkdir(partial, { recursive: true }));
      const result = await fill(partial);
      throwIfStopped(signal, `writing ${path}`);
      await takeOver(path, target, partial, keeps);
      await swap(path, target, partial, hash);
      return result;
    } catch (error) {
      throw await brokenOff(error, path, partial, resume);
    }
  } finally {
    await unlock();
  }
}

async function makeParent(path: string, target: string): Promise<void> {
  await fs.mkdir(dirname(target), { recursive: true }).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WriteError(path, `the folder cannot be made: ${reason}`, { cause });
  });
}

async function checkSwappable(path: string, target: string): Promise<void> {
  const found = await fs.stat(target).catch(() => undefined);
  if (!found) return;
  if (!found.isDirectory()) throw new WriteError(path, "there is something of this name that is not a folder");
  const way = relative(target, process.cwd());
  if (way === "" || !(way === ".." || way.startsWith(`..${sep}`) || way.startsWith(sep)))
    throw new WriteError(path, "this process runs in the folder, which is replaced as one; name a folder in it");
  const parent = await fs.stat(dirname(target)).catch(() => undefined);
  if (parent && parent.dev !== found.dev)
    throw new WriteError(path, "the folder is a disk of its own and cannot be replaced as one; name a folder in it");
}

/** Removes what earlier calls left, except the folder that this one goes on with. */
async function clear(target: string, partial: string, resume: boolean): Promise<void> {
  const { partial: begun, whole, old } = await foldersBeside(target);
  const same = partial.replace(/\.partial-([0-9a-f]{16})$/, ".whole-$1");
  if (resume && whole.includes(same) && !begun.includes(partial)) await fs.rename(same, partial).catch(() => undefined);
  for (const name of [...begun, ...whole, ...old]) if (!resume || name !== partial) await remove(name);
}

/** Removes a folder; what cannot be removed, at the second try, stays for the next call. */
async function remove(folder: string): Promise<void> {
  const once = () => fs.rm(folder, { recursive: true, force: true });
  await once().catch(() => once().catch(() => undefined));
}

/** Brings into the new folder what the old one holds of the user's own. The files are linked, so that both folders have them until one goes. */
async function takeOver(
  path: string,
  target: string,
  partial: string,
  keeps: FolderWriteOptions["keeps"],
): Promise<void> {
  const readable = await fs.readdir(target).catch(({ code }: NodeJS.ErrnoException) => code === "ENOENT");
  if (readable === false) throw new WriteError(path, "the folder cannot be read, and it may hold what is to stay");
  if (readable !== true)
    await attempt(path, "keeping what is the reader's own", () => keep(target, partial, "", keeps));
  await syncFolder(fs, partial, path);
}

/** `below`: the path in the folder, with a slash at its end, of what is gone through. */
async function keep(target: string, partial: string, below: string, keeps: FolderWriteOptions["keeps"]): Promise<void> {
  for (const entry of await fs.readdir(join(target, below), { withFileTypes: true })) {
    const name = below + entry.name;
    const isNew = !(await isThere(join(partial, name)));
    if (entry.isDirectory() && !(isNew && keeps(`${name}/`))) await keep(target, partial, `${name}/`, keeps);
    else if (isNew && keeps(name)) {
      await fs.mkdir(join(partial, below), { recursive: true });
      await linked(join(target, name), join(partial, name));
    }
  }
}

async function linked(from: string, to: string): Promise<void> {
  const found = await fs.lstat(from);
  if (found.isDirectory()) {
    await fs.mkdir(to, { recursive: true });
    for (const name of await fs.readdir(from)) await linked(join(from, name), join(to, name));
  } else if (found.isSymbolicLink()) await fs.symlink(await fs.readlink(from), to);
  else if (found.isFile())
    await fs.link(from, to).catch(async ({ code }: NodeJS.ErrnoException) => {
      // A disk without links gets a copy.
      if (code !== "EPERM" && code !== "ENOSYS" && code !== "ENOTSUP" && code !== "EMLINK")
        throw Object.assign(new Error(`link: ${code}`), { code });
      await fs.copyFile(from, to);
    });
}

async function swap(path: string, target: string, partial: string, hash: string): Promise<void> {
  const [whole, old] = (["whole", "old"] as const).map((stage) => besideFolder(target, stage, hash));
  const rename = (from: string, to: string) => attempt(path, "renaming", () => fs.rename(from, to));
  await rename(partial, whole);
  try {
    await syncFolder(fs, dirname(target), path);
    if (await isThere(target)) await rename(target, old);
    // An open() in another process may mend the swap meanwhile.
    await rename(whole, target).catch(throwUnlessNamed(whole, target));
  } catch (error) {
    if (!(await isThere(target))) await fs.rename(old, target).catch(() => undefined);
    await fs.rename(whole, partial).catch(() => undefined);
    throw error;
  }
  await syncFolder(fs, dirname(target), path).finally(() => remove(old));
}

const throwUnlessNamed =
  (whole: string, target: string) =>
  async (error: unknown): Promise<void> => {
    if ((await isThere(whole)) || !(await isThere(target))) throw error;
  };

/** The error as the caller sees it: of the folder that was named, not of that beside it, and with what lies there. */
async function brokenOff(error: unknown, path: string, partial: string, resume: boolean): Promise<unknown> {
  if (!resume) await remove(partial);
  if (!(error instanceof WriteError) || error instanceof CancelledError) return error;
  const text = error.message.slice(error.file.length + 2);
  const file = error.file.startsWith(partial) ? join(path, relative(partial, error.file)) : error.file;
  const kept = resume ? await sizeOf(partial) : 0;
  const note = kept > 0 ? `; ${basename(partial)} beside it holds ${kept} bytes, from which the same call goes on` : "";
  return new WriteError(file, text + note, { cause: error.cause ?? error });
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch(() => []);
  let size = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    size += entry.isDirectory() ? await sizeOf(path) : ((await fs.stat(path).catch(() => undefined))?.size ?? 0);
  }
  return size;
}
