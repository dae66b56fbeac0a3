/** The bytes of an archive, made in one pass over the original. */
import { createHash } from "node:crypto";
import type { ByteSource } from "../bytes/source";
import {
  blockCount,
  headerBytes,
  headerOfArchive,
  archiveVersion,
  writeIndex,
  type BaseFile,
  type Segment,
  type SegmentInfo,
} from "./archive-index";
import { batchesOf, Lanes, type Batch, type Lane, type Work } from "./archive-lanes";

/** What an archive is made of. */
export interface Packing {
  readonly source: ByteSource;
  readonly segments: readonly SegmentInfo[];
  readonly base: { readonly source: ByteSource; readonly file: BaseFile } | undefined;
}

/** The parts of the archive in order; calls `finished` with the SHA-256 of the original when it is known. */
export async function* archiveParts(
  { source, segments, base }: Packing,
  work: Work,
  finished: (sha256: string) => void,
): AsyncGenerator<Uint8Array> {
  yield headerOfArchive();
  const building = segments.map((info) => new SegmentBuilder(info));
  const whole = createHash("sha256");
  const lanes = new Lanes([...batchesOf(segments, archiveVersion)], work);
  const task = `packing ${source.name}`;
  const load = async ({ start, length, bases, baseLength, pieces }: Batch, lane: Lane): Promise<void> => {
    const bytes = lane.input(length);
    await source.readInto(bytes, start, work.signal);
    if (base) await readBases(base.source, bases, lane.base(baseLength), work.signal);
    whole.update(bytes);
    let at = 0;
    for (const piece of pieces) {
      building[piece.segment].hash.update(bytes.subarray(at, at + piece.length));
      at += piece.length;
    }
  };
  const run = ({ pieces }: Batch, { memory, places }: Lane) =>
    lanes.encode({ memory, lane: places, pieces }, segments[pieces[0].segment].tensor?.name ?? source.name);
  let stored = headerBytes;
  let done = 0;
  for await (const { batch, lane, result } of lanes.inOrder(task, load, run)) {
    let block = 0;
    const begin = stored;
    for (const { segment, first, last } of batch.pieces)
      for (let i = first; i < last; i++, block++) {
        building[segment].add(stored, result.sizes[block], result.hashes[block]);
        stored += result.sizes[block];
      }
    done += batch.length;
    const item = segments[batch.pieces[batch.pieces.length - 1].segment].tensor?.name;
    work.onProgress({ task: "packing", done, total: source.byteLength, unit: "bytes", ...(item ? { item } : {}) });
    yield lane.output(stored - begin);
  }
  const sha256 = whole.digest("hex");
  finished(sha256);
  const name = source.name.split(/[/\\]/).pop() ?? "";
  const index = { name, byteLength: source.byteLength, sha256, segments: building.map((one) => one.finish()) };
  yield writeIndex(base ? { ...index, base: base.file } : index, stored);
}

/** Fills `target` with the ranges of the base. */
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

/** What is known of a segment so far. */
class SegmentBuilder {
  readonly hash = createHash("sha256");
  private readonly at: Float64Array;
  private readonly hashes: BigUint64Array;
  private blocks = 0;

  constructor(private readonly info: SegmentInfo) {
    const count = blockCount(archiveVersion, info);
    this.at = new Float64Array(count + 1);
    this.hashes = new BigUint64Array(count);
  }

  add(at: number, size: number, hash: bigint): void {
    this.at[this.blocks] = at;
    this.hashes[this.blocks++] = hash;
    this.at[this.blocks] = at + size;
  }

  finish(): Segment {
    return { ...this.info, at: this.at, hashes: this.hashes, sha256: this.hash.digest("hex") };
  }
}
