import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UnsupportedError } from "../errors";

/** A WebAssembly memory; a shared one can be posted to other threads. */
export interface WasmMemory {
  /** Of a memory that is not shared: another object, and the old one empty, after `grow`. */
  readonly buffer: ArrayBuffer;
  /** Adds pages; throws `RangeError` when there are no more. */
  grow(pages: number): number;
}

/** The part of the WebAssembly interface that is used here; the compiler's own declarations of it come only with those of a browser. */
interface WebAssemblyInterface {
  readonly Memory: new (limits: { initial: number; maximum: number; shared?: boolean }) => WasmMemory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface };

export const pageBytes = 65_536;

/** A memory of at least so many bytes, all zero; the system gives pages as they are touched. One that is not shared can grow to
 *  `mostPages` pages. `UnsupportedError` where the process may not have so much address space. */
export function newMemory(
  bytes: number,
  shared: boolean,
  mostPages: number = Math.ceil(bytes / pageBytes),
): WasmMemory {
  try {
    return new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes), maximum: mostPages, shared });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UnsupportedError(
      `the system gives this process no address space for ${bytes} bytes of WebAssembly memory (${cause.message}), without which nothing is coded or quantized; raise its limit (ulimit -v unlimited, or the container's), or take fewer workers`,
    );
  }
}

const modules = new Map<string, object>();

/** The functions of `<name>.wasm` over that memory, which must be shared when the module was built so (scripts/build.mjs). */
export function instantiateIn<Exports>(name: string, memory: WasmMemory): Exports {
  let compiled = modules.get(name);
  if (!compiled) {
    compiled = new WebAssembly.Module(readFileSync(join(__dirname, `${name}.wasm`)));
    modules.set(name, compiled);
  }
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports as Exports;
}

/** An instance in this thread, with a memory of its own of `bytes` beyond the first page, which holds the module's data. */
export function instantiate<Exports>(
  name: string,
  bytes: number,
  mostPages?: number,
): { functions: Exports; buffer: ArrayBuffer; memory: WasmMemory } {
  const memory = newMemory(pageBytes + bytes, false, mostPages);
  return { functions: instantiateIn<Exports>(name, memory), buffer: memory.buffer, memory };
}
