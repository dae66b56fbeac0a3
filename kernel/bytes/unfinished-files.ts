/** Unfinished files: their names (`.m.gguf.KEY.partial`, `….partial.done` and `….partial.lock` beside `m.gguf`; see resumable-file.ts), the
 *  lock that lets one process write them, and the removing of those that nobody will finish. */
import { createHash } from "node:crypto";
import * as fs from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { WriteError } from "../errors";
import { attempt, isAlive, machine } from "./atomic-file";

function startOf(target: string): string {
  return `.${basename(target).slice(0, 100)}.`;
}

/** The path under which the file `target` is written until it is whole. */
export function partialOf(target: string, key: string): string {
  const hash = createHash("sha256").update(key).digest("hex").slice(0, 16);
  return join(dirname(target), `${startOf(target)}${hash}.partial`);
}

/** Removes the unfinished files of `path`, whatever their key, except the file `own` and those that a process is writing now. */
export async function removeUnfinished(path: string, own?: string): Promise<void> {
  const target = await fs.realpath(path).catch(() => path);
  const [folder, start] = [dirname(target), startOf(target)];
  const names = await fs.readdir(folder).catch(() => []);
  const found = new Set<string>();
  for (const name of names) {
    const rest = name.startsWith(start) ? name.slice(start.length) : "";
    const partial = /^([0-9a-f]{16}\.partial)(\.done|\.lock)?$/.exec(rest)?.[1];
    if (partial !== undefined) found.add(join(folder, start + partial));
  }
  for (const partial of found) {
    const holder = await holderOf(`${partial}.lock`);
    if (partial === own || isHeld(holder)) continue;
    // An empty lock is one that another process is about to fill.
    for (const end of holder ? ["", ".done", ".lock"] : ["", ".done"])
      await fs.unlink(partial + end).catch(() => undefined);
  }
}

/** The paths of the locks that this process holds. */
const held = new Set<string>();

interface Holder {
  readonly name: string;
  readonly machine: string;
  readonly process: string;
}

async function holderOf(name: string): Promise<Holder | undefined> {
  const text = await fs
    .readFile(name, "utf8")
    .catch(({ code }: NodeJS.ErrnoException) => (code === "ENOENT" ? "" : "?"));
  const [where, process = ""] = text.split(" ");
  return where === "" ? undefined : { name, machine: where, process };
}

/** True when the process that took the lock is running; false when it is gone, also when this process has its number by now. */
function isHeld(holder: Holder | undefined): boolean {
  if (!holder) return false;
  const number = Number(holder.process);
  if (holder.machine !== machine) return true;
  return number === process.pid ? held.has(holder.name) : isAlive(number);
}

/** Takes the lock at `path`, or throws `WriteError`, which names `name`, when another writer holds it. Returns the function that releases it. */
export async function lock(path: string, name: string): Promise<() => Promise<void>> {
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
      const holder = await holderOf(name);
      if (isHeld(holder) || !isFirst) {
        const elsewhere = holder && holder.machine !== machine ? " of another machine" : "";
        throw new WriteError(
          path,
          `process ${holder?.process || "?"}${elsewhere} is writing it; if it is gone, delete ${name}`,
        );
      }
      await fs.unlink(name).catch(() => undefined);
    }
  }
}
