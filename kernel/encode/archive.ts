/** Packing a model's file into a `.codebook` file and back, byte for byte. Any file can be packed; of safetensors and GGUF each tensor
 *  becomes a segment of its own type, so that it is coded by its byte planes and can be read without the rest. Memory: a few megabytes
 *  per worker, however large the file. The result does not depend on the number of workers. */
import { createHash } from "node:crypto";
import { writeFileAtomically } from "../bytes/atomic-file";
import { throwIfStopped } from "../bytes/pause";
import { fileSource, type ByteSource } from "../bytes/source";
import { FormatError, OptionError, UnsupportedError, WriteError } from "../errors";
import { openGguf } from "../formats/gguf";
import { openSafetensors } from "../formats/safetensors";
import { StoredTensor } from "../formats/stored-tensor";
import { currentHost, type Progress } from "../host";
import { checkNumber, checkOptionNames } from "../options";
import { defaultWorkers, sharedPool } from "../simd/pool";
import type { Model } from "../tensor/model";
import {
  blockBytesOf,
  blockCount,
  headerBytes,
  headerOfArchive,
  readIndex,
  writeIndex,
  type ArchiveIndex,
  type Segment,
  type SegmentInfo,
} from "./archive-index";
import { readBlocks } from "./archive-source";
import { decodeBlocks, encodeBlocks, type EncodedBlocks } from "./archive-tasks";

export interface ArchiveOptions {
  /** Stops the work; by default the running cell's. */
  readonly signal?: AbortSignal;
  /** Threads that code, 1–8; by default one per core. The bytes are the same for any number. */
  readonly workers?: number;
  /** Called after each few megabytes; by default the running cell's. */
  readonly onProgress?: (progress: Progress) => void;
}

/** What was packed, unpacked or verified. */
export interface ArchiveSummary {
  /** The file that was written, or verified. */
  readonly file: string;
  /** Bytes of the original file, and of its archive. */
  readonly originalBytes: number;
  readonly archiveBytes: number;
  /** archiveBytes / originalBytes; 1 for an empty file. */
  readonly ratio: number;
  /** SHA-256 of the original file, hex. */
  readonly sha256: string;
  readonly tensors: number;
}

interface Work {
  readonly signal: AbortSignal | undefined;
  readonly workers: number;
  readonly report: (task: string, done: number, total: number, item?: string) => void;
}

/** Original bytes that a worker takes at a time. */
const batchBytes = 4 * 1024 * 1024;
/** Files up to this size are not worth a thread. */
const inlineBytes = 1024 * 1024;

function workOf(method: string, options: ArchiveOptions): Work {
  checkOptionNames(method, options, ["signal", "workers", "onProgress"]);
  const host = currentHost();
  const report = options.onProgress ?? ((progress: Progress) => host.progress?.(progress));
  return {
    signal: options.signal ?? host.signal,
    workers: checkNumber(method, "workers", options.workers ?? defaultWorkers(), {
      minimum: 1,
      maximum: 8,
      integer: true,
    }),
    report: (task, done, total, item) => report({ task, done, total, unit: "bytes", item }),
  };
}

/** Packs the file `source` into the archive `target` (by convention `….codebook`). The archive is read back and compared with the SHA-256
 *  of every tensor and of the file before it takes its name, and an existing `target` stays what it was until then.
 *  `SourceError` when the file cannot be read, `WriteError` when the archive cannot be written or does not read back. */
export async function pack(source: string, target: string, options: ArchiveOptions = {}): Promise<ArchiveSummary> {
  const work = workOf("pack", options);
  checkPaths("pack", source, target);
  const original = await fileSource(source);
  const packing = new Packing(original, await segmentsOf(original, work.signal), work);
  const archiveBytes = await writeFileAtomically(target, packing.parts(), {
    signal: work.signal,
    verify: async (temporary) => {
      const written = await fileSource(temporary);
      const found = await verifySource(written, work, "verifying").catch((cause: unknown) => {
        if (cause instanceof FormatError)
          throw new WriteError(target, `what was written does not read back: ${cause.message}`, { cause });
        throw cause;
      });
      if (found.sha256 !== packing.sha256)
        throw new WriteError(target, `what was written reads back with SHA-256 ${found.sha256}, not ${packing.sha256}`);
    },
  });
  const tensors = packing.tensors;
  return summary(target, original.byteLength, archiveBytes, packing.sha256, tensors);
}

/** Restores the file that was packed into `source` as `target`, equal in every byte. `FormatError` for an archive that is damaged; then
 *  nothing is written. */
export async function unpack(source: string, target: string, options: ArchiveOptions = {}): Promise<ArchiveSummary> {
  const work = workOf("unpack", options);
  checkPaths("unpack", source, target);
  const archive = await fileSource(source);
  const index = await readIndex(archive, work.signal);
  await writeFileAtomically(target, decodedParts(archive, index, work, "unpacking"), { signal: work.signal });
  return summary(target, index.byteLength, archive.byteLength, index.sha256, tensorsOf(index.segments));
}

