/** tslab's converter as a library: it type-checks a cell after the declarations of all earlier cells, and gives the
 *  declarations of the next. What runs is our own emit of the same checked program (emit.ts), because tslab's sends every
 *  change of a top-level variable through a Proxy (60 times slower in a loop) and keeps no source positions.
 *
 *  tslab reaches TypeScript through one module, which is replaced here, for tslab alone, by an object that inherits from
 *  it: with our file system, our compiler options, and a hand on the program that the converter builds. */
import type TS from "typescript";
import { findPackage, kernelRoot } from "./packages";
import { ambientFile, CellFiles } from "./files";
import { cellTransformers, nestedVariables, publishedNames, type EmitPlan, type PublishedName } from "./emit";
import { kernelRequire } from "./realm";
import path from "node:path";
import fs from "node:fs";

interface Place {
  readonly offset: number;
  /** From 0. */
  readonly line: number;
  readonly character: number;
}

/** What the type checker has to say against a cell. */
export interface CellDiagnostic {
  readonly start: Place;
  readonly end: Place;
  readonly messageText: string;
  readonly category: number;
  readonly code: number;
  /** A file of the user's that the cell imports; absent when the cell itself is meant. */
  readonly fileName?: string;
}

interface Converter {
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

/** A cell that may run. */
export interface CompiledCell {
  /** Body of the cell's function. */
  readonly javascript: string;
  /** Source map of `javascript`, whose source has one line before the cell's first. */
  readonly map: string;
  readonly published: readonly PublishedName[];
  readonly used: readonly string[];
  readonly hasValue: boolean;
  /** Declarations for the next cell. */
  readonly declarations: string;
}

const tslabFolder = path.dirname(kernelRequire.resolve("tslab/package.json"));
const tslabRequire = (id: string): string => kernelRequire.resolve(id, { paths: [tslabFolder] });

interface Parts {
  ts: typeof TS;
  /** What tslab sees in place of `ts`. */
  shim: Record<string, unknown>;
  createConverter(): Converter;
}

let parts: Parts | undefined;

function load(): Parts {
  if (parts !== undefined) return parts;
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
    const { createConverter } = kernelRequire("tslab/dist/converter") as Pick<Parts, "createConverter">;
    parts = { ts, shim, createConverter };
  } finally {
    cached.exports = ts;
  }
  return parts;
}

/** TypeScript 5.0, the compiler of the cells. */
export function cellTypeScript(): typeof TS {
  return load().ts;
}

const define = (target: object, name: string, value: unknown) =>
  Object.defineProperty(target, name, { value, writable: true, configurable: true });

export class Compiler {
  readonly ts: typeof TS;
  private readonly files: CellFiles;
  private readonly converter: Converter;
  private program: TS.SemanticDiagnosticsBuilderProgram | undefined;
  private emitted: Emitted | undefined;
  private readonly cellFile: string;

  constructor(cwd: string) {
    const { ts, shim, createConverter } = load();
    this.ts = ts;
    const folder = cwd.replaceAll("\\", "/");
    this.cellFile = path.posix.join(folder, "__tslab__.ts");
    this.files = new CellFiles(ts, folder);
    define(shim, "sys", this.files.sys);
    define(
      shim,
      "createWatchCompilerHost",
      (roots: string[], options: TS.CompilerOptions, sys: TS.System, _: unknown, ...rest: unknown[]) =>
        (ts.createWatchCompilerHost as (...all: unknown[]) => unknown)(
          [...roots, ambientFile],
          { ...options, ...this.options(folder) },
          sys,
          (...all: Parameters<typeof ts.createAbstractBuilder>) => this.build(all),
          ...rest,
        ),
    );
    define(shim, "createWatchProgram", (host: WatchHost) => this.watch(host));
    this.converter = createConverter();
  }

