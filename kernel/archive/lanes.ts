/** How blocks get to worker threads and back. A lane is a piece of shared memory into which a batch is read and out of which its result is
 *  written. A few lanes are used again and again, so that nothing is copied on the main thread, and memory does not grow with the file. */
import { throwIfStopped } from "../bytes/pause";
import type { Progress } from "../host";
import { laneOf, sharedMemory, type LanePlaces, type WasmMemory } from "../loops/plane-memory";
import { sharedPool, type RunOptions } from "../threads/pool";
import { blockBytesIn, type ArchiveVersion, type SegmentInfo } from "./contents";
import {
  decodeBatch,
  encodeBatch,
  tasks,
  type DecodeTask,
  type EncodedBatch,
  type EncodeTask,
  type Piece,
} from "./tasks";
import { bytesOfElements, elementsIn } from "./base-cast";

/** How work on an archive is done, and who is told. */
export interface Work {
  readonly signal: AbortSignal | undefined;
  readonly workers: number;
  readonly onProgress: (progress: Progress) => void;
}

/** Some whole blocks, of one segment or of several small ones. */
export interface Batch {
  readonly pieces: readonly (Piece & {
    readonly segment: number;
    /** Blocks `first` to `last` of the segment. */
    readonly first: number;
    readonly last: number;
  })[];
  /** In the original file. */
  readonly start: number;
  readonly length: number;
  /** What must be read of the base, and how many bytes that is. */
  readonly bases: readonly { readonly start: number; readonly length: number }[];
  readonly baseLength: number;
}

/** Original bytes, and bytes of the base, that a worker takes at a time. */
const batchBytes = 4 * 1024 * 1024;
const baseBytes = 4 * batchBytes;
/** Pieces of a batch at most. Coding may add one byte for each. */
const mostPieces = 4096;
/** Files of up to this many bytes are coded on the thread that asks. */
const inlineBytes = 1024 * 1024;

/** All blocks of the segments, in order. */
export function* batchesOf(segments: readonly SegmentInfo[], version: ArchiveVersion): Generator<Batch> {
  let pieces: Batch["pieces"][number][] = [];
  let bases: { start: number; length: number }[] = [];
  let start = 0;
  let length = 0;
  let baseLength = 0;
  const batch = (): Batch => ({ pieces, start, length, bases, baseLength });
  for (const [i, segment] of segments.entries()) {
    const blockBytes = blockBytesIn(version, segment);
    const blocks = Math.ceil(segment.length / blockBytes);
    for (let first = 0; first < blocks;) {
      const own = Math.min(blockBytes, segment.length);
      const ownBase = basePart(segment, 0, own).length;
      const fitting = Math.floor((batchBytes - length) / own);
      const fittingBase = ownBase === 0 ? fitting : Math.floor((baseBytes - baseLength) / ownBase);
      const count = Math.min(blocks - first, Math.max(pieces.length === 0 ? 1 : 0, Math.min(fitting, fittingBase)));
      if (count === 0 || pieces.length === mostPieces) {
        yield batch();
        [pieces, bases, start, length, baseLength] = [[], [], start + length, 0, 0];
        continue;
      }
      const last = first + count;
      const [from, to] = [first * blockBytes, Math.min(last * blockBytes, segment.length)];
      const base = basePart(segment, from, to);
      const piece = {
        segment: i,
        first,
        last,
        length: to - from,
        layout: segment.layout,
        ...(version === 1 ? { blockBytes } : {}),
      };
      pieces.push(base.length > 0 ? { ...piece, base: { length: base.length, ...castOf(segment) } } : piece);
      if (base.length > 0) bases.push(base);
      length += to - from;
      baseLength += base.length;
      first = last;
    }
  }
  if (pieces.length > 0) yield batch();
}

/** The base's bytes for bytes `from` to `to` of a segment. */
export function basePart({ base, tensor }: SegmentInfo, from: number, to: number): { start: number; length: number } {
  if (!base || !tensor) return { start: 0, length: 0 };
  if (base.dtype === tensor.dtype) return { start: base.start + from, length: to - from };
  const bytesUpTo = (at: number): number => bytesOfElements(base.dtype, elementsIn(tensor.dtype, at));
  return { start: base.start + bytesUpTo(from), length: bytesUpTo(to) - bytesUpTo(from) };
}

