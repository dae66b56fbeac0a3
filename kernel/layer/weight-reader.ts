/** The weights of a layer, a piece at a time: from a file that this thread reads itself, or from memory. */
import { FileRangeReader, type FileRange } from "../bytes/file-range";
import { NonFiniteError } from "../errors";
import { free } from "../bytes/array-memory";
import { decodeValues } from "../formats/values";
import { loops } from "../loops/loops";
import { sampleOf } from "../measure/outermost";
import { matrixOf } from "../prune/sparse/storage";
import { dtypes, sizeOf, type DType } from "../tensor/dtype";
import { parametersOf } from "../tensor/tensor";
import { typeOfBytes, valuesOf, type LayerJob } from "./layer-job";

/** Reads weights [start, end) of a layer. Its arrays lie in the job's memory, and are not to be changed. */
export interface WeightReader {
  /** How many there are. */
  readonly length: number;
  /** Some of the weights, spread over all: `count` of them. */
  sample(count: number): Float32Array;
  /** A piece, for the first time: pieces are read in order. */
  first(start: number, end: number): Float32Array;
  /** A piece that was read before. */
  again(start: number, end: number): Float32Array;
  /** All weights, for what cannot do without. */
  whole(): Float32Array;
  /** Ends the reading. `SourceError` when the file was changed meanwhile. */
  finish(): void;
}

/** The reader of a job's input. With `isHeld` each piece is held from the first reading on. */
export function weightReader(job: Pick<LayerJob, "input" | "dtype" | "shape">, isHeld: boolean): WeightReader {
  const { input, dtype, shape } = job;
  const length = parametersOf(shape);
  const type = typeOfBytes(dtype);
  // Rows that share a block of the type's are decoded together.
  if ("range" in input && Number.isInteger(matrixOf(shape).columns / dtypes[type].blockElements)) {
    const file = new FileWeights(input.range, type, length);
    return isHeld ? new HeldWeights(file) : file;
  }
  const values = valuesOf(input, dtype, shape);
  return isHeld ? new HeldWeights(new MemoryWeights(values)) : new ValuesInMemory(values);
}

/** Weights that are counted together: they stay in the core's own cache. */
const passWeights = 1 << 16;
/** So many weights fit any count of 32 bits. */
const mostCounted = 2 ** 31;

/** The entries of a table of counts that are not 0, ascending. */
export interface CountsInUse {
  /** Their places in the table. */
  readonly entries: Uint32Array<ArrayBuffer>;
  /** The count at each of these places. */
  readonly counts: Float64Array<ArrayBuffer>;
}

/** Counts over the pieces of a layer, in order: `count` adds those of a piece to a table of `entries` u32, which lies in the kernels' memory.
 *  `NonFiniteError`, which names `method`, for the first weight that is a NaN or infinite. */
export function countPieces(
  job: Pick<LayerJob, "name" | "input" | "dtype" | "shape">,
  method: string,
  entries: number,
  count: (piece: Float32Array, table: Uint32Array) => void,
): CountsInUse {
  return loops.memory.during(4 * (passWeights + entries) + 4096, () => {
    const bytes = loops.memory.bytes(4 * entries);
    const table = new Uint32Array(bytes.buffer, bytes.byteOffset, entries).fill(0);
    let earlier: Float64Array | undefined;
    const reader = weightReader(job, false);
    try {
      for (let start = 0; start < reader.length; start += passWeights) {
        if (start > 0 && start % mostCounted === 0) {
          earlier = Float64Array.from(table, (own, entry) => own + (earlier?.[entry] ?? 0));
          table.fill(0);
        }
        loops.memory.part(() => {
          const piece = reader.first(start, Math.min(start + passWeights, reader.length));
          const odd = loops.values.firstNonFinite(piece);
          if (odd >= 0) throw new NonFiniteError(job.name, start + odd, piece[odd], method);
          count(piece, table);
        });
      }
    } finally {
      reader.finish();
    }
    return countsInUse(earlier ? Float64Array.from(earlier, (sum, entry) => sum + table[entry]) : table);
  });
}

