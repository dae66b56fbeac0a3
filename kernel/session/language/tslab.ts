/** tslab's converter as a module that is loaded. tslab reaches TypeScript through one module, which is replaced here, for tslab alone, by an
 *  object that inherits from it: the compiler (compiler.ts) hides some of its properties by others. */
import type TS from "typescript";
import { kernelRequire } from "./realm";
import path from "node:path";

interface Position {
  readonly offset: number;
  /** From 0. */
  readonly line: number;
  readonly character: number;
}

/** What the type checker has to say against a cell. */
export interface CellDiagnostic {
  readonly start: Position;
  readonly end: Position;
  readonly messageText: string;
  readonly category: number;
  readonly code: number;
  /** A file of the user's that the cell imports; absent when the cell itself is meant. */
  readonly fileName?: string;
}

/** What tslab's converter does; `position` and `start` are offsets into `source`, in UTF-16 units. */
export interface Converter {
  convert(
    declarations: string,
    source: string,
  ): { declOutput?: string; diagnostics: (CellDiagnostic & { category: number })[] };
  inspect(declarations: string, source: string, position: number): TS.QuickInfo | undefined;
  complete(
    declarations: string,
    source: string,
    position: number,
  ): { start: number; end: number; candidates: string[]; original?: TS.CompletionInfo };
  close(): void;
}

/** The folder of the package tslab. */
const tslabFolder = path.dirname(kernelRequire.resolve("tslab/package.json"));
const tslabRequire = (id: string): string => kernelRequire.resolve(id, { paths: [tslabFolder] });

interface Tslab {
  /** TypeScript 5.0. */
  ts: typeof TS;
  /** What tslab sees in place of `ts`. */
  shim: Record<string, unknown>;
  createConverter(): Converter;
}

let loaded: Tslab | undefined;

/** Loads tslab's converter with the shim in place of TypeScript, once in a process. */
export function loadTslab(): Tslab {
  if (loaded !== undefined) return loaded;
  const id = tslabRequire("@tslab/typescript-for-tslab");
  const ts = kernelRequire(id) as typeof TS;
  const shim = Object.create(ts, { __esModule: { value: true } }) as Record<string, unknown>;
  const cached = kernelRequire.cache[id];
  if (cached === undefined) throw new Error("TypeScript was not loaded");
  define(shim, "sys", Object.create(ts.sys));
  // Loaded anew, so that it meets this shim.
  Reflect.deleteProperty(kernelRequire.cache, kernelRequire.resolve("tslab/dist/converter"));
  cached.exports = shim;
  try {
    const { createConverter } = kernelRequire("tslab/dist/converter") as Pick<Tslab, "createConverter">;
    loaded = { ts, shim, createConverter };
  } finally {
    cached.exports = ts;
  }
  return loaded;
}

/** TypeScript 5.0, the compiler of the cells. */
export function cellTypeScript(): typeof TS {
  return loadTslab().ts;
}

/** Defines a property of the shim that hides TypeScript's own. */
export const define = (target: object, name: string, value: unknown) =>
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
