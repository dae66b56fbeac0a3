/** Where the arrays of a layer's job live: on the heap, or in the kernels' own memory, where the fast loops read and write them without a
 *  copy. Outside a job every array is on the heap. */
import { addressOf, arenaBytes, arenaFloats, inPart, release, reserve } from "../simd/layer-memory";

/** Where a layer's job has its arrays. */
export interface MemoryLoops {
  /** Runs a job, whose arrays may take so many `bytes` of the kernels' memory; what lies there is lost when the job ends. Jobs do not
   *  contain jobs. */
  during<Result>(bytes: number, job: () => Result): Result;
  /** Runs a part of a job: what it takes of the kernels' memory is lost when it ends, and the next part takes it again. */
  part<Result>(work: () => Result): Result;
  /** An array of `length` float32 of the job, to be written before it is read; on the heap where there is no place. */
  floats(length: number): Float32Array;
  /** `length` bytes of the job, to be written before they are read; on the heap where there is no place. */
  bytes(length: number): Uint8Array;
  /** The values where loops reach them without a copy: the same array where there is no such place, or it is full. */
  bring(values: Float32Array): Float32Array;
  /** The values in an array that outlives the job: the same array where it does already. */
  keep(values: Float32Array): Float32Array;
}

/** All arrays are on the heap. */
export const plainMemory: MemoryLoops = {
  during: (_bytes, job) => job(),
  part: (work) => work(),
  floats: (length) => new Float32Array(length),
  bytes: (length) => new Uint8Array(length),
  bring: (values) => values,
  keep: (values) => values,
};

/** Arrays of a job lie in the kernels' memory, up to 256 MiB of them. */
export const fastMemory: MemoryLoops = {
  during(bytes, job) {
    reserve(bytes);
    try {
      return job();
    } finally {
      release();
    }
  },
  part: inPart,
  floats: arenaFloats,
  bytes: arenaBytes,
  bring(values) {
    if (addressOf(values) !== undefined) return values;
    const inside = arenaFloats(values.length);
    if (addressOf(inside) === undefined) return values;
    inside.set(values);
    return inside;
  },
  keep: (values) => (addressOf(values) === undefined ? values : values.slice()),
};
