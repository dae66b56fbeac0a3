/** tslab's converter as a library: it type-checks a cell after the declarations of all earlier cells, and gives the
 *  declarations of the next. What runs is our own emit of the same checked program (emit.ts), because tslab's sends every
 *  change of a top-level variable through a Proxy (60 times slower in a loop) and keeps no source positions.
 *
 *  The shim that tslab takes for TypeScript (tslab.ts) gives it our file system, our compiler options, and the program that we build. */
import type TS from "typescript";
import { ambientFile, CellFiles } from "./files";
import { cellTransformers, nestedVariables, publishedNames, type EmitPlan, type PublishedName } from "./emit";
import { define, loadTslab, type CellDiagnostic, type Converter } from "./tslab";
import { ownDependencies, withNamespaces } from "./carried-declarations";
import path from "node:path";
import fs from "node:fs";

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

/** The checker and translator of a session's cells; `cwd` is the notebook's folder. */
export class Compiler {
  readonly ts: typeof TS;
  private readonly files: CellFiles;
  private readonly converter: Converter;
  private program: TS.SemanticDiagnosticsBuilderProgram | undefined;
  private emitted: Emitted | undefined;
  private readonly cellFile: string;

  constructor(cwd: string) {
    const { ts, shim, createConverter } = loadTslab();
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
    // The types of Node that come with the kernel appear in the outermost folder (packages.ts), behind the user's own.
    roots.push(`${/^[A-Za-z]:/.exec(cwd)?.[0] ?? ""}/node_modules/@types`);
    return {
      typeRoots: roots,
      types: [...types],
      lib: ["lib.es2023.d.ts"],
      sourceMap: true,
      inlineSources: false,
      // `import x from "./x.ts"`, as Node itself has it, and `a, b` as a last line, whose value is b.
      allowImportingTsExtensions: true,
      allowUnreachableCode: true,
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
