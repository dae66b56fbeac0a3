/** The base of an archive: the file that a model was made from, which has to be there again when the archive is read. */
import { resolve } from "node:path";
import { beside, fileName } from "../bytes/file-name";
import { sha256 } from "../bytes/hash";
import { fileSource, type ByteSource } from "../bytes/source";
import { FormatError, SourceError } from "../errors";
import type { Progress } from "../host";
import { archiveMagic, type ArchiveIndex, type BaseFile } from "./contents";

interface Watch {
  readonly signal: AbortSignal | undefined;
  readonly onProgress?: (progress: Progress) => void;
  /** The archives that led here, the first one first: each but the first is the base of the one before it. */
  readonly chain?: readonly string[];
}

/** Opens an archive's inside; given by source.ts, which needs this file too. `chain` as of `Watch`. */
export type Unwrap = (
  source: ByteSource,
  signal: AbortSignal | undefined,
  chain?: readonly string[],
) => Promise<ByteSource>;

/** Archives whose base is an archive whose base is an archive: each is read through all below it. */
export const maxBaseChain = 8;

/** A base and its SHA-256. A base that is an archive itself is the file inside. `FormatError` where the archives that led here go round in a
 *  circle, or are more than `maxBaseChain`. */
export async function openBase(
  path: string,
  { signal, onProgress, chain = [] }: Watch,
  unwrap: Unwrap,
): Promise<{ source: ByteSource; file: BaseFile }> {
  checkChain(path, chain);
  const source = await openPlain(path, { signal, chain }, unwrap);
  const told = onProgress && {
    onProgress: (done: number, total: number) =>
      onProgress({ task: "hashing the base", done, total, unit: "bytes", item: fileName(path) }),
  };
  const digest = await sha256([source], { ...(signal ? { signal } : {}), ...told });
  return { source, file: { name: fileName(path), byteLength: source.byteLength, sha256: digest } };
}

function checkChain(path: string, chain: readonly string[]): void {
  const own = resolve(path);
  if (chain.some((archive) => resolve(archive) === own))
    throw new FormatError(path, 0, "this archive is, by way of its base, its own base", "a base that needs no other");
  if (chain.length > maxBaseChain)
    throw new FormatError(path, 0, `this is the base of ${chain.length} archives in a row`, `at most ${maxBaseChain}`);
}

async function openPlain(path: string, { signal, chain }: Watch, unwrap: Unwrap): Promise<ByteSource> {
  const source = await fileSource(path);
  const head = await source.read(0, Math.min(archiveMagic.length, source.byteLength), signal);
  return archiveMagic.every((byte, i) => head[i] === byte) ? unwrap(source, signal, chain) : source;
}

/** The path at which the base of an archive is looked for; undefined for an archive without one. */
export function basePlace(archive: ByteSource, { base }: ArchiveIndex): string | undefined {
  return base && beside(archive.name, base.name);
}

/** The base of that archive: `path`, or without one the file of its name beside the archive. `SourceError` that names the base when it is
 *  not there, or has other bytes. Undefined for an archive without a base. */
export async function baseOf(
  archive: ByteSource,
  index: ArchiveIndex,
  path: string | undefined,
  watch: Watch,
  unwrap: Unwrap,
): Promise<ByteSource | undefined> {
  const { base } = index;
  if (!base) {
    if (path !== undefined) throw new SourceError(archive.name, `was not coded against a base; ${path} is not needed`);
    return undefined;
  }
  const wanted = `${base.name} (${base.byteLength} bytes, SHA-256 ${base.sha256})`;
  const place = path ?? basePlace(archive, index);
  if (place === undefined) throw missing(archive.name, wanted);
  const chain = [...(watch.chain ?? []), archive.name];
  const found = await openBase(place, { ...watch, chain }, unwrap).catch((cause: unknown) => {
    if (path === undefined && cause instanceof SourceError) throw missing(archive.name, wanted, cause);
    throw cause;
  });
  const { byteLength, sha256: digest } = found.file;
  if (digest !== base.sha256)
    throw new SourceError(
      place,
      `has ${byteLength} bytes with SHA-256 ${digest}; ${archive.name} was coded against ${wanted}`,
    );
  return found.source;
}

function missing(archive: string, wanted: string, cause?: unknown): SourceError {
  const message = `was coded against ${wanted}, which is not beside it; say where it is: { base: "…" }, or --base FILE`;
  return new SourceError(archive, message, { cause });
}
