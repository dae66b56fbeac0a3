/** tslab's converter as a library. tslab asks for TypeScript by the name of a fork that stopped at 5.0; it is given, in its place, an object that
 *  inherits from the TypeScript that this package is built with, so that cells and packages speak one language. What only the fork has is added
 *  here; what tslab does with programs is replaced by the compiler (compiler.ts). */
import type TS from "typescript";
import vm from "node:vm";
import fs from "node:fs";
import path from "node:path";
import { cachedFunction } from "./code-cache";
import { kernelRequire, NodeModule } from "./realm";

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

/** What tslab's converter does, as far as it is used. */
export interface Converter {
  convert(
    declarations: string,
    source: string,
  ): { declOutput?: string; diagnostics: (CellDiagnostic & { category: number })[] };
  close(): void;
}

/** What tslab sees in place of TypeScript. */
export type Shim = Record<string, unknown>;

interface Loaded {
  readonly shim: Shim;
  createConverter(): Converter;
}

let typescript: typeof TS | undefined;

/** TypeScript, the compiler of the cells, loaded once in a process. */
export function cellTypeScript(): typeof TS {
  if (typescript !== undefined) return typescript;
  const file = kernelRequire.resolve("typescript");
  const module: { exports: unknown } = { exports: {} };
  const body = cachedFunction(file, ["exports", "require", "module", "__filename", "__dirname"]);
  body(module.exports, NodeModule.createRequire(file), module, file, path.dirname(file));
  return (typescript = module.exports as typeof TS);
}

let loaded: Loaded | undefined;

/** Loads tslab's converter with the shim in place of TypeScript, once in a process. */
export function loadTslab(): Loaded {
  if (loaded !== undefined) return loaded;
  const ts = cellTypeScript() as typeof TS & { nullTransformationContext: unknown };
  const shim = Object.create(ts, { __esModule: { value: true } }) as Shim;
  define(shim, "sys", Object.create(ts.sys));
  define(shim, "getDefaultTypeRoots", () => []);
  define(shim, "getNullTransformationContext", () => ts.nullTransformationContext);
  // tslab turns its own emit into CommonJS; ours is taken in its place, and there is nothing to turn.
  define(shim, "transpileModule", () => ({ outputText: "" }));
  const file = kernelRequire.resolve("tslab/dist/converter");
  const own = NodeModule.createRequire(file);
  const required = (id: string): unknown => (id === "@tslab/typescript-for-tslab" ? shim : own(id));
  const exported: Record<string, unknown> = {};
  const names = ["exports", "require", "module", "__filename", "__dirname"];
  const body = vm.compileFunction(fs.readFileSync(file, "utf8"), names, { filename: file }) as (
    ...parts: unknown[]
  ) => void;
  body(exported, required, { exports: exported }, file, path.dirname(file));
  loaded = { shim, createConverter: exported.createConverter as Loaded["createConverter"] };
  return loaded;
}

/** Defines a property of the shim that hides TypeScript's own. */
export const define = (target: object, name: string, value: unknown) =>
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
