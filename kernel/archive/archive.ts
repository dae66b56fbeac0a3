/** Packing a model's file into a `.codebook` file and back, byte for byte. Any file can be packed; of safetensors and GGUF each tensor
 *  becomes a segment of its own type, so that it is coded by its byte planes and can be read without the rest. Against a base, a file
 *  that the model was made from, only what differs is stored. Memory: some megabytes per worker, however large the file. The result does
 *  not depend on the number of workers. */
import { resolve } from "node:path";
import { writeFileAtomically } from "../bytes/atomic-file";
import { fileName } from "../bytes/file-name";
import type { PieceSource } from "../bytes/pieces";
import { writeFileResumably } from "../bytes/resumable-file";
import { fileSource, type ByteSource } from "../bytes/source";
import { FormatError, OptionError, SourceError, WriteError } from "../errors";
import { checkPath, pathsOf, refuseFiles } from "../formats/source-files";
import { currentHost, type Progress } from "../host";
import { checkNumber, checkOptionNames } from "../options";
import { defaultWorkers } from "../threads/pool";
import { packageVersion } from "../version";
import { baseOf, openBase } from "./base";
import { tensorsOf, type ArchiveIndex } from "./contents";
import { readIndex } from "./contents-reader";
import { damagedPieces, isModelFile, readModelFile } from "./model-file";
import type { Work } from "./lanes";
import { ArchivePieces, type Packing } from "./packing";
import { decodedParts } from "./reading";
import { segmentsOf } from "./segments";
import { unwrapArchive } from "./source";

/** Options of `unpack()` and `verify()`, and of `pack()` with `resume` beside them. */
export interface ArchiveOptions {
  /** Stops the work; by default the running cell's. */
  readonly signal?: AbortSignal;
  /** Threads that code, 1–8; by default one per core. The bytes are the same for any number. */
  readonly workers?: number;
  /** Called after each few megabytes; by default the running cell's. */
  readonly onProgress?: (progress: Progress) => void;
  /** A file that the model was made from: pack() stores what differs from it, unpack() and verify() need it again. */
  readonly base?: string;
  /** Of pack() and unpack(): lets the target take the place of the file that is read, or of its base, when it is whole; without it that is
   *  refused. */
  readonly replace?: boolean;
}

/** Options of `pack()`. */
export interface PackOptions extends ArchiveOptions {
  /** Where the packing breaks off (a full disk, an interrupt, a kill), keep what is packed beside the archive; the same call goes on from
   *  there, to the same bytes, as far as the file is the same. */
  readonly resume?: boolean;
}

const optionNames = ["signal", "workers", "onProgress", "base", "replace"];

/** What was packed, unpacked or verified. */
export interface ArchiveSummary {
  /** The file that was written, or verified. */
  readonly file: string;
  /** Bytes of the original file, and of its archive. */
  readonly originalBytes: number;
  /** Bytes of the archive, headers and tables included. */
  readonly archiveBytes: number;
  /** archiveBytes / originalBytes; 1 for an empty file. */
  readonly ratio: number;
  /** SHA-256 of the original file, hex. */
  readonly sha256: string;
  /** Number of tensors in the file. */
  readonly tensors: number;
}

function workOf(method: string, options: ArchiveOptions, names = optionNames): Work {
  checkOptionNames(method, options, names);
  const host = currentHost();
  const limits = { minimum: 1, maximum: 8, integer: true };
  return {
    signal: options.signal ?? host.signal,
    workers: checkNumber(method, "workers", options.workers ?? defaultWorkers(), limits),
    onProgress: options.onProgress ?? ((progress: Progress) => host.progress?.(progress)),
  };
}

/** Packs the file `source` into the archive `target` (by convention `….codebook`). The archive is read back and compared with the SHA-256
 *  of every tensor and of the file before it takes its name, and an existing `target` stays what it was until then.
 *
 *      await pack("model.safetensors", "model.codebook");
 *      await pack("tuned.safetensors", "tuned.codebook", { base: "model.safetensors" });   // what differs; needs the base to be read
 *
 *  With `resume` a call that broke off is taken up again: what is packed is checked by its SHA-256, and the file up to there is read and
 *  hashed, not coded, again. From where the file was changed it is packed anew.
 *
 *  `SourceError` when a file cannot be read, `WriteError` when the archive cannot be written or does not read back. */
