/** The memory that the loops of the coders of integers work on. */
import {
  LENGTHS,
  OWNERS_OF_PLACES,
  PLACES,
  RESULTS,
  STATES,
  STREAMS,
  TABLES_END,
  type CodersModule,
} from "../simd/generated/coders";

export { LOWEST_STATE, MOST_CODE_BITS, setInterleaving, STREAMS } from "../simd/generated/coders";

/** Symbols that are coded at a time. */
export const chunkSymbols = 65_536;

/** Where a chunk of symbols lies, of a byte or two, what they are coded in (two bytes for each symbol and 1 KiB at most; foreign streams may be
 *  read as far past their beginning), and the integers of four bytes whose places the symbols are. */
export const coderPlaces = {
  symbols: TABLES_END,
  coded: TABLES_END + 2 * chunkSymbols,
  integers: TABLES_END + 8 * chunkSymbols,
  end: TABLES_END + 12 * chunkSymbols,
} as const;

/** The parts of the memory that are read and written by name. */
export interface CoderViews {
  readonly memory: Uint8Array;
  readonly view: DataView;
  /** Lengths of prefix codes (256), by symbol. */
  readonly lengths: Uint8Array;
  /** Streams of a prefix code: where they begin, or what they take. */
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
  /** `integers` as such. */
  readonly words: Int32Array;
}

export function coderViewsOf(buffer: ArrayBuffer): CoderViews {
  return {
    memory: new Uint8Array(buffer),
    view: new DataView(buffer),
    lengths: new Uint8Array(buffer, LENGTHS, 256),
    results: new Uint32Array(buffer, RESULTS, STREAMS),
    states: new Uint32Array(buffer, STATES, 8),
    places: new Uint32Array(buffer, PLACES, 2 * 65_536),
    owners: new Uint16Array(buffer, OWNERS_OF_PLACES, 65_536),
    bytes: new Uint8Array(buffer, coderPlaces.symbols, chunkSymbols),
    halves: new Uint16Array(buffer, coderPlaces.symbols, chunkSymbols),
    words: new Int32Array(buffer, coderPlaces.integers, chunkSymbols),
  };
}

/** Loops over addresses of `memory`; what each does is said in the module's own interface. */
export type CoderKernels = CoderViews & CodersModule;
