/** The hot loops of the coders of integers by WebAssembly; the plain twin of each, with equal bytes, is in `encode/coders-plain.ts`. */
import { instantiate, pageBytes } from "./module";

/** Symbols that are coded at a time. */
export const chunkSymbols = 65_536;

/** Where everything lies in the kernels' memory; assembly/_places.ts and _symbol-places.ts have the same numbers. */
export const coderPlaces = {
  codes: 0x11000,
  lengths: 0x11400,
  results: 0x11500,
  states: 0x18000,
  places: 0x100000,
  owners: 0x180000,
  /** A chunk of symbols, of a byte or two. */
  symbols: 0x1a0000,
  /** What they are coded in: two bytes for each symbol and 1 KiB at most. Foreign streams may be read as far past their beginning. */
  coded: 0x1c0000,
  end: 0x220000,
} as const;

export interface CoderViews {
  readonly memory: Uint8Array;
  /** Lengths of prefix codes (256), by symbol. */
  readonly lengths: Uint8Array;
  /** Four streams: where they begin, or what they take. */
  readonly results: Uint32Array;
  /** States of the range coder (8). */
  readonly states: Uint32Array;
  /** (65,536, 2): places of a symbol, and those before them. */
  readonly places: Uint32Array;
  /** The symbol of each place. */
  readonly owners: Uint16Array;
  /** `symbols` as bytes, and as halves. */
  readonly bytes: Uint8Array;
  readonly halves: Uint16Array;
}

export function coderViewsOf(buffer: ArrayBuffer): CoderViews {
  return {
    memory: new Uint8Array(buffer),
    lengths: new Uint8Array(buffer, coderPlaces.lengths, 256),
    results: new Uint32Array(buffer, coderPlaces.results, 4),
    states: new Uint32Array(buffer, coderPlaces.states, 8),
    places: new Uint32Array(buffer, coderPlaces.places, 2 * 65_536),
    owners: new Uint16Array(buffer, coderPlaces.owners, 65_536),
    bytes: new Uint8Array(buffer, coderPlaces.symbols, chunkSymbols),
    halves: new Uint16Array(buffer, coderPlaces.symbols, chunkSymbols),
  };
}

interface CoderFunctions {
  /** From `lengths` of at most 11 bits, which fill a prefix code, the canonical codes, first bit lowest. */
  buildCodes(): void;
  /** Codes symbols of a byte in four streams of ⌈length / 4⌉ one behind the other; into `results` their bytes. Returns the sum. */
  encodeStreams(from: number, length: number, to: number): number;
  /** What `decodeStreams` needs. */
  buildTables(): void;
  /** Decodes the four streams that begin at the addresses in `results`, and leaves there the bits that each took. */
  decodeStreams(to: number, length: number): void;
  /** Range coding, from the last symbol to the first, by `states`, `places` and 2^bits places; the last symbol is on state `lane`. The bytes
   *  end at `end`; returns where they begin. */
  encodeSymbols(from: number, length: number, lane: number, streams: number, bits: number, end: number): number;
  /** The inverse, by `owners` too, the first symbol on state `lane`. Returns where the bytes go on, or 0 when they end too early. */
  decodeSymbols(
    from: number,
    end: number,
    to: number,
    length: number,
    lane: number,
    streams: number,
    bits: number,
  ): number;
}

export type CoderKernels = CoderViews & CoderFunctions;

let loaded: CoderKernels | undefined;

/** This thread's instance of the module, made when first used. */
export function coderKernels(): CoderKernels {
  if (loaded) return loaded;
  const { functions, buffer } = instantiate<CoderFunctions>("coders", coderPlaces.end - pageBytes);
  return (loaded = { ...functions, ...coderViewsOf(buffer) });
}