export function castOf({ base, tensor }: SegmentInfo): { cast?: { from: string; to: string } } {
  return base && tensor && base.dtype !== tensor.dtype ? { cast: { from: base.dtype, to: tensor.dtype } } : {};
}

/** Memory for one batch on its way: what is read into `input` and `base`, and what comes out at `output`. */
export class Lane {
  readonly memory: WasmMemory;
  readonly places: LanePlaces;
  private readonly bytes: Uint8Array;

  /** A lane for batches of `size` bytes of the original and `baseSize` bytes of the base. */
  constructor(size: number, baseSize: number) {
    this.places = laneOf(size + mostPieces, baseSize);
    this.memory = sharedMemory(this.places.end);
    this.bytes = new Uint8Array(this.memory.buffer);
  }

  input(length: number): Uint8Array {
    return this.bytes.subarray(this.places.input, this.places.input + length);
  }
  output(length: number): Uint8Array {
    return this.bytes.subarray(this.places.output, this.places.output + length);
  }
  base(length: number): Uint8Array {
    return this.bytes.subarray(this.places.base, this.places.base + length);
  }
}

/** A batch on its way. */
export interface Turn<Result> {
  readonly batch: Batch;
  readonly lane: Lane;
  readonly result: Result;
}

/** Runs batches on worker threads, of which each has two at most at a time. The results come in the order of the batches. */
export class Lanes {
  private readonly isInline: boolean;
  private readonly lanes: Lane[];

  constructor(
    private readonly batches: readonly Batch[],
    private readonly work: Work,
  ) {
    const most = (of: "length" | "baseLength"): number => batches.reduce((all, batch) => Math.max(all, batch[of]), 0);
    const total = batches.reduce((sum, { length }) => sum + length, 0);
    this.isInline = total <= inlineBytes && most("baseLength") === 0;
    const count = this.isInline ? 1 : Math.min(2 * work.workers, batches.length);
    this.lanes = Array.from({ length: count }, () => new Lane(most("length"), most("baseLength")));
  }

  /** `load` fills a lane's input, batch after batch; `run` gives it to a worker. What is yielded is the caller's until it asks for the
   *  next. */
  async *inOrder<Result>(
    task: string,
    load: (batch: Batch, lane: Lane) => Promise<void>,
    run: (batch: Batch, lane: Lane) => Promise<Result>,
  ): AsyncGenerator<Turn<Result>> {
    const free = [...this.lanes];
    const running: { batch: Batch; lane: Lane; promise: Promise<Result> }[] = [];
    for (const batch of this.batches) {
      throwIfStopped(this.work.signal, task);
      const lane = free.pop() ?? (yield* oldest(running));
      await load(batch, lane);
      const promise = run(batch, lane);
      promise.catch(() => undefined); // told when its turn comes
      running.push({ batch, lane, promise });
    }
    while (running.length > 0) yield* oldest(running);
  }

  async encode(task: EncodeTask, label: string): Promise<EncodedBatch> {
    if (this.isInline) return encodeBatch(task);
    return sharedPool(this.work.workers).run(tasks, "encode", task, this.optionsOf(label));
  }

  async decode(task: DecodeTask, label: string): Promise<void> {
    if (this.isInline) return decodeBatch(task);
    return sharedPool(this.work.workers).run(tasks, "decode", task, this.optionsOf(label));
  }

  private optionsOf(label: string): RunOptions {
    const { signal } = this.work;
    return { label, ...(signal ? { signal } : {}) };
  }
}

/** Hands on the first of the running batches, and takes its lane back when the caller is done with it. */
async function* oldest<Result>(
  running: { batch: Batch; lane: Lane; promise: Promise<Result> }[],
): AsyncGenerator<Turn<Result>, Lane> {
  const { batch, lane, promise } = running.splice(0, 1)[0];
  yield { batch, lane, result: await promise };
  return lane;
}
