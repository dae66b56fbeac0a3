/** The file inside an archive as a source of bytes. Only the blocks that hold the bytes asked for are read and decoded. */
import { createHash } from "node:crypto";
import { pause, throwIfStopped } from "../bytes/pause";
import type { ByteSource } from "../bytes/source";
import { FormatError, SourceError } from "../errors";
import { maxBlockBytes } from "../loops/plane-memory";
import { sharedPool } from "../threads/pool";
import { basePlace, baseOf } from "./base";
import { blockBytesIn, type ArchiveIndex, type Segment } from "./contents";
import { readIndex } from "./contents-reader";
import { basePart, castOf, Lane } from "./lanes";
import { decodeBatch, tasks, type DecodeTask } from "./tasks";

let own: Lane | undefined;

/** A lane for one block, on which this thread decodes without a worker. */
function threadLane(): Lane {
  return (own ??= new Lane(maxBlockBytes, maxBlockBytes));
}

class ArchiveSource implements ByteSource {
  bytesRead = 0;
  reads = 0;
  /** The block that was decoded last. It is kept because readers of headers ask for a few bytes at a time. */
  private recent: { readonly segment: Segment; readonly block: number; readonly bytes: Uint8Array } | undefined;
  /** The base is found and hashed when the first block needs it. */
  private base: Promise<ByteSource | undefined> | undefined;
  private found: ByteSource | undefined;

  constructor(
    private readonly archive: ByteSource,
    private readonly index: ArchiveIndex,
    /** The archives whose base this one is, the first one first. */
    private readonly chain: readonly string[],
  ) {}

  get name(): string {
    return this.archive.name;
  }
  get byteLength(): number {
    return this.index.byteLength;
  }
  get storedBytes(): number {
    return this.archive.byteLength;
  }
  /** The archive, and its base where it is looked for. */
  get files(): readonly string[] {
    const place = basePlace(this.archive, this.index);
    const base = this.found?.files ?? (place === undefined ? [] : [place]);
    return [...(this.archive.files ?? []), ...base];
  }

  async read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    this.check(start, end);
    const target = new Uint8Array(end - start);
    await this.readInto(target, start, signal);
    return target;
  }

  /** A tensor that is read whole is held against its SHA-256, a part of one against the hashes of its blocks. */
  async readInto(target: Uint8Array, start: number, signal?: AbortSignal): Promise<void> {
    const end = start + target.length;
    this.check(start, end);
    this.reads += 1;
    for (const segment of this.index.segments) {
      const from = Math.max(start, segment.start);
      const to = Math.min(end, segment.start + segment.length);
      if (from >= to) continue;
      const part = target.subarray(from - start, to - start);
      const digest = await this.readSegment(segment, part, from - segment.start, signal);
      if (part.length === segment.length && digest !== segment.sha256)
        throw new FormatError(
          this.name,
          segment.at[0],
          `${segment.tensor?.name ?? "a segment"} has another SHA-256`,
          segment.sha256,
        );
    }
    this.bytesRead += target.length;
  }

  async close(): Promise<void> {
    this.recent = undefined;
    await this.archive.close();
  }

  /** Returns the SHA-256 of what was read. */
  private async readSegment(
    segment: Segment,
    target: Uint8Array,
    start: number,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const size = blockBytesIn(this.index.version, segment);
    const hash = createHash("sha256");
    for (let at = start; at < start + target.length;) {
      throwIfStopped(signal, `reading ${this.name}`);
      const block = Math.floor(at / size);
      const blockEnd = Math.min((block + 1) * size, segment.length);
      const end = Math.min(blockEnd, start + target.length);
      const part = target.subarray(at - start, end - start);
      if (part.length === blockEnd - block * size) {
        await this.decodeInto(part, segment, block, signal);
        await pause();
      } else part.set((await this.blockOf(segment, block, signal)).subarray(at - block * size, end - block * size));
      hash.update(part);
      at = end;
    }
    return hash.digest("hex");
  }

  private async blockOf(segment: Segment, block: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    if (this.recent?.segment !== segment || this.recent.block !== block) {
      const size = blockBytesIn(this.index.version, segment);
      const bytes = new Uint8Array(Math.min(size, segment.length - block * size));
      await this.decodeInto(bytes, segment, block, signal);
      this.recent = { segment, block, bytes };
    }
    return this.recent.bytes;
  }

  /** Decodes one block. Where the base has to be quantized first, which takes a while, a worker does it. */
  private async decodeInto(
    output: Uint8Array,
    segment: Segment,
    block: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { version } = this.index;
    const blockBytes = blockBytesIn(version, segment);
    const from = block * blockBytes;
    const part = basePart(segment, from, from + output.length);
    const base = part.length > 0 ? await this.readBase(part.start, part.length, signal) : undefined;
    const cast = castOf(segment);
    const piece = { length: output.length, layout: segment.layout, ...(version === 1 ? { blockBytes } : {}) };
    const stored = await this.archive.read(segment.at[block], segment.at[block + 1], signal);
    const isSlow = cast.cast !== undefined;
    const lane = isSlow ? new Lane(output.length, part.length) : threadLane();
    lane.input(stored.length).set(stored);
    if (base) lane.base(base.length).set(base);
    const task: DecodeTask = {
      memory: lane.memory,
      lane: lane.places,
      pieces: [base ? { ...piece, base: { length: base.length, ...cast } } : piece],
      sizes: Float64Array.of(stored.length),
      hashes: segment.hashes.slice(block, block + 1),
      version,
      file: this.name,
      at: segment.at[block],
    };
    const options = { label: segment.tensor?.name ?? this.name, ...(signal ? { signal } : {}) };
    if (isSlow) await sharedPool().run(tasks, "decode", task, options);
    else decodeBatch(task);
    output.set(lane.output(output.length));
  }

  private async readBase(start: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    this.base ??= baseOf(this.archive, this.index, undefined, { signal, chain: this.chain }, unwrapArchive);
    const base = await this.base.catch((error: unknown) => {
      this.base = undefined;
      throw error;
    });
    if (!base) throw new SourceError(this.name, "has no base");
    this.found = base;
    return base.read(start, start + length, signal);
  }

  private check(start: number, end: number): void {
    const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
    if (!whole || start < 0 || end < start || end > this.byteLength)
      throw new SourceError(this.name, `bytes ${start} to ${end} were asked for; it has bytes 0 to ${this.byteLength}`);
  }
}

/** The original file's bytes, lazily. Reads header and index. `FormatError` when `source` is no sound archive; `SourceError` at the first
 *  read of a tensor that was coded against a base which is not beside the archive. `chain` names the archives whose base this one is. */
export async function unwrapArchive(
  source: ByteSource,
  signal?: AbortSignal,
  chain: readonly string[] = [],
): Promise<ByteSource> {
  return new ArchiveSource(source, await readIndex(source, signal), chain);
}
