/** The files that a model is read from, so that none is written over by what is made of it. `open` records them: the file that was named, and every
 *  one that was opened beside it (shards, external data, config.json), with what lies inside an archive and its base. A model that is made
 *  from another inherits them. */
import { lstat, readdir, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { OptionError } from "../errors";
import type { ByteSource } from "../bytes/source";
import type { Siblings } from "./siblings";

interface Holder {
  readonly tensors: readonly object[];
}

/** What models and tensors are read from, in the order of the opening. */
const recorded = new WeakMap<object, Iterable<ByteSource>>();

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
export function pathsOf(sources: Iterable<ByteSource>): string[] {
  return [...new Set([...sources].flatMap((source) => source.files ?? []))];
}

/** What is at a path, by which it is told whether two paths are one file. */
async function identityOf(path: string): Promise<string | undefined> {
  const facts = await stat(path, { bigint: true }).catch(() => undefined);
  return facts && facts.ino > 0n ? `${facts.dev} ${facts.ino}` : undefined;
}

/** Refuses a file that is one of `files`, by its path, by a link or by a second name of the same bytes. */
export async function refuseFiles(method: string, files: readonly string[], target: string): Promise<void> {
  const own = await identityOf(target);
  if (own === undefined) return;
  for (const file of files)
    if ((await identityOf(file)) === own)
      throw new OptionError(`${method}(): ${target} is ${sameWords(file, target)}; { replace: true } puts the new one in its place`);
}

const sameWords = (file: string, target: string): string =>
  file === target ? "a file that the model is read from" : `${file}, which the model is read from`;

/** Refuses to write at `target` what is made of `model`, where that takes away a file that the model is read from: one of its files, or a folder
 *  that holds one. `from`: a folder that is read too. `OptionError`, unless `replace` says that it is meant. */
export async function refuseOwnFiles(
  method: string,
  model: Holder,
  target: string,
  replace: boolean,
  from?: string,
): Promise<void> {
  if (replace) return;
  const files = filesOf(model);
  const facts = await lstat(target).catch(() => undefined);
  if (!facts) return;
  const folder = await realpath(target).catch(() => undefined);
  if (folder === undefined) return;
  if (!(await stat(folder)).isDirectory()) return refuseFiles(method, files, target);
  if (from !== undefined && (await realpath(from).catch(() => undefined)) === folder)
    throw new OptionError(
      `${method}(): ${target} is the original's own folder; name another, or { replace: true } puts the new one in its place`,
    );
  for (const file of files) {
    const real = await realpath(file).catch(() => undefined);
    const named = await realpath(dirname(file)).catch(() => undefined);
    if (named === folder || (real !== undefined && dirname(real) === folder))
      throw new OptionError(
        `${method}(): ${target} holds ${file}, which the model is read from; name another folder, or { replace: true } puts the new one in its place`,
      );
  }
  for (const name of await readdir(folder)) await refuseFiles(method, files, join(folder, name));
}
