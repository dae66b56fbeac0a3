/** The machine code of a large script, kept from one process to the next: V8 takes as long to compile TypeScript as to run it (0.4 s of 1.6 s until
 *  the first cell). V8 itself refuses a cache of another version or other flags, which is then written anew. It lies in a folder of this
 *  user's alone, since it is code. `CODEBOOK_CODE_CACHE` names another folder, and an empty text turns the cache off. */
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import vm from "node:vm";
import { mainProcess } from "./realm";

/** The folder of the caches, or undefined when there shall be none. */
export function codeCacheFolder(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = environment.CODEBOOK_CODE_CACHE;
  if (named !== undefined) return named === "" ? undefined : path.resolve(named);
  return path.join(environment.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "codebook", "code");
}

interface Kept {
  readonly script: vm.Script;
  readonly file: string;
  /** Bytes of the cache that the script was made from; 0 when there was none that V8 took. */
  readonly size: number;
}

const kept = new Map<string, Kept>();

/** Reads a cache of this user's; that of anybody else counts as none. */
function readOwn(file: string): Buffer | undefined {
  try {
    const { uid, mode } = fs.statSync(file);
    const me = mainProcess.getuid?.();
    if (me !== undefined && (uid !== me || (mode & 0o022) !== 0)) return undefined;
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

/** The function of the parameters `names` whose body is the script `file`, compiled from the cache where there is one. */
export function cachedFunction(
  file: string,
  names: readonly string[],
  folder: string | undefined = codeCacheFolder(),
): (...values: unknown[]) => unknown {
  const bytes = fs.readFileSync(file);
  const text = bytes.toString("utf8");
  // V8 itself compares no more of a text than its length.
  const key = createHash("sha256").update(`${process.version} ${process.arch}\n`).update(bytes).digest("hex");
  const cache = folder === undefined ? undefined : path.join(folder, `${key.slice(0, 32)}.bin`);
  const cachedData = cache === undefined ? undefined : readOwn(cache);
  const script = new vm.Script(`(function (${names.join(", ")}) {${text}\n})`, { filename: file, cachedData });
  const size = cachedData === undefined || script.cachedDataRejected === true ? 0 : cachedData.length;
  if (cache !== undefined) kept.set(file, { script, file: cache, size });
  return script.runInThisContext() as (...values: unknown[]) => unknown;
}

/** Writes the caches of the scripts that had none, now that they have run and V8 has compiled what they use. Says which were written. A folder that
 *  cannot be written to costs time at the next start and nothing else. */
export function writeCodeCaches(): string[] {
  const written: string[] = [];
  for (const { script, file, size } of kept.values()) {
    if (size > 0) continue;
    const own = `${file}.${process.pid}`;
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      fs.writeFileSync(own, script.createCachedData(), { mode: 0o600 });
      fs.renameSync(own, file);
      written.push(file);
    } catch {
      removeQuietly(own);
    }
  }
  kept.clear();
  return written;
}

function removeQuietly(file: string): void {
  try {
    fs.rmSync(file, { force: true });
  } catch {
    // It was never there.
  }
}
