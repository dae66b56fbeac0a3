/** The memory that the loops of the lossless archive work on: where their tables lie, where blocks and planes, and the lanes on which blocks
 *  come and go. */
import {
  CODES,
  COUNTS,
  FREQUENCIES,
  LENGTHS,
  OWNERS,
  POINTERS,
  RESULTS,
  SURVEY,
  TABLES_END,
  type PlanesModule,
} from "../simd/generated/planes";
import { newMemory, type WasmMemory } from "../simd/module";

export { HASH, LOWEST_RANGE_STATE, MOST_CODE_BITS, POINTERS, STREAMS } from "../simd/generated/planes";
export type { WasmMemory };

/** Widest element, in bytes. */
export const maxWidth = 8;
/** Most bytes of a block: 262,144 elements of 8 bytes in version 1 of the archive. */
export const maxBlockBytes = 2 ** 21;

/** Where the parts of a block lie that is being coded. Behind `end` lies what is coded, and what comes of it: see `laneOf`. */
export const places = (() => {
  const size = maxBlockBytes + 64;
  const elements = TABLES_END;
  const base = elements + size;
  const fields = base + size;
  const planes = fields + size;
  const scratch = planes + size;
  return {
    /** The difference of a block from the base, that block of the base, the fields of one part of a block, and the planes of those. */
    elements,
    base,
    fields,
    planes,
    /** Of the range encoder. */
    scratch,
    end: scratch + 2 * size,
  };
})();

/** Bytes that foreign streams may be read past their beginning: 2 for each of the 2^21 symbols of a plane at most. */
const overrun = 2 * maxBlockBytes + 64;

/** Where a lane's parts lie: `input` for whole blocks on their way in, `output` for those on their way out, `base` for the base's bytes. */
export interface LanePlaces {
  readonly input: number;
  readonly output: number;
  readonly base: number;
  /** Bytes of the memory. */
  readonly end: number;
}

/** A lane for `bytes` on either side, and `baseBytes` of a base. A block is written in a longer form first where that is tried. */
export function laneOf(bytes: number, baseBytes: number): LanePlaces {
  const aligned = (size: number): number => Math.ceil(size / 64) * 64;
  const input = places.end;
  const output = input + aligned(bytes + 64);
  const base = output + aligned(bytes + maxBlockBytes);
  return { input, output, base, end: base + aligned(baseBytes) + overrun };
}

/** The parts of a kernels' memory that are read and written by name. */
export interface PlaneViews {
  readonly memory: Uint8Array;
  readonly view: DataView;
  /** Counts of byte values. */
  readonly counts: Uint32Array;
  /** Codes by symbol: the code in bits 0–15, first bit lowest, its length from bit 16. */
  readonly codes: Uint32Array;
  readonly lengths: Uint8Array;
  /** What a call gives back besides its result. */
  readonly results: Uint32Array;
  readonly surveyed: Float64Array;
  /** (256, 2): places of a symbol, and those before it. */
  readonly frequencies: Uint32Array;
  /** The symbol of each place, 2^14 at most. */
  readonly owners: Uint8Array;
  /** Addresses of planes. */
  readonly pointers: Uint32Array;
}

export function planeViewsOf(buffer: ArrayBuffer | SharedArrayBuffer): PlaneViews {
  return {
    memory: new Uint8Array(buffer),
    view: new DataView(buffer),
    counts: new Uint32Array(buffer, COUNTS, 256),
    codes: new Uint32Array(buffer, CODES, 256),
    lengths: new Uint8Array(buffer, LENGTHS, 256),
    results: new Uint32Array(buffer, RESULTS, 8),
    surveyed: new Float64Array(buffer, SURVEY, 129),
    frequencies: new Uint32Array(buffer, FREQUENCIES, 512),
    owners: new Uint8Array(buffer, OWNERS, 2 ** 14),
    pointers: new Uint32Array(buffer, POINTERS, maxWidth),
  };
}

/** Loops over addresses of `memory`; what each does is said in the module's own interface. */
export type PlaneKernels = PlaneViews & PlanesModule;

/** Memory that kernels of several threads can work in, one after the other. */
export function sharedMemory(bytes: number): WasmMemory {
  return newMemory(bytes, true);
}

/** The lane of a thread's own kernels: there is a place for one block. */
export const ownLane: LanePlaces = laneOf(maxBlockBytes + 64, 0);