/** Decodes all of an archive and holds it against its hashes: every block, every tensor, the file. `FormatError` at the first fault. */
export async function verify(source: string, options: ArchiveOptions = {}): Promise<ArchiveSummary> {
  const work = workOf("verify", options);
  const archive = await fileSource(source);
  const index = await verifySource(archive, work, "verifying");
  return summary(source, index.byteLength, archive.byteLength, index.sha256, tensorsOf(index.segments));
}

async function verifySource(archive: ByteSource, work: Work, task: string): Promise<ArchiveIndex> {
  const index = await readIndex(archive, work.signal);
  for await (const part of decodedParts(archive, index, work, task)) void part;
  return index;
}

function checkPaths(method: string, source: string, target: string): void {
  if (source === target) throw new OptionError(`${method}(): source and target are the same file, ${source}`);
}

function tensorsOf(segments: readonly SegmentInfo[]): number {
  return segments.filter((segment) => segment.tensor).length;
}

function summary(
  file: string,
  originalBytes: number,
  archiveBytes: number,
  sha256: string,
  tensors: number,
): ArchiveSummary {
  return {
    file,
    originalBytes,
    archiveBytes,
    ratio: originalBytes === 0 ? 1 : archiveBytes / originalBytes,
    sha256,
    tensors,
  };
}

const widths: Readonly<Record<string, number>> = {
  ...{ F64: 8, I64: 8, U64: 8, F32: 4, I32: 4, U32: 4, C64: 4 },
  ...{ F16: 2, BF16: 2, I16: 2, U16: 2 },
};
/** Types whose exponent and sign change places before the planes are cut. */
const floats: ReadonlySet<string> = new Set(["F64", "F32", "F16", "BF16", "C64"]);

/** The parts of a file: its tensors, and whatever lies between. A file that is no sound model is one part. */
async function segmentsOf(source: ByteSource, signal: AbortSignal | undefined): Promise<SegmentInfo[]> {
  const model = await openModel(source, signal);
  const tensors = (model?.tensors ?? []).filter((tensor) => tensor instanceof StoredTensor);
  const segments: SegmentInfo[] = [];
  let at = 0;
  const gapUntil = (end: number): void => {
    if (end > at) segments.push({ start: at, length: end - at, width: 1 });
    at = Math.max(at, end);
  };
  for (const { name, dtype, shape, start, sizeBytes } of [...tensors].sort((a, b) => a.start - b.start)) {
    gapUntil(start);
    if (start !== at) return [{ start: 0, length: source.byteLength, width: 1 }];
    const width = widths[dtype] ?? 1;
    segments.push({
      tensor: { name, dtype, shape },
      start,
      length: sizeBytes,
      width: sizeBytes % width === 0 ? width : 1,
    });
    at += sizeBytes;
  }
  gapUntil(source.byteLength);
  return segments;
}

async function openModel(source: ByteSource, signal: AbortSignal | undefined): Promise<Model | undefined> {
  const head = await source.read(0, Math.min(9, source.byteLength), signal);
  try {
    if (Buffer.from(head.subarray(0, 4)).toString("latin1") === "GGUF")
      return await openGguf(source, source.name, signal);
    if (head[8] === 0x7b) return await openSafetensors(source, source.name, signal);
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof UnsupportedError)) throw error;
  }
  return undefined;
}

/** Writes an archive in one pass; what the index needs is known at the end. */
class Packing {
  sha256 = "";

  constructor(
    private readonly source: ByteSource,
    private readonly segments: readonly SegmentInfo[],
    private readonly work: Work,
  ) {}

  get tensors(): number {
    return tensorsOf(this.segments);
  }

  async *parts(): AsyncGenerator<Uint8Array> {
    const { segments, source, work } = this;
    yield headerOfArchive();
    const built = segments.map((info) => ({
      info,
      at: new Float64Array(blockCount(info) + 1),
      hashes: new BigUint64Array(blockCount(info)),
      digest: "",
    }));
    const whole = createHash("sha256");
    const encode = encoderOf(source.byteLength, work);
    let stored = headerBytes;
    let done = 0;
    const inputs = this.inputs((i, bytes, digest) => {
      whole.update(bytes);
      if (digest !== undefined) built[i].digest = digest;
    });
    let segment = 0;
    let block = 0;
    const skipFinished = (): void => {
      while (segment < built.length && block === built[segment].hashes.length) {
        built[segment].at[block] = stored;
        segment++;
        block = 0;
      }
    };
    const results = inOrder(inputs, 2 * work.workers, async ({ info, bytes }) => {
      const length = bytes.length;
      const rotate = info.tensor !== undefined && floats.has(info.tensor.dtype) && info.width > 1;
      const task = { bytes, width: info.width, rotate, blockBytes: blockBytesOf(info.width) };
      return { info, length, blocks: await encode(task, info.tensor?.name ?? source.name) };
    });
    for await (const { info, length, blocks } of results) {
      skipFinished();
      const { at, hashes } = built[segment];
      blocks.sizes.forEach((size, i) => {
        at[block] = stored;
        hashes[block++] = blocks.hashes[i];
        stored += size;
      });
      done += length;
      work.report("packing", done, source.byteLength, info.tensor?.name);
      yield blocks.stored;
    }
    skipFinished();
    this.sha256 = whole.digest("hex");
    const finished: Segment[] = built.map(({ info, at, hashes, digest }) => ({ ...info, at, hashes, sha256: digest }));
    const name = source.name.split(/[/\\]/).pop() ?? "";
    yield writeIndex({ name, byteLength: source.byteLength, sha256: this.sha256, segments: finished }, stored);
  }

