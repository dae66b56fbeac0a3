/** The file inside an archive, as a source of bytes: what is asked for is read and decoded, nothing else. */
import { createHash } from "node:crypto";
import { pause, throwIfStopped } from "../bytes/pause";
import type { ByteSource } from "../bytes/source";
import { FormatError, SourceError } from "../errors";
import type { Wrapping } from "../formats/open";
import { archiveMagic, blockBytesOf, readIndex, type ArchiveIndex, type Segment } from "./archive-index";
import { decodeBlocks, type DecodeTask } from "./archive-tasks";

/** Blocks `first` to `last` of a segment as a task, with their bytes read. */
export async function readBlocks(
  source: ByteSource,
  segment: Segment,
  first: number,
  last: number,
  signal?: AbortSignal,
): Promise<DecodeTask> {
  const { at, hashes, width } = segment;
  const blockBytes = blockBytesOf(width);
  const stored = await source.read(at[first], at[last], signal);
  return {
    stored: stored as Uint8Array<ArrayBuffer>,
    sizes: Float64Array.from({ length: last - first }, (_, i) => at[first + i + 1] - at[first + i]),
    hashes: hashes.slice(first, last),
    width,
    blockBytes,
    length: Math.min(segment.length, last * blockBytes) - first * blockBytes,
    file: source.name,
    at: at[first],
  };
}

class ArchiveSource implements ByteSource {
  bytesRead = 0;
  reads = 0;
  /** The block that was decoded last: readers of headers ask for a few bytes at a time. */
  private recent: { readonly segment: Segment; readonly block: number; readonly bytes: Uint8Array } | undefined;

  constructor(
    private readonly archive: ByteSource,
    private readonly index: ArchiveIndex,
  ) {}

  get name(): string {
    return this.archive.name;
  }
  get byteLength(): number {
    return this.index.byteLength;
  }

  async read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array> {
    this.check(start, end);
    const target = new Uint8Array(end - start);
    await this.readInto(target, start, signal);
    return target;
  }

  /** A tensor that is read whole must have its SHA-256; parts are held against the hashes of their blocks. */
  async readInto(target: Uint8Array, start: number, signal?: AbortSignal): Promise<void> {
    const end = start + target.length;
    this.check(start, end);
    this.reads += 1;
    for (const segment of this.index.segments) {
      const from = Math.max(start, segment.start);
      const to = Math.min(end, segment.start + segment.length);
      if (from >= to) continue;
      const part = target.subarray(from - start, to - start);
      await this.readSegment(segment, part, from - segment.start, signal);
      if (part.length === segment.length && createHash("sha256").update(part).digest("hex") !== segment.sha256)
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

  private async readSegment(
    segment: Segment,
    target: Uint8Array,
    start: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const size = blockBytesOf(segment.width);
    for (let at = start; at < start + target.length;) {
      throwIfStopped(signal, `reading ${this.name}`);
      const block = Math.floor(at / size);
      const blockEnd = Math.min((block + 1) * size, segment.length);
      const end = Math.min(blockEnd, start + target.length);
      const part = target.subarray(at - start, end - start);
      if (part.length === blockEnd - block * size) {
        decodeBlocks(await readBlocks(this.archive, segment, block, block + 1, signal), part);
        await pause();
      } else part.set((await this.blockOf(segment, block, signal)).subarray(at - block * size, end - block * size));
      at = end;
    }
  }

  private async blockOf(segment: Segment, block: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    if (this.recent?.segment !== segment || this.recent.block !== block)
      this.recent = {
        segment,
        block,
        bytes: decodeBlocks(await readBlocks(this.archive, segment, block, block + 1, signal)),
      };
    return this.recent.bytes;
  }

  private check(start: number, end: number): void {
    const whole = Number.isSafeInteger(start) && Number.isSafeInteger(end);
    if (!whole || start < 0 || end < start || end > this.byteLength)
      throw new SourceError(this.name, `bytes ${start} to ${end} were asked for; it has bytes 0 to ${this.byteLength}`);
  }
}

/** The original file's bytes, lazily. Reads header and index. `FormatError` when `source` is no sound archive. */
export async function unwrapArchive(source: ByteSource, signal?: AbortSignal): Promise<ByteSource> {
  return new ArchiveSource(source, await readIndex(source, signal));
}

/** What `open` needs to look into a `.codebook` file. */
export const archiveWrapping: Wrapping = { begins: archiveMagic, unwrap: unwrapArchive };
