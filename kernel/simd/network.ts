/** Memory and functions of the module that runs networks: one instance a thread, which the blocks of all its networks pass through. */
import { UnsupportedError } from "../errors";
import {
  ARRAYS,
  Judged,
  RESULTS,
  setProduct,
  setScores,
  type NetworkModule,
  type Product,
  type Scores,
} from "./generated/network";
import { instantiate, pageBytes, type WasmMemory } from "./module";

export { Activation, PANEL } from "./generated/network";

/** Pages of 4 GiB. */
const mostPages = 65_536;

/** A stack of float32 arrays in the module's memory, which grows as they are taken. Addresses stay; views of the memory are made anew at each
 *  use, since growing makes the old ones empty. */
export class NetworkMemory {
  readonly functions: NetworkModule;
  private readonly memory: WasmMemory;
  private top = ARRAYS;

  constructor() {
    const { functions, memory } = instantiate<NetworkModule>("network", ARRAYS, mostPages);
    this.functions = functions;
    this.memory = memory;
  }

  /** The address of `count` floats, which begin at a multiple of 64 bytes and hold what was there before. `UnsupportedError` beyond 4 GiB. */
  take(count: number): number {
    const address = this.top;
    const top = address + 64 * Math.ceil((4 * count) / 64);
    const lacking = top - this.memory.buffer.byteLength;
    if (lacking > 0) {
      try {
        this.memory.grow(Math.ceil(lacking / pageBytes));
      } catch {
        throw new UnsupportedError(
          `running a network needs ${top} bytes of WebAssembly memory in a thread, of at most ${mostPages * pageBytes}; take shorter windows`,
        );
      }
    }
    this.top = top;
    return address;
  }

  /** Where the stack ends now, for `release`. */
  mark(): number {
    return this.top;
  }

  /** Gives back what was taken since `mark`. */
  release(mark: number): void {
    this.top = mark;
  }

  /** Floats at an address, valid until the next `take`. */
  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, count);
  }

  /** Copies values to the end of the stack; their address. */
  put(values: Float32Array): number {
    const address = this.take(values.length);
    this.floats(address, values.length).set(values);
    return address;
  }

  /** y = x·Wᵀ with weights that `pack` packed. */
  product(x: number, packed: number, y: number, sizes: Product): void {
    setProduct(new DataView(this.memory.buffer), sizes);
    this.functions.product(x, packed, y);
  }

  /** The softmax of scores in their place. */
  softmax(scores: number, form: Scores): void {
    setScores(new DataView(this.memory.buffer), form);
    this.functions.softmax(scores);
  }

  /** What `judge` or `compare` found last. */
  judged(what: keyof typeof Judged): number {
    return new DataView(this.memory.buffer).getFloat64(RESULTS + 8 * Judged[what], true);
  }
}

/** Floats that `columns` packed columns of `inner` weights take. */
export function packedLength(columns: number, inner: number): number {
  return 8 * Math.ceil(columns / 8) * inner;
}