function countsInUse(table: Uint32Array | Float64Array): CountsInUse {
  const entries = new Uint32Array(table.length);
  const counts = new Float64Array(table.length);
  let used = 0;
  for (let entry = 0; entry < table.length; entry++) {
    if (table[entry] === 0) continue;
    entries[used] = entry;
    counts[used++] = table[entry];
  }
  return { entries: entries.slice(0, used), counts: counts.slice(0, used) };
}

/** Where the pieces come from. */
interface Pieces {
  readonly length: number;
  sample(count: number): Float32Array;
  /** Fills `values` with the weights from `start` on. */
  fill(values: Float32Array, start: number): void;
  finish(): void;
}

class MemoryWeights implements Pieces {
  readonly length: number;

  constructor(private readonly values: Float32Array) {
    this.length = values.length;
  }

  sample(count: number): Float32Array {
    return sampleOf(this.values, count);
  }

  fill(values: Float32Array, start: number): void {
    values.set(this.values.subarray(start, start + values.length));
    // They were brought elsewhere.
    if (start + values.length === this.length) free(this.values);
  }

  finish(): void {
    // Memory needs no end.
  }
}

/** Values that stay where they are. */
class ValuesInMemory implements WeightReader {
  readonly length: number;

  constructor(private readonly values: Float32Array) {
    this.length = values.length;
  }

  sample(count: number): Float32Array {
    return sampleOf(this.values, count);
  }

  first(start: number, end: number): Float32Array {
    return loops.memory.bring(this.values.subarray(start, end));
  }

  again(start: number, end: number): Float32Array {
    return this.first(start, end);
  }

  whole(): Float32Array {
    return this.values;
  }

  finish(): void {
    // Memory needs no end.
  }
}

/** Runs of a sample that is read from a file: each costs a call of the system, and a run of 2,048 / 8 = 256 weights is whole blocks of every
 *  type. */
const sampleRuns = 8;

class FileWeights implements Pieces, WeightReader {
  private readonly file: FileRangeReader;

  constructor(
    range: FileRange,
    private readonly dtype: DType,
    readonly length: number,
  ) {
    this.file = new FileRangeReader(range);
  }

  sample(count: number): Float32Array {
    const sample = new Float32Array(count);
    const run = count / sampleRuns;
    // Runs begin at multiples of 256 weights, where blocks of every type do.
    const places = Math.floor((this.length - run) / 256);
    for (let k = 0; k < sampleRuns; k++)
      this.fill(sample.subarray(k * run, (k + 1) * run), 256 * Math.floor((k * places) / (sampleRuns - 1)));
    return sample;
  }

  fill(values: Float32Array, start: number): void {
    const { dtype, file } = this;
    if (dtype === "F32") {
      file.read(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 4 * start);
      return;
    }
    const bytes = new Uint8Array(sizeOf(dtype, values.length));
    file.read(bytes, sizeOf(dtype, start));
    decodeValues(bytes, dtype, values);
  }

  first(start: number, end: number): Float32Array {
    const values = loops.memory.floats(end - start);
    this.fill(values, start);
    return values;
  }

  again(start: number, end: number): Float32Array {
    return this.first(start, end);
  }

  whole(): Float32Array {
    const values = new Float32Array(this.length);
    this.fill(values, 0);
    return values;
  }

  finish(): void {
    this.file.finish();
  }
}

class HeldWeights implements WeightReader {
  readonly length: number;
  private readonly values: Float32Array;

  constructor(private readonly pieces: Pieces) {
    this.length = pieces.length;
    this.values = loops.memory.floats(this.length);
  }

  sample(count: number): Float32Array {
    return this.pieces.sample(count);
  }

  first(start: number, end: number): Float32Array {
    const piece = this.values.subarray(start, end);
    this.pieces.fill(piece, start);
    return piece;
  }

  again(start: number, end: number): Float32Array {
    return this.values.subarray(start, end);
  }

  whole(): Float32Array {
    return this.values;
  }

  finish(): void {
    this.pieces.finish();
  }
}
