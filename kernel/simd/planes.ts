/** The hot loops of the lossless archive by WebAssembly SIMD: byte planes, prefix-coded streams, XXH64. They work on addresses of one
 *  memory; the plain twin of each, with equal bytes, is in `encode/planes-plain.ts`. */
import { instantiate, pageBytes } from "./module";

/** Elements of a block: what is coded, hashed and read as one. */
export const blockElements = 262_144;
/** Widest element, in bytes. */
export const maxWidth = 8;

/** Loops over addresses of `memory`. Streams have their first bit in the lowest bit of the first byte. */
export interface PlaneKernels {
  readonly memory: Uint8Array;
  /** Elements (elements, width) → planes (width, elements); each element rotated left by one bit first when `rotate`. */
  split(from: number, to: number, elements: number, width: number, rotate: number): void;
  /** The inverse; the planes' addresses stand as u32 at `planes`. */
  merge(planes: number, to: number, elements: number, width: number, rotate: number): void;
  /** Counts of byte values, (256) u32, followed by 3 KiB of scratch. */
  histogram(from: number, length: number, counts: number): void;
  /** `codes` (256) u32: the code in bits 0–15, its length from bit 16. Returns the stream's bytes. */
  encodeStream(from: number, length: number, codes: number, to: number): number;
  /** Decoding tables, 4 KiB at `single` and 16 KiB at `runs`, for codes of at most 11 bits. */
  buildTables(codes: number, single: number, runs: number): void;
  /** Decodes two streams; stores the bits that each took, two u32 at `used`. */
  decodePair(
    single: number,
    runs: number,
    from0: number,
    from1: number,
    to0: number,
    to1: number,
    length0: number,
    length1: number,
    used: number,
  ): void;
  /** XXH64 with seed 0, stored as u64 at `to`. */
  hash(from: number, length: number, to: number): void;
}

/** Where everything lies in the kernels' memory. */
export const places = (() => {
  const small = pageBytes;
  const elements = small + 65_536;
  const planes = elements + maxWidth * blockElements + 64;
  const stored = planes + maxWidth * blockElements + 64;
  return {
    counts: small,
    codes: small + 4096,
    single: small + 8192,
    runs: small + 16_384,
    pointers: small + 40_960,
    used: small + 41_024,
    hash: small + 41_056,
    elements,
    planes,
    stored,
    // A foreign stream may claim fewer bytes than it takes: at most 11 bits a symbol are read past its beginning.
    end: stored + (maxWidth + 2) * blockElements + 256,
  };
})();

let loaded: PlaneKernels | undefined;

/** This thread's instance of the module, made when first used. */
export function planeKernels(): PlaneKernels {
  if (loaded) return loaded;
  type Functions = Omit<PlaneKernels, "memory">;
  const { functions, buffer } = instantiate<Functions>("planes", places.end - pageBytes);
  return (loaded = { ...functions, memory: new Uint8Array(buffer) });
}
