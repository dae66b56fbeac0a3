/** The bytes of an archive, made in one pass over the original, or from where an earlier pass broke off. */
import { createHash } from "node:crypto";
import { pause } from "../bytes/pause";
import type { KeptPiece, MadePiece, PieceSource } from "../bytes/pieces";
import type { ByteSource } from "../bytes/source";
import type { Progress } from "../host";
import { readNote, SegmentBuilder, writeNote } from "./unfinished";
import { headerBytes, headerOfArchive, archiveVersion, writeIndex, type BaseFile, type SegmentInfo } from "./contents";
import { batchesOf, Lanes, type Batch, type Lane, type Work } from "./lanes";
import type { EncodedBatch } from "./tasks";

/** What an archive is made of. */
export interface Packing {
  readonly source: ByteSource;
  readonly segments: readonly SegmentInfo[];
  readonly base: { readonly source: ByteSource; readonly file: BaseFile } | undefined;
}

/** Bytes hashed between two turns of the event loop. */
const sliceBytes = 1024 * 1024;

/** The pieces of an archive: its header, the blocks of one batch after the other, its index. A batch that lies on the disk is kept when the
 *  original up to its end has the SHA-256 that it was coded from; for that the original is read and hashed again, but not coded. */
export class ArchivePieces implements PieceSource {
  private readonly batches: readonly Batch[];
  private readonly building: readonly SegmentBuilder[];
  /** Takes in the original, as far as it was read. */
  private hash = createHash("sha256");
  /** How many pieces were kept. */
  private kept = 0;
  /** Bytes of the header and of the blocks so far. */
  private stored = headerBytes;

  constructor(
    private readonly packing: Packing,
    private readonly work: Work,
  ) {
    this.batches = [...batchesOf(packing.segments, archiveVersion)];
    this.building = packing.segments.map((info) => new SegmentBuilder(info));
  }

  /** The SHA-256 of the original, once all of it was read. */
  get sha256(): string {
    return this.hash.copy().digest("hex");
  }

  get isWhole(): boolean {
    return this.kept === this.batches.length + 2;
  }

  async keep(piece: KeptPiece): Promise<boolean> {
    if (this.isWhole) return false;
    const isFirst = this.kept === 0;
    const isSame =
      isFirst || this.kept > this.batches.length
        ? piece.sha256 === sha256Of(isFirst ? headerOfArchive() : this.index())
        : await this.keepBatch(this.batches[this.kept - 1], piece);
    if (isSame) this.kept += 1;
    return isSame;
  }

  async *make(): AsyncGenerator<MadePiece> {
    if (this.isWhole) return;
    if (this.kept === 0) yield { bytes: headerOfArchive() };
    const { source, segments } = this.packing;
    const first = Math.max(0, this.kept - 1);
    await this.hashBegun(first);
    const lanes = new Lanes(this.batches.slice(first), this.work);
    const upTo = new Map<Batch, string>();
    const load = async (batch: Batch, lane: Lane): Promise<void> => {
      await this.load(batch, lane);
      upTo.set(batch, this.sha256);
    };
    const run = ({ pieces }: Batch, { memory, places }: Lane) =>
      lanes.encode({ memory, lane: places, pieces }, segments[pieces[0].segment].tensor?.name ?? source.name);
    for await (const { batch, lane, result } of lanes.inOrder(`packing ${source.name}`, load, run)) {
      const begin = this.stored;
      this.add(batch, result);
      const ended = this.endedIn(batch).map(({ sha256 }) => sha256);
      const note = writeNote({ upTo: upTo.get(batch) ?? "", ended, ...result });
      upTo.delete(batch);
      this.tell("packing", batch);
      yield { bytes: lane.output(this.stored - begin), note };
    }
    yield { bytes: this.index() };
  }

  private async load({ start, length, bases, baseLength, pieces }: Batch, lane: Lane): Promise<void> {
    const { source, base } = this.packing;
    const bytes = lane.input(length);
    await source.readInto(bytes, start, this.work.signal);
    if (base) await readBases(base.source, bases, lane.base(baseLength), this.work.signal);
    this.hash.update(bytes);
    let at = 0;
    for (const piece of pieces) {
      this.building[piece.segment].hash.update(bytes.subarray(at, at + piece.length));
      at += piece.length;
    }
  }

  private async keepBatch(batch: Batch, { bytes, note }: KeptPiece): Promise<boolean> {
    const known = readNote(
      note,
      batch.pieces.reduce((sum, { first, last }) => sum + last - first, 0),
    );
    const ended = this.endedIn(batch);
    if (known?.sizes.reduce((sum, size) => sum + size, 0) !== bytes || known.ended.length !== ended.length)
      return false;
    const hash = this.hash.copy();
    await this.readThrough(hash, batch.start, batch.start + batch.length);
    if (hash.copy().digest("hex") !== known.upTo) return false;
    this.hash = hash;
    ended.forEach((segment, i) => (segment.known = known.ended[i]));
    this.add(batch, known);
    this.tell("checking what is packed", batch);
    return true;
  }

  /** The segment that was begun in the batches before number `first`, and not ended. */
  private async hashBegun(first: number): Promise<void> {
    const before = this.batches[first - 1] as Batch | undefined;
    const last = before?.pieces[before.pieces.length - 1];
    const segment = last && this.building[last.segment];
    if (!before || !segment || last.last === segment.blocks) return;
    if (segment.info.start === 0) segment.hash = this.hash.copy();
    else await this.readThrough(segment.hash, segment.info.start, before.start + before.length);
  }

  private async readThrough(hash: ReturnType<typeof createHash>, start: number, end: number): Promise<void> {
    const slice = new Uint8Array(Math.min(sliceBytes, end - start));
    for (let at = start; at < end; at += slice.length) {
      const bytes = slice.subarray(0, Math.min(slice.length, end - at));
      await this.packing.source.readInto(bytes, at, this.work.signal);
      hash.update(bytes);
      await pause();
    }
  }

  private endedIn({ pieces }: Batch): SegmentBuilder[] {
    return pieces
      .filter(({ segment, last }) => last === this.building[segment].blocks)
      .map(({ segment }) => this.building[segment]);
  }

  private add({ pieces }: Batch, { sizes, hashes }: EncodedBatch): void {
    let block = 0;
    for (const { segment, first, last } of pieces)
      for (let i = first; i < last; i++, block++) {
        this.building[segment].add(this.stored, sizes[block], hashes[block]);
        this.stored += sizes[block];
      }
  }

  private tell(task: Progress["task"], { start, length, pieces }: Batch): void {
    const { source, segments } = this.packing;
    const item = segments[pieces[pieces.length - 1].segment].tensor?.name;
    const done = start + length;
    this.work.onProgress({ task, done, total: source.byteLength, unit: "bytes", ...(item ? { item } : {}) });
  }

  private index(): Uint8Array {
    const { source, base } = this.packing;
    const name = source.name.split(/[/\\]/).pop() ?? "";
    const segments = this.building.map((one) => one.finish());
    const index = { name, byteLength: source.byteLength, sha256: this.sha256, segments };
    return writeIndex(base ? { ...index, base: base.file } : index, this.stored);
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Reads the ranges of the base into `target`, one behind the other. */
export async function readBases(
  source: ByteSource,
  bases: Batch["bases"],
  target: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  let at = 0;
  for (const { start, length } of bases) {
    await source.readInto(target.subarray(at, at + length), start, signal);
    at += length;
  }
}
