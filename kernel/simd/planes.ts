/** The hot loops of the lossless archive by WebAssembly SIMD: byte planes, prefix codes, range coding, XXH64. They work on addresses of
 *  one memory; the plain twin of each, with equal bytes, is in `encode/planes-plain.ts`. */
import { instantiateIn, newMemory, type WasmMemory } from "./module";

/** Widest element, in bytes. */
export const maxWidth = 8;
/** Most bytes of a block: 262,144 elements of 8 bytes in version 1 of the archive. */
export const maxBlockBytes = 2 ** 21;

/** Where everything lies in the kernels' memory; assembly/_places.ts has the same numbers. Behind `end` lies what is coded, and what comes
 *  of it: see `laneOf`. */
export const places = (() => {
  const room = maxBlockBytes + 64;
  const elements = 0x100000;
  const base = elements + room;
  const fields = base + room;
  const planes = fields + room;
  const scratch = planes + room;
  return {
    counts: 0x10000,
    codes: 0x11000,
    lengths: 0x11400,
    results: 0x11500,
    hash: 0x11540,
    pointers: 0x18000,
    survey: 0x18400,
    frequencies: 0x19000,
    owners: 0x1a000,
    /** The difference of a block from the base, that block of the base, the fields of one part of a block, and the planes of those. */
    elements,
    base,
    fields,
    planes,
    /** Of the range encoder. */
    scratch,
    end: scratch + 2 * room,
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

/** Room for `bytes` on either side, and `baseBytes` of a base. A block is written in a longer form first where that is tried. */
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

export function viewsOf(buffer: ArrayBuffer | SharedArrayBuffer): PlaneViews {
  return {
    memory: new Uint8Array(buffer),
    view: new DataView(buffer),
    counts: new Uint32Array(buffer, places.counts, 256),
    codes: new Uint32Array(buffer, places.codes, 256),
    lengths: new Uint8Array(buffer, places.lengths, 256),
    results: new Uint32Array(buffer, places.results, 8),
    surveyed: new Float64Array(buffer, places.survey, 129),
    frequencies: new Uint32Array(buffer, places.frequencies, 512),
    owners: new Uint8Array(buffer, places.owners, 2 ** 14),
    pointers: new Uint32Array(buffer, places.pointers, maxWidth),
  };
}

interface PlaneFunctions {
  copy(from: number, to: number, length: number): void;
  fill(to: number, value: number, length: number): void;
  /** Elements (elements, width) → planes (width, elements); each element rotated left by one bit first when `rotate`. */
  split(from: number, to: number, elements: number, width: number, rotate: number): void;
  /** The inverse; the planes' addresses stand in `pointers`, whose address is given. */
  merge(pointers: number, to: number, elements: number, width: number, rotate: number): void;
  /** Of records (records, stride) the `length` bytes from `offset` on → (records, length). */
  gather(from: number, to: number, records: number, stride: number, offset: number, length: number): void;
  /** The inverse. */
  scatter(from: number, to: number, records: number, stride: number, offset: number, length: number): void;
  /** x ← x xor base. */
  exclusiveOr(x: number, base: number, length: number): void;
  /** x ← fold(order(x) − order(base)), element by element. `order` of a float is the whole number that counts floats from zero, of others
   *  the number itself; fold(d) is 2d for d ≥ 0 and −2d − 1 below 0. All modulo 2^(8·width). */
  subtract(x: number, base: number, elements: number, width: number, float: number): void;
  /** The inverse. */
  add(x: number, base: number, elements: number, width: number, float: number): void;
  /** Counts of the byte values, into `counts`. */
  histogram(from: number, length: number): void;
  /** Looks at 64 bytes of every 1024 of each of `parts` parts of `part` bytes (a multiple of 1024, at most 128 parts): into `surveyed`, for
   *  each part Σ h², h the counts of its byte values, and then Σ h² of all of them together. */
  survey(from: number, parts: number, part: number): void;
  /** From `counts` the `lengths` of the best prefix code of at most 11 bits; 0 for a symbol that does not occur, or is alone. Returns the
   *  bits that all take; into `results` the number of symbols, the first and the last. */
  codeLengths(): number;
  /** From `lengths`, which fill a prefix code, the canonical `codes`. */
  buildCodes(): void;
  /** Codes symbols in four streams of ⌈length / 4⌉ one behind the other, first bit lowest; into `results` their bytes. Returns the sum. */
  encodeStreams(from: number, length: number, to: number): number;
  /** What `decodeStreams` needs, from `codes`. */
  buildTables(): void;
  /** Decodes the four streams that begin at the addresses in `results`, and leaves there the bits that each took. */
  decodeStreams(to: number, length: number): void;
  /** Range coding (see assembly/_range.ts) by `frequencies` in 2^bits places, bits ≤ 14; states and words end at `end`. Returns where they
   *  begin. */
  encodeRange(from: number, length: number, bits: number, end: number): number;
  /** The inverse, by `owners` too; into `results` the four states at the end. Returns where the words end that were read. */
  decodeRange(from: number, length: number, bits: number, to: number): number;
  /** XXH64 with seed 0, stored as u64 at `to`. */
  hash(from: number, length: number, to: number): void;
  /** Takes `length` bytes, a multiple of 32, into XXH64's four lanes of u64 at `lanes`. */
  hashStripes(from: number, length: number, lanes: number): void;
}

/** Loops over addresses of `memory`. */
export type PlaneKernels = PlaneViews & PlaneFunctions;

/** Memory that kernels of several threads can work in, one after the other. */
export function sharedMemory(bytes: number): WasmMemory {
  return newMemory(bytes, true);
}

/** Kernels that work in that memory. */
export function kernelsIn(memory: WasmMemory): PlaneKernels {
  return { ...instantiateIn<PlaneFunctions>("planes", memory), ...viewsOf(memory.buffer) };
}

/** The lane of this thread's own kernels: room for one block. */
export const ownLane: LanePlaces = laneOf(maxBlockBytes + 64, 0);

let loaded: PlaneKernels | undefined;

/** This thread's own kernels, made when first used. */
export function planeKernels(): PlaneKernels {
  return (loaded ??= kernelsIn(sharedMemory(ownLane.end)));
}
