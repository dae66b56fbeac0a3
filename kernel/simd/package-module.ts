import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The part of the WebAssembly interface that is used here. */
interface WebAssemblyInterface {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface };

/** The binary `file` that lies beside the main module of an npm package, compiled. */
export function compileFromPackage(packageName: string, file: string): object {
  return new WebAssembly.Module(readFileSync(join(dirname(require.resolve(packageName)), file)));
}

/** A new instance of a compiled module. */
export function newInstance<Exports>(compiled: object, imports: object): Exports {
  return new WebAssembly.Instance(compiled, imports).exports as Exports;
}