  private options(cwd: string): TS.CompilerOptions {
    const roots: string[] = [];
    const types = new Set(["node"]);
    for (let folder = cwd; ; folder = path.posix.dirname(folder)) {
      const root = path.posix.join(folder, "node_modules/@types");
      if (fs.existsSync(root)) {
        roots.push(root);
        for (const name of fs.readdirSync(root)) if (!name.startsWith(".")) types.add(name);
      }
      if (path.posix.dirname(folder) === folder) break;
    }
    const node = findPackage("@types/node", tslabFolder) ?? findPackage("@types/node", kernelRoot);
    if (node !== undefined) roots.push(path.dirname(node).replaceAll("\\", "/"));
    return {
      typeRoots: roots,
      types: [...types],
      lib: ["lib.es2023.d.ts"],
      sourceMap: true,
      inlineSources: false,
      // The fork of tslab knows this option: false lets await and for await stand at the top level.
      ...{ disableTopLevelAwait: false },
    };
  }

  /** A program without TypeScript's record of which file affects which, that costs more than the check of a cell (42 ms
   *  of 55 once tfjs is imported). tslab asks it one thing: the user's own files that a file depends on. */
  private build(all: Parameters<typeof TS.createAbstractBuilder>): TS.BuilderProgram {
    const program = this.ts.createAbstractBuilder(...all);
    // tslab reads the names of a file at once: they are there when the checker is.
    const checked = program.getProgram();
    checked.getTypeChecker();
    // What cannot be written as a declaration (a class expression with a private member) may still run: see replaceEmit.
    checked.getDeclarationDiagnostics = () => [];
    program.getAllDependencies = (file) => ownDependencies(this.ts, program.getProgram(), file);
    return program;
  }

  private watch(host: WatchHost): unknown {
    const theirs = host.afterProgramCreate;
    host.afterProgramCreate = (program) => {
      this.program = program;
      this.replaceEmit(program);
      theirs?.call(host, program);
    };
    // tslab's scheduler holds one timer, the one that rebuilds the program. Others run before the next cell.
    const schedule = host.setTimeout;
    const cancel = host.clearTimeout;
    const others = new Set<object>();
    host.setTimeout = (callback, milliseconds) => {
      if (callback.name === "updateProgramWithWatchStatus") return schedule?.call(host, callback, milliseconds);
      const timer = {};
      others.add(timer);
      return timer;
    };
    host.clearTimeout = (timer) => {
      if (!others.delete(timer as object)) cancel?.call(host, timer);
    };
    return (this.ts.createWatchProgram as (host: unknown) => unknown)(host);
  }

  /** Lets tslab write the declarations and us the JavaScript, in one pass over the cell. Files that the cell imports
   *  are compiled when they are loaded (modules.ts). */
  private replaceEmit(program: TS.SemanticDiagnosticsBuilderProgram): void {
    const emit = program.emit.bind(program);
    program.emit = (file, write, token, onlyDeclarations, transformers) => {
      if (file?.fileName !== this.cellFile) return { emitSkipped: true, diagnostics: [] };
      const earlier = (file as TS.SourceFile & { parent?: TS.SourceFile }).parent;
      if (earlier === undefined) return { emitSkipped: true, diagnostics: [] };
      const checker = program.getProgram().getTypeChecker();
      const plan: EmitPlan = { published: publishedNames(this.ts, checker, file), used: new Set(), hasValue: false };
      const { before, after } = cellTransformers(this.ts, checker, earlier, plan);
      const result: Emitted = { javascript: "", map: "", nested: nestedVariables(this.ts, checker, file), plan };
      let isDeclared = false;
      const declare = transformers?.afterDeclarations && { afterDeclarations: transformers.afterDeclarations };
      const done = emit(
        file,
        (name, text) => {
          if (name.endsWith(".js.map")) result.map = text;
          else if (name.endsWith(".js")) {
            result.javascript = text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
            write?.(name, "", false);
          } else {
            isDeclared = true;
            write?.(name, text, false);
          }
        },
        token,
        onlyDeclarations,
        { before: [before], after: [after], ...declare },
      );
      if (!isDeclared) {
        const whole = program.getProgram() as TS.Program & { emit: (...all: unknown[]) => TS.EmitResult };
        const force = true;
        whole.emit(file, write, token, true, { ...declare }, force);
      }
      this.emitted = result;
      return done;
    };
  }

