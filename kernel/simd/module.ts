import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The part of the WebAssembly interface that is used here; the compiler's own declarations of it come only with those of a browser. */
export interface ModuleMemory {
  /** Another object, and the old one empty, after `grow`. */
  readonly buffer: ArrayBuffer;
  /** Adds pages; throws `RangeError` when there are no more. */
  grow(pages: number): number;
}
interface WebAssemblyInterface {
  readonly Memory: new (limits: { initial: number; maximum: number }) => ModuleMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

export const pageBytes = 65_536;

/** An instance of `<name>.wasm` in this thread, with a memory of its own of `bytes` beyond the first page, which holds the module's data.
 *  It can grow to `mostPages` pages. */
export function instantiate<Exports>(
  name: string,
  bytes: number,
  mostPages = 1 + Math.ceil(bytes / pageBytes),
): { functions: Exports; buffer: ArrayBuffer; memory: ModuleMemory } {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface };
  const memory = new WebAssembly.Memory({ initial: 1 + Math.ceil(bytes / pageBytes), maximum: mostPages });
  const compiled = new WebAssembly.Module(readFileSync(join(__dirname, `${name}.wasm`)));
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  return { functions: instance.exports as Exports, buffer: memory.buffer, memory };
}
