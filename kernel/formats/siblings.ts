import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { HttpFailure } from "../bytes/http";
import { attempt, fileSource } from "../bytes/source";
import type { ByteSource } from "../bytes/source";
import { FormatError, SourceError } from "../errors";
import { quote } from "./json-reader";

/** The files beside a model's first one, or in folders below, by their plain paths: the shards of an index, the weights of a model.json, the
 *  parts of a split GGUF. `at` is the byte of the first file that names this one. */
export type Siblings = (name: string, at: number) => Promise<ByteSource>;

/** A name that stays in its folder on every system: no separator, drive, parent, NUL or other control character, no device of Windows. */
export function isPlainName(name: string): boolean {
  const unsafe = /[/\\:\u0000-\u001f\u007f]/.test(name) || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name);
  return !unsafe && name !== "" && name.length <= 255 && !name.startsWith(".");
}

/** A path that stays below its folder on every system: plain names with slashes between them. */
export function isPlainPath(path: string): boolean {
  return path.length <= 1024 && path.split("/").every(isPlainName);
}

/** True for the error of a file that is not there, and false for one that is there and cannot be read. An address may answer 401 or 403 for what it
 *  does not have, and a Hub that cannot be reached has only what its cache holds. */
export function isMissing(error: unknown): boolean {
  const cause = error instanceof SourceError ? error.cause : undefined;
  if (cause instanceof HttpFailure) return cause.isOffline || [401, 403, 404, 410].includes(cause.facts.status ?? 0);
  const { code } = (cause ?? {}) as { code?: unknown };
  return code === "ENOENT" || code === "ENOTDIR";
}

/** A `SourceError` of which `isMissing` is true. */
export function missingFile(file: string, message: string): SourceError {
  return new SourceError(file, message, { cause: Object.assign(new Error("no such file"), { code: "ENOENT" }) });
}

/** The file at `path`; `undefined` where there is none. `SourceError` for one that cannot be read. */
export async function siblingFile(path: string): Promise<ByteSource | undefined> {
  return fileSource(path).catch(async (reason: unknown) => {
    if (isMissing(reason) && !(await lstat(path).catch(() => undefined))) return undefined;
    throw reason;
  });
}

/** The folder of a file on this machine, and the folders below. A link that leads out of it is refused; in a download cache the folder holds links, for the
 *  first file as for the others, into one store: that is where they really lie. */
export function folderSiblings(first: ByteSource): Siblings {
  const file = first.name;
  let homes: Promise<readonly string[]> | undefined;
  return async (name, at) => {
    const path = join(dirname(file), name);
    homes ??= Promise.all([
      attempt(file, () => realpath(dirname(file))),
      attempt(file, async () => dirname(await realpath(file))),
    ]);
    const known = await homes;
    let real: string;
    try {
      real = await realpath(path);
    } catch (cause) {
      if (await lstat(path).catch(() => undefined))
        throw new SourceError(path, `this file is a link to nothing, or cannot be reached; ${basename(file)} needs it`);
      throw new SourceError(path, `this shard is missing or cannot be read; ${basename(file)} names it`, { cause });
    }
    const below = dirname(name);
    if (!known.includes(dirname(real)) && dirname(real) !== join(known[0], below))
      throw new FormatError(
        file,
        at,
        `the shard ${quote(name)} is a link that leads out of the folder`,
        `a file in ${known[0]}`,
      );
    return fileSource(real);
  };
}
