import { OptionError } from "../errors";
import { describe } from "../options";

/** What computed a number: numbers of two engines differ in their last digits, and are not compared. */
export interface Engine {
  /** "wasm": Codebook's own. */
  readonly name: "wasm";
  /** Of the order of sums and of the functions: another version may give other last digits. */
  readonly version: string;
}

/** Codebook's own engine: WebAssembly, the same bits on every machine whatever is computed together. */
export const wasmEngine: Engine = { name: "wasm", version: "1" };

/** The engine of an option `engine`: "auto" and "wasm" are Codebook's own. `OptionError` for others. */
export function engineOf(name: unknown, method: string): Engine {
  if (name === undefined || name === "auto" || name === "wasm") return wasmEngine;
  throw new OptionError(`${method}(): engine is ${describe(name)}; there are "auto" and "wasm"`);
}