  /** The file in batches of whole blocks; `note` sees every byte in order, and each segment's SHA-256 with its last batch. */
  private async *inputs(
    note: (segment: number, bytes: Uint8Array, digest: string | undefined) => void,
  ): AsyncGenerator<{ info: SegmentInfo; bytes: Uint8Array<ArrayBuffer> }> {
    for (const [i, info] of this.segments.entries()) {
      const hash = createHash("sha256");
      const batch = batchOf(info.width);
      if (info.length === 0) note(i, new Uint8Array(0), hash.digest("hex"));
      for (let at = 0; at < info.length; at += batch) {
        throwIfStopped(this.work.signal, `packing ${this.source.name}`);
        const end = Math.min(at + batch, info.length);
        const bytes = await this.source.read(info.start + at, info.start + end, this.work.signal);
        hash.update(bytes);
        note(i, bytes, end === info.length ? hash.digest("hex") : undefined);
        yield { info, bytes: bytes as Uint8Array<ArrayBuffer> };
      }
    }
  }
}

function batchOf(width: number): number {
  const block = blockBytesOf(width);
  return Math.max(1, Math.floor(batchBytes / block)) * block;
}

const tasksModule = require.resolve("./archive-tasks");

type EncodeOne = (task: Parameters<typeof encodeBlocks>[0], label: string) => Promise<EncodedBlocks>;
type DecodeOne = (task: Parameters<typeof decodeBlocks>[0], label: string) => Promise<Uint8Array>;

function encoderOf(total: number, { workers, signal }: Work): EncodeOne {
  if (total <= inlineBytes) return async (task) => encodeBlocks(task);
  const pool = sharedPool(tasksModule, workers);
  return (task, label) => pool.run("encode", task, { label, signal, transfer: [task.bytes.buffer] });
}

function decoderOf(total: number, { workers, signal }: Work): DecodeOne {
  if (total <= inlineBytes) return async (task) => decodeBlocks(task);
  const pool = sharedPool(tasksModule, workers);
  return (task, label) => pool.run("decode", task, { label, signal, transfer: [task.stored.buffer] });
}

/** All bytes of the original, in order, held against the SHA-256 of each segment and of the file. */
async function* decodedParts(
  archive: ByteSource,
  index: ArchiveIndex,
  work: Work,
  taskName: string,
): AsyncGenerator<Uint8Array> {
  const whole = createHash("sha256");
  const decode = decoderOf(index.byteLength, work);
  const fail = (at: number, what: string, expected: string): never => {
    throw new FormatError(archive.name, at, `${what} has another SHA-256`, expected);
  };
  const inputs = async function* () {
    for (const segment of index.segments) {
      const perBatch = batchOf(segment.width) / blockBytesOf(segment.width);
      const blocks = segment.hashes.length;
      if (blocks === 0) yield { segment, isLast: true, task: undefined };
      for (let first = 0; first < blocks; first += perBatch) {
        throwIfStopped(work.signal, `${taskName} ${archive.name}`);
        const last = Math.min(first + perBatch, blocks);
        const task = await readBlocks(archive, segment, first, last, work.signal);
        yield { segment, isLast: last === blocks, task };
      }
    }
  };
  const results = inOrder(inputs(), 2 * work.workers, async ({ segment, isLast, task }) => ({
    segment,
    isLast,
    bytes: task ? await decode(task, segment.tensor?.name ?? archive.name) : new Uint8Array(0),
  }));
  let hash = createHash("sha256");
  let done = 0;
  for await (const { segment, isLast, bytes } of results) {
    whole.update(bytes);
    hash.update(bytes);
    if (isLast) {
      if (hash.digest("hex") !== segment.sha256)
        fail(segment.at[0], segment.tensor?.name ?? "a segment", segment.sha256);
      hash = createHash("sha256");
    }
    done += bytes.length;
    work.report(taskName, done, index.byteLength, segment.tensor?.name);
    yield bytes;
  }
  if (whole.digest("hex") !== index.sha256) fail(archive.byteLength, "the whole file", index.sha256);
}

/** `work` on each item, at most `most` at a time; results in the items' order. */
async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  most: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  for await (const item of items) {
    const promise = work(item);
    promise.catch(() => undefined); // told when its turn comes
    running.push(promise);
    if (running.length >= most) yield await (running.shift() as Promise<Result>);
  }
  for (const promise of running) yield await promise;
}
