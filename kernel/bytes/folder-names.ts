/** The folders that lie beside a folder `small` while it is written, and what each says by its name; see whole-folder.ts. */
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { attempt, syncFolder } from "./atomic-file";

/** What a folder beside is: being written; whole, waiting for the name; the one that had the name before. */
export type Stage = "partial" | "whole" | "old";

/** What the names of the folders beside `target` begin with: its own name, or, so that theirs are not too long, its beginning and a hash. */
function startOf(target: string): string {
  const name = basename(target);
  if (Buffer.byteLength(name) <= 200) return `${name}.`;
  return `${name.slice(0, 40)}~${createHash("sha256").update(name).digest("hex").slice(0, 16)}.`;
}

/** The path of the folder beside `target` in a stage. `key`: 16 hex digits. */
export function besideFolder(target: string, stage: Stage, key: string): string {
  return join(dirname(target), `${startOf(target)}${stage}-${key}`);
}

/** The folders beside `target`, by stage, each list in the order of names. */
export async function foldersBeside(target: string): Promise<Readonly<Record<Stage, readonly string[]>>> {
  const start = startOf(target);
  const found: Record<Stage, string[]> = { partial: [], whole: [], old: [] };
  for (const name of (await fs.readdir(dirname(target)).catch(() => [])).sort()) {
    const stage = name.startsWith(start) ? /^(partial|whole|old)-[0-9a-f]{16}$/.exec(name.slice(start.length)) : null;
    if (stage) found[stage[1] as Stage].push(join(dirname(target), name));
  }
  return found;
}

/** The real path of a folder that may not be there yet. */
export async function realFolder(path: string): Promise<string> {
  return fs.realpath(path).catch(() => resolve(path));
}

/** Whether there is anything at `path`. */
export async function isThere(path: string): Promise<boolean> {
  return fs.lstat(path).then(
    () => true,
    () => false,
  );
}

/** Where a swap was torn between its two renamings, so that nothing has the name `path`: gives the name to the new folder, which is whole. Returns
 *  the path at which the folder is now: the name, or, where this process may not rename, that of the whole folder itself. `undefined` where
 *  there is no such folder, or one that has the name. */
export async function mendFolder(path: string): Promise<string | undefined> {
  const target = await realFolder(path);
  if (await isThere(target)) return undefined;
  const { whole, old } = await foldersBeside(target);
  // One that was torn while an older one lay about has the key of the folder that gave it the name.
  const keyOf = (name: string) => name.slice(-16);
  const next = whole.find((name) => old.some((one) => keyOf(one) === keyOf(name))) ?? whole.at(-1);
  if (next === undefined) return undefined;
  try {
    await fs.rename(next, target);
  } catch (error) {
    // Another process may have mended it meanwhile.
    if (await isThere(target)) return target;
    if (["EROFS", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) return next;
    return attempt(path, "renaming", () => Promise.reject(error as Error));
  }
  await syncFolder(fs, dirname(target), path);
  return target;
}
