/** Where the arrays of a layer's job live: on the heap, or in the kernels' own memory, where the fast loops read and write them without a
 *  copy. Outside a job every array is on the heap. */
import { addressOf, release, reserve, arenaFloats } from "../simd/layer-memory";

/** Where a layer's job has its arrays. */
export interface MemoryLoops {
  /** Runs a job, whose arrays may take so many `bytes` of the kernels' memory; what lies there is lost when the job ends. Jobs do not
   *  contain jobs. */
  during<Result>(bytes: number, job: () => Result): Result;
  /** The values where loops reach them without a copy: the same array where there is no such place, or it is full. */
  bring(values: Float32Array): Float32Array;
  /** The values in an array that outlives the job: the same array where it does already. */
  keep(values: Float32Array): Float32Array;
}

/** All arrays are on the heap. */
export const plainMemory: MemoryLoops = {
  during: (_bytes, job) => job(),
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
  bring(values) {
    const inside = arenaFloats(values.length);
    if (addressOf(inside) === undefined) return values;
    inside.set(values);
    return inside;
  },
  keep: (values) => (addressOf(values) === undefined ? values : values.slice()),
};