  /** Checks and translates a cell. */
  convert(declarations: string, source: string): CompiledCell | { diagnostics: CellDiagnostic[] } {
    this.files.notifyChanges(this.ts);
    this.emitted = undefined;
    const converted = this.converter.convert(declarations, source);
    if (this.emitted === undefined || converted.diagnostics.length > 0) return { diagnostics: converted.diagnostics };
    const { javascript, map, nested, plan } = this.emitted as Emitted;
    return {
      javascript,
      map,
      published: plan.published,
      used: [...plan.used],
      hasValue: plan.hasValue,
      declarations: withNamespaces(this.ts, declarations, (converted.declOutput ?? "") + nested, plan.published),
    };
  }

  /** Whether a module that the checker could not find is there now (the user installed it, or wrote the file). */
  canResolve(name: string): boolean {
    const { sys } = this.files;
    const options = { moduleResolution: this.ts.ModuleResolutionKind.Node10, allowJs: true, resolveJsonModule: true };
    return this.ts.resolveModuleName(name, this.cellFile, options, sys).resolvedModule !== undefined;
  }

  complete(declarations: string, source: string, cursor: number): ReturnType<Converter["complete"]> {
    this.files.notifyChanges(this.ts);
    return this.converter.complete(declarations, source, cursor);
  }

  inspect(declarations: string, source: string, cursor: number): TS.QuickInfo | undefined {
    this.files.notifyChanges(this.ts);
    return this.converter.inspect(declarations, source, cursor);
  }

  /** The program of the last cell that was looked at. */
  currentProgram(): TS.Program | undefined {
    return this.program?.getProgram();
  }

  get sys(): TS.System {
    return this.files.sys;
  }

  close(): void {
    this.converter.close();
  }
}

/** `file` and the files of the user's that it imports, directly or through others. */
function ownDependencies(ts: typeof TS, program: TS.Program, file: TS.SourceFile): string[] {
  const checker = program.getTypeChecker();
  const found = new Set<TS.SourceFile>();
  const add = (source: TS.SourceFile): void => {
    if (found.has(source)) return;
    found.add(source);
    const { imports = [] } = source as TS.SourceFile & { imports?: readonly TS.StringLiteralLike[] };
    for (const literal of imports) {
      const target = checker.getSymbolAtLocation(literal)?.declarations?.find(ts.isSourceFile);
      if (target !== undefined && !target.isDeclarationFile && !target.fileName.includes("/node_modules/")) add(target);
    }
  };
  add(file);
  return [...found].map(({ fileName }) => fileName);
}

interface Emitted {
  javascript: string;
  map: string;
  /** Declarations of names inside blocks. */
  readonly nested: string;
  readonly plan: EmitPlan;
}

interface WatchHost {
  afterProgramCreate?(program: TS.SemanticDiagnosticsBuilderProgram): void;
  setTimeout?(callback: () => void, milliseconds: number): unknown;
  clearTimeout?(timer: unknown): void;
}

/** tslab forgets the namespaces of earlier cells: they are carried over here, unless the cell declares the name anew. */
function withNamespaces(ts: typeof TS, earlier: string, next: string, published: readonly PublishedName[]): string {
  if (!/\bnamespace\b/.test(earlier)) return next;
  const redeclared = new Set(published.map(({ name }) => name));
  const file = ts.createSourceFile("earlier.d.ts", earlier, ts.ScriptTarget.ES2022, true);
  const kept = file.statements.filter(
    (node) => ts.isModuleDeclaration(node) && ts.isIdentifier(node.name) && !redeclared.has(node.name.text),
  );
  return next + kept.map((node) => node.getText(file) + "\n").join("");
}
