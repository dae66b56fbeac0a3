/** The original, decoded from its archive in one pass. */
import { createHash } from "node:crypto";
import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";
import type { ArchiveIndex } from "./contents";
import { batchesOf, Lanes, type Batch, type Lane, type Work } from "./lanes";
import { readBases } from "./packing";

/** Yields all bytes of the original in order, and holds them against the SHA-256 of each segment and of the file. `base` is the file that it
 *  was coded against, and has been checked. */
export async function* decodedParts(
  archive: ByteSource,
  index: ArchiveIndex,
  base: ByteSource | undefined,
  work: Work,
  taskName: string,
): AsyncGenerator<Uint8Array> {
  const { segments, version } = index;
  const whole = createHash("sha256");
  const own = segments.map(() => createHash("sha256"));
  const lanes = new Lanes([...batchesOf(segments, version)], work);
  const fail = (at: number, what: string, expected: string): never => {
    throw new FormatError(archive.name, at, `${what} has another SHA-256`, expected);
  };
  const range = ({ pieces }: Batch): [number, number] => {
    const last = pieces[pieces.length - 1];
    return [segments[pieces[0].segment].at[pieces[0].first], segments[last.segment].at[last.last]];
  };
  const load = async (batch: Batch, lane: Lane): Promise<void> => {
    const [from, to] = range(batch);
    await archive.readInto(lane.input(to - from), from, work.signal);
    if (base) await readBases(base, batch.bases, lane.base(batch.baseLength), work.signal);
  };
  const run = (batch: Batch, { memory, places }: Lane): Promise<void> => {
    const { pieces } = batch;
    const blocks = { ...blocksOf(index, pieces), version, file: archive.name, at: range(batch)[0] };
    const label = segments[pieces[0].segment].tensor?.name ?? archive.name;
    return lanes.decode({ memory, lane: places, pieces, ...blocks }, label);
  };
  let done = 0;
  for await (const { batch, lane } of lanes.inOrder(taskName, load, run)) {
    const bytes = lane.output(batch.length);
    whole.update(bytes);
    let at = 0;
    for (const piece of batch.pieces) {
      own[piece.segment].update(bytes.subarray(at, at + piece.length));
      at += piece.length;
    }
    done += batch.length;
    const item = segments[batch.pieces[batch.pieces.length - 1].segment].tensor?.name;
    work.onProgress({ task: taskName, done, total: index.byteLength, unit: "bytes", ...(item ? { item } : {}) });
    yield bytes;
  }
  segments.forEach((segment, i) => {
    if (own[i].digest("hex") !== segment.sha256)
      fail(segment.at[0], segment.tensor?.name ?? "a segment", segment.sha256);
  });
  if (whole.digest("hex") !== index.sha256) fail(archive.byteLength, "the whole file", index.sha256);
}

/** The sizes in bytes and the hashes of the blocks of some pieces. */
export function blocksOf(
  { segments }: ArchiveIndex,
  pieces: readonly { readonly segment: number; readonly first: number; readonly last: number }[],
): { sizes: Float64Array; hashes: BigUint64Array } {
  const count = pieces.reduce((sum, { first, last }) => sum + last - first, 0);
  const sizes = new Float64Array(count);
  const hashes = new BigUint64Array(count);
  let block = 0;
  for (const { segment, first, last } of pieces) {
    const { at, hashes: all } = segments[segment];
    for (let i = first; i < last; i++, block++) {
      sizes[block] = at[i + 1] - at[i];
      hashes[block] = all[i];
    }
  }
  return { sizes, hashes };
}
