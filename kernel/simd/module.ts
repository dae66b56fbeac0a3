import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The part of the WebAssembly interface that is used here; the compiler's own declarations of it come only with those of a browser. */
interface WebAssemblyInterface {
  readonly Memory: new (limits: { initial: number; maximum: number }) => {
    readonly buffer: ArrayBuffer;
  };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

export const pageBytes = 65_536;

/** An instance of `<name>.wasm` in this thread, with a memory of its own of `bytes` beyond the first page, which holds the module's data. */
export function instantiate<Exports>(name: string, bytes: number): { functions: Exports; buffer: ArrayBuffer } {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface };
  const pages = 1 + Math.ceil(bytes / pageBytes);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const compiled = new WebAssembly.Module(readFileSync(join(__dirname, `${name}.wasm`)));
  const instance = new WebAssembly.Instance(compiled, { env: { memory } });
  return { functions: instance.exports as Exports, buffer: memory.buffer };
}