export async function pack(source: string, target: string, options: PackOptions = {}): Promise<ArchiveSummary> {
  const work = workOf("pack", options, [...optionNames, "resume"]);
  const original = await fileSource(source);
  if (options.base !== undefined && resolve(options.base) === resolve(target))
    throw new OptionError(
      `pack(): ${target} is the base, a file that the model is read from, now and from the archive; name another`,
    );
  const base = options.base === undefined ? undefined : await openBase(options.base, work, unwrapArchive);
  await checkTarget("pack", [original, base?.source], target, options);
  const segments = await segmentsOf(original, base?.source, work.signal);
  const packing: Packing = { source: original, segments, base };
  let pieces = new ArchivePieces(packing, work);
  const readBack = async (temporary: string): Promise<void> => {
    const written = await fileSource(temporary);
    const found = await verifySource(written, base?.source, work).catch((cause: unknown) => {
      if (cause instanceof FormatError)
        throw new WriteError(target, `what was written does not read back: ${cause.message}`, { cause });
      throw cause;
    });
    if (found.sha256 !== pieces.sha256)
      throw new WriteError(target, `what was written reads back with SHA-256 ${found.sha256}, not ${pieces.sha256}`);
  };
  const writing = { verify: readBack, ...(work.signal ? { signal: work.signal } : {}) };
  const begin = () => (pieces = new ArchivePieces(packing, work));
  const archiveBytes = options.resume
    ? await writeFileResumably(target, begin, { key: keyOf(packing), ...writing })
    : await writeFileAtomically(target, bytesOf(pieces), writing);
  return summary(target, original.byteLength, archiveBytes, pieces.sha256, tensorsOf(segments));
}

/** What decides every byte of an archive but the original's own, which `ArchivePieces` compares. */
function keyOf({ source, segments, base }: Packing): string {
  return JSON.stringify([packageVersion, fileName(source.name), source.byteLength, segments, base?.file]);
}

async function* bytesOf(pieces: PieceSource): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of pieces.make()) yield bytes;
}

/** Restores the file that was packed into `source` as `target`, equal in every byte. A base is looked for beside the archive unless
 *  `base` says where it is. `FormatError` for an archive that is damaged, `SourceError` for a base that is missing or another; then nothing
 *  is written. */
export async function unpack(source: string, target: string, options: ArchiveOptions = {}): Promise<ArchiveSummary> {
  const work = workOf("unpack", options);
  const archive = await fileSource(source);
  const index = await readIndex(archive, work.signal);
  const base = await baseOf(archive, index, options.base, work, unwrapArchive);
  await checkTarget("unpack", [archive, base], target, options);
  const parts = decodedParts(archive, index, base, work, "unpacking");
  await writeFileAtomically(target, parts, work.signal ? { signal: work.signal } : {});
  return summary(target, index.byteLength, archive.byteLength, index.sha256, tensorsOf(index.segments));
}

/** Decodes all of an archive and holds it against its hashes: every block, every tensor, the file. `FormatError` at the first fault. Of a
 *  compressed model that `save("small.codebook")` wrote the contents and each tensor's piece are held against their hashes; the error names
 *  every tensor that is damaged, and the summary tells size and SHA-256 of the model that was compressed. */
export async function verify(source: string, options: ArchiveOptions = {}): Promise<ArchiveSummary> {
  const work = workOf("verify", options);
  const archive = await fileSource(source);
  if (await isModelFile(archive)) {
    if (options.base !== undefined)
      throw new SourceError(source, `is a compressed model, which has no base; ${options.base} is not needed`);
    return verifyModel(archive, work);
  }
  const index = await readIndex(archive, work.signal);
  const base = await baseOf(archive, index, options.base, work, unwrapArchive);
  await verifySource(archive, base, work);
  return summary(source, index.byteLength, archive.byteLength, index.sha256, tensorsOf(index.segments));
}

async function verifySource(archive: ByteSource, base: ByteSource | undefined, work: Work): Promise<ArchiveIndex> {
  const index = await readIndex(archive, work.signal);
  for await (const part of decodedParts(archive, index, base, work, "verifying")) void part;
  return index;
}

async function verifyModel(archive: ByteSource, { signal, onProgress }: Work): Promise<ArchiveSummary> {
  const { contents, pieces, contentsAt } = await readModelFile(archive, signal);
  const onBytes = (done: number): void => {
    onProgress({ task: "verifying", done, total: contentsAt, unit: "bytes", item: fileName(archive.name) });
  };
  const damaged = await damagedPieces(archive, pieces, { signal, onBytes });
  if (damaged.length > 0)
    throw new FormatError(
      archive.name,
      damaged[0].start,
      `${damaged.length} of ${pieces.length} tensors ${damaged.length === 1 ? "is" : "are"} damaged, and the others can be read: ${damaged.map(({ name }) => name).join(", ")}`,
      "the bytes that were written",
    );
  const { model } = Object(contents.report) as { model?: unknown };
  const { bytes, sha256 } = Object(model) as { bytes?: unknown; sha256?: unknown };
  return summary(
    archive.name,
    typeof bytes === "number" ? bytes : 0,
    archive.byteLength,
    String(sha256),
    pieces.length,
  );
}

/** What is read is not written over, unless that is meant. */
async function checkTarget(
  method: string,
  sources: readonly (ByteSource | undefined)[],
  target: string,
  { replace = false }: ArchiveOptions,
): Promise<void> {
  checkPath(method, target);
  const files = pathsOf(sources.filter((source) => source !== undefined));
  if (!replace) await refuseFiles(method, files, target);
}

function summary(
  file: string,
  originalBytes: number,
  archiveBytes: number,
  sha256: string,
  tensors: number,
): ArchiveSummary {
  const ratio = originalBytes === 0 ? 1 : archiveBytes / originalBytes;
  return { file, originalBytes, archiveBytes, ratio, sha256, tensors };
}
