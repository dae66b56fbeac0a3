/** The files that a model is read from, so that none is written over by what is made of it. `open` records them: the file that was named, and every
 *  one that was opened beside it (shards, external data, config.json), with what lies inside an archive and its base. A model that is made
 *  from another inherits them. */
import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { attempt } from "../bytes/atomic-file";
import { OptionError } from "../errors";
import type { ByteSource } from "../bytes/source";
import type { Siblings } from "./siblings";

interface Holder {
  readonly tensors: readonly object[];
}

/** What models and tensors are read from, in the order of the opening. */
const recorded = new WeakMap<object, Iterable<WithFiles>>();

/** What has files of this machine. */
type WithFiles = Pick<ByteSource, "files">;

/** Says of a model, and of its tensors, what they are read from; returns the model. */
export function recordFiles<M extends Holder>(model: M, sources: Iterable<ByteSource>): M {
  recorded.set(model, sources);
  for (const tensor of model.tensors) recorded.set(tensor, sources);
  return model;
}

/** Says of a model that it is made from another, and reads what that reads; returns it. */
export function inheritFiles<M extends object>(model: M, base: object): M {
  const sources = recorded.get(base);
  if (sources) recorded.set(model, sources);
  return model;
}

/** Says of a model that it is read from these files too; returns it. */
export function alsoReads<M extends object>(model: M, files: readonly string[]): M {
  recorded.set(model, [...(recorded.get(model) ?? []), { files }]);
  return model;
}

/** The paths of the files that a model, or any of its tensors, is read from. */
export function filesOf(model: Holder): readonly string[] {
  const found = new Set([model, ...model.tensors].map((one) => recorded.get(one)));
  return pathsOf([...found].flatMap((sources) => [...(sources ?? [])]));
}

/** Siblings that note which files of this machine were opened. */
export function notedSiblings(siblings: Siblings, opened: Set<ByteSource>): Siblings {
  return async (name, at) => {
    const source = await siblings(name, at);
    opened.add(source);
    return source;
  };
}

/** The paths of sources that are files of this machine, and of those that they need in turn. */
export function pathsOf(sources: Iterable<WithFiles>): string[] {
  return [...new Set([...sources].flatMap((source) => source.files ?? []))];
}

/** What a call of the file system says; `undefined` where there is nothing at the path. Any other failure is a `WriteError`: what cannot be looked at
 *  is not written over. */
function ifThere<T>(path: string, call: () => Promise<T>): Promise<T | undefined> {
  return attempt(path, "looking at it", () =>
    call().catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw error;
    }),
  );
}

/** What is at a path, by which it is told whether two paths are one file. */
async function identityOf(path: string): Promise<string | undefined> {
  const facts = await ifThere(path, () => stat(path, { bigint: true }));
  return facts && facts.ino > 0n ? `${facts.dev} ${facts.ino}` : undefined;
}

/** The paths of files by what is there. */
async function byIdentity(files: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const known = new Map<string, string>();
  for (const file of files) {
    const identity = await identityOf(file);
    if (identity !== undefined) known.set(identity, file);
  }
  return known;
}

/** Refuses a file that is one of `files`, by its path, by a link or by a second name of the same bytes. */
export async function refuseFiles(method: string, files: readonly string[], target: string): Promise<void> {
  await refuseKnown(method, await byIdentity(files), target);
}

async function refuseKnown(method: string, known: ReadonlyMap<string, string>, target: string): Promise<void> {
  const file = known.get((await identityOf(target)) ?? "");
  if (file === undefined) return;
  const what = file === target ? "a file that the model is read from" : `${file}, which the model is read from`;
  throw new OptionError(`${method}(): ${target} is ${what}; { replace: true } puts the new one in its place`);
}

/** Refuses to write at `target` what is made of `model`, where that takes away a file that the model is read from: one of its files, or a folder
 *  that holds one. `from`: a folder that is read too. `OptionError`, unless `replace` says that it is meant; `WriteError` where it cannot be told. */
export async function refuseOwnFiles(
  method: string,
  model: Holder,
  target: string,
  replace: boolean,
  from?: string,
): Promise<void> {
  checkPath(method, target);
  if (replace) return;
  const files = filesOf(model);
  const real = (path: string) => ifThere(path, () => realpath(path));
  const folder = await real(target);
  if (folder === undefined) return;
  const known = await byIdentity(files);
  if (!(await ifThere(folder, () => stat(folder)))?.isDirectory()) return refuseKnown(method, known, target);
  if (from !== undefined && (await real(from)) === folder)
    throw new OptionError(
      `${method}(): ${target} is the original's own folder; name another, or { replace: true } puts the new one in its place`,
    );
  // A file that is reached by a link may lie in another folder, as those of a download cache do.
  const folders = new Set(files.map((file) => dirname(file)));
  for (const one of folders)
    if ((await real(one)) === folder) {
      const file = files.find((path) => dirname(path) === one) ?? one;
      throw new OptionError(
        `${method}(): ${target} holds ${file}, which the model is read from; name another folder, or { replace: true } puts the new one in its place`,
      );
    }
  if (known.size > 0)
    for (const name of (await ifThere(folder, () => readdir(folder))) ?? [])
      await refuseKnown(method, known, join(folder, name));
}

/** Refuses a target that is no path: nothing, or an address. `OptionError`. */
export function checkPath(method: string, target: unknown): asserts target is string {
  if (typeof target !== "string" || target === "")
    throw new OptionError(
      `${method}(): it takes the path to write, such as "small.safetensors", and was given ${target === "" ? "an empty text" : typeof target}`,
    );
  if (target.includes("\0")) throw new OptionError(`${method}(): the path holds a NUL character`);
  const [scheme] = /^[a-z][a-z0-9+.-]+:(?=\/\/)|^hf:/i.exec(target) ?? [];
  if (scheme === undefined) return;
  const isFile = scheme.toLowerCase() === "file:";
  throw new OptionError(
    `${method}(): ${JSON.stringify(target.slice(0, 200))} is an address; it takes a path on this machine, such as ${JSON.stringify(isFile ? pathIn(target) : "small.safetensors")}`,
  );
}

/** The path in a file: address; the address without its scheme where it has none of this machine. */
function pathIn(address: string): string {
  try {
    return fileURLToPath(address);
  } catch {
    return address.replace(/^file:\/+/i, "/");
  }
}
