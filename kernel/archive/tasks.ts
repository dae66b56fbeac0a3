/** What a worker thread does for an archive: code or decode a batch of blocks. */
import { FormatError } from "../errors";
import type { LanePlaces, WasmMemory } from "../loops/plane-memory";
import { planeLoops } from "../loops/planes";
import { taskModule } from "../threads/tasks";
import { transferring, type Transferring } from "../threads/transferring";
import { castInto } from "./base-cast";
import { blockBytesOf, layoutOf, type LayoutCode } from "../encode/byte-planes/block-layout";
import { decodeBlock, encodeBlock, hashAt, type Fail } from "../encode/byte-planes/planes";

/** Bytes of one segment: whole blocks, the last of which is shorter at the segment's end. */
export interface Piece {
  readonly length: number;
  readonly layout: LayoutCode;
  /** Bytes of a block in version 1 of the archive; by the layout in version 2. */
  readonly blockBytes?: number;
  /** The same elements in the base: how many bytes, and of which type, when that differs. */
  readonly base?: { readonly length: number; readonly cast?: { readonly from: string; readonly to: string } };
}

/** A batch in memory that is shared with the main thread: nothing is copied on the way. */
interface Task {
  readonly memory: WasmMemory;
  readonly lane: LanePlaces;
  readonly pieces: readonly Piece[];
}

/** Codes the pieces, one behind the other at the lane's input, into blocks one behind the other at its output. The bases' bytes of the
 *  pieces that have one lie one behind the other at its base. */
export type EncodeTask = Task;

export interface EncodedBatch {
  /** Bytes of each block. */
  readonly sizes: Float64Array;
  /** XXH64 of each. */
  readonly hashes: BigUint64Array;
}

/** Decodes the blocks at the lane's input into pieces at its output. */
export interface DecodeTask extends Task, EncodedBatch {
  readonly version: 1 | 2;
  /** For errors: the archive, and where its first block lies. */
  readonly file: string;
  readonly at: number;
}

/** Calls `act` for the blocks of the pieces in order. `at` is the place of a block's first byte among those of all pieces, and `base` the same
 *  part of the base, in the type of the piece. */
function forEachBlock(
  pieces: readonly Piece[],
  bases: Uint8Array,
  act: (at: number, length: number, piece: Piece, base: Uint8Array | undefined) => void,
): void {
  let at = 0;
  let baseAt = 0;
  for (const piece of pieces) {
    const blockBytes = piece.blockBytes ?? blockBytesOf(layoutOf(piece.layout));
    let base: Uint8Array | undefined;
    if (piece.base) {
      base = bases.subarray(baseAt, baseAt + piece.base.length);
      if (piece.base.cast) base = castInto(base, piece.base.cast.from, piece.base.cast.to);
      baseAt += piece.base.length;
    }
    for (let from = 0; from < piece.length; from += blockBytes) {
      const length = Math.min(blockBytes, piece.length - from);
      act(at + from, length, piece, base?.subarray(from, from + length));
    }
    at += piece.length;
  }
}

/** Codes the pieces of a batch, and tells the bytes and the hash of each block. */
export function encodeBatch({ memory, lane, pieces }: EncodeTask): EncodedBatch {
  const kernels = planeLoops.in(memory);
  const sizes: number[] = [];
  const hashes: bigint[] = [];
  let to = lane.output;
  forEachBlock(pieces, kernels.memory.subarray(lane.base), (at, length, { layout }, base) => {
    const size = encodeBlock(kernels, lane.input + at, length, layoutOf(layout), to, base);
    sizes.push(size);
    hashes.push(hashAt(kernels, to, size));
    to += size;
  });
  return { sizes: Float64Array.from(sizes), hashes: BigUint64Array.from(hashes) };
}

/** Decodes the blocks of a batch. Throws `FormatError` for a block that has another hash, or that no encoder wrote. */
export function decodeBatch({ memory, lane, sizes, hashes, pieces, version, file, at: start }: DecodeTask): void {
  const kernels = planeLoops.in(memory);
  let block = 0;
  let from = lane.input;
  forEachBlock(pieces, kernels.memory.subarray(lane.base), (at, length, { layout }, base) => {
    const size = sizes[block];
    const place = start + from - lane.input;
    if (hashAt(kernels, from, size) !== hashes[block])
      throw new FormatError(file, place, `the block of ${size} bytes here is damaged`, "the hash that the index gives");
    const fail: Fail = (problem, expected, offset) => {
      throw new FormatError(file, place + offset, problem, expected);
    };
    const out = { at: lane.output + at, length };
    decodeBlock(kernels, { at: from, length: size }, layoutOf(layout), out, { fail, version, base });
    from += size;
    block++;
  });
}

/** The tasks of this room, for `sharedPool().run`. */
export const tasks = taskModule(__filename, {
  encode: (task: EncodeTask): Transferring<EncodedBatch> => transferring(encodeBatch(task)),
  decode: (task: DecodeTask): undefined => {
    decodeBatch(task);
    return undefined;
  },
});
