/** tslab's converter as a library: it type-checks a cell after the declarations of all earlier cells, and gives those of the cell. What runs is our
 *  own emit of the same checked program (emit.ts), because tslab's sends every change of a top-level variable through a Proxy (60 times slower in
 *  a loop) and keeps no source positions.
 *
 *  tslab believes that it watches files; what it watches is the program of the language service (service.ts), so that a cell is checked, completed
 *  and explained by one program. */
import type TS from "typescript";
import path from "node:path";
import { ownDependencies } from "./dependencies";
import { cellSource, holdsJsx } from "./cell-source";
import { compilerOptions } from "./compiler-options";
import { type Declarations, pageFile } from "./declarations";
import {
  cellTransformers,
  isAnnounced,
  isOnPage,
  nestedVariables,
  publishedNames,
  type EmitPlan,
  type PublishedName,
} from "./emit";
import { advised, diagnosticsOf, knownToNode, looseDeclarations } from "./diagnostics";
import { ambientFile, CellFiles } from "./files";
import { CellService } from "./service";
import { cellTypeScript, define, loadTslab, type CellDiagnostic, type Converter } from "./tslab";

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
  readonly declarations: Declarations;
}

/** What stands before a cell's text in its file. A comment in the cell's first line is the file's first, where TypeScript looks for `@jsx`. */
const head = "          \n";

/** A cell as the editor asks about it. */
export interface Look {
  readonly ts: typeof TS;
  readonly program: TS.Program;
  /** The cell's file, and the number of characters in it before the cell's text. */
  readonly file: TS.SourceFile;
  readonly head: number;
  readonly language: CellService;
}

const unescaped = (ts: typeof TS, name: string) => ts.unescapeLeadingUnderscores(name as TS.__String);

/** The checker and translator of a session's cells; `cwd` is the notebook's folder. `canLoad` says whether Node finds a module by its name. */
export class Compiler {
  readonly ts: typeof TS;
  /** What is wrong with the folder's `tsconfig.json`, until it is told. */
  private problems: readonly string[];
  private readonly files: CellFiles;
  private readonly options: TS.CompilerOptions;
  private readonly language: CellService;
  private readonly converter: Converter;
  private readonly cellFile: string;
  private readonly linkFile: string;
  private readonly scriptFile: string;
  private readonly looseFile: string;
  private readonly folder: string;
  /** Modules without declarations, and global names that only the running process knows. */
  private readonly loose = { modules: new Set<string>(), names: new Set<string>() };
  private pages: readonly { readonly file: string; readonly version: number }[] = [];
  private isJsx = false;
  private current: TS.Program | undefined;
  private emitted: Emitted | undefined;

  constructor(
    cwd: string,
    private readonly canLoad: (name: string) => boolean = () => false,
  ) {
    this.ts = cellTypeScript();
    const { shim, createConverter } = loadTslab();
    this.folder = cwd.replaceAll("\\", "/");
    const inFolder = (name: string) => path.posix.join(this.folder, name);
    this.cellFile = inFolder("__tslab__.ts");
    this.linkFile = inFolder("__prev__.d.ts");
    this.scriptFile = inFolder("__modules__.d.ts");
    this.looseFile = inFolder("__loose__.d.ts");
    this.files = new CellFiles(this.ts, this.folder);
    const { options, problems } = compilerOptions(this.ts, this.files.sys, this.folder);
    this.options = options;
    this.problems = problems;
    for (const file of [this.cellFile, this.linkFile, this.scriptFile, this.looseFile]) this.files.write(file, "");
    this.language = new CellService(this.ts, this.files, {
      folder: this.folder,
      roots: [this.linkFile, this.cellFile, ambientFile, this.scriptFile, this.looseFile],
      options,
      isJsx: (file) => this.isJsx && file === this.cellFile,
    });
    define(shim, "sys", this.files.sys);
    define(shim, "createWatchCompilerHost", (_roots: unknown, _options: unknown, sys: TS.System) => ({ sys }));
    define(shim, "createWatchProgram", (host: WatchHost) => this.watch(host));
    define(shim, "getPreEmitDiagnosticsOfFiles", (program: TS.Program, files: readonly TS.SourceFile[]) =>
      diagnosticsOf(program, files),
    );
    this.converter = createConverter();
  }

  /** What tslab takes for a watched program: a change of its files gives it another builder. */
  private watch(host: WatchHost): unknown {
    const { sys } = host;
    let timer: unknown;
    const update = () => {
      timer = undefined;
      host.afterProgramCreate?.(this.builder(sys));
    };
    const changed = () => {
      if (timer !== undefined) sys.clearTimeout?.(timer);
      timer = sys.setTimeout?.(update, 0);
    };
    for (const file of [this.cellFile, this.linkFile]) sys.watchFile?.(file, changed);
    update();
    return { close: () => undefined };
  }

  /** A cell between two changes. tslab reads its names first, and asks again with all of them exported; only then is there a program. */
  private builder(sys: TS.System): unknown {
    const { ts } = this;
    let program: TS.Program | undefined;
    const early = new Map<string, TS.SourceFile>();
    const checked = () => (program ??= this.check(sys.readFile(this.cellFile) ?? ""));
    const parsed = (file: string): TS.SourceFile => {
      const text = file === this.cellFile ? (sys.readFile(file) ?? "") : "export {};";
      const kind = this.isJsx && file === this.cellFile ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
      const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true, kind) as Bound;
      (ts as unknown as Binder).bindSourceFile(source, this.options);
      // tslab writes these names into the cell; `declare global` is none.
      const names = [...(source.locals ?? [])].filter(([name]) => name !== "__global");
      source.locals = new Map(names.map(([name, symbol]) => [unescaped(ts, name), symbol]));
      early.set(file, source);
      return source;
    };
    return {
      getProgram: checked,
      getSourceFile: (file: string) => program?.getSourceFile(file) ?? early.get(file) ?? parsed(file),
      getAllDependencies: () => {
        const cell = checked().getSourceFile(this.cellFile);
        return cell === undefined ? [] : ownDependencies(ts, checked(), cell);
      },
      emit: (
        file: TS.SourceFile,
        write: TS.WriteFileCallback,
        _token: unknown,
        _only: unknown,
        own?: TS.CustomTransformers,
      ) => this.emit(checked(), file.fileName, write, own),
    };
  }

  /** The program in which the cell's file has `text`, with tslab's first line. */
  private check(text: string): TS.Program {
    const own = text.slice(text.indexOf("\n") + 1);
    const isModule = /\nexport \{[^\n]*\}$/.test(own);
    this.files.write(this.cellFile, head + own + (isModule ? "" : "\nexport {};"));
    return this.program();
  }

  private program(): TS.Program {
    const program = this.language.refresh();
    // A page sees the one before it, and the cell the last: the checker looks for a name in what surrounds a file.
    const chain = [...this.pages.map(({ file }) => file), this.linkFile, this.cellFile].map((file) =>
      program.getSourceFile(file),
    );
    let outer: TS.SourceFile | undefined;
    for (const file of chain) {
      if (file === undefined) continue;
      (file as { parent?: TS.Node | undefined }).parent = outer;
      outer = file;
    }
    return (this.current = program);
  }

  /** Lets the checker see `declarations`, and nothing of other cells. */
  private show(declarations: Declarations): void {
    const fileOf = (number: number) => path.posix.join(this.folder, `${pageFile(number)}.d.ts`);
    const pages = declarations.pages.map((page) => ({ file: fileOf(page.number), version: page.version, page }));
    const kept = new Map(this.pages.map(({ file, version }) => [file, version]));
    for (const { file, version, page } of pages) if (kept.get(file) !== version) this.files.write(file, page.text);
    const files = new Set(pages.map(({ file }) => file));
    for (const { file } of this.pages) if (!files.has(file)) this.files.remove(file);
    this.pages = pages.map(({ file, version }) => ({ file, version }));
    const links = declarations.pages.map(({ number }) => `import "./${pageFile(number)}";\n`).join("");
    this.files.write(this.linkFile, `${links}export {};\n`);
    this.files.write(this.scriptFile, declarations.ambient.join("\n"));
  }

  /** Lets tslab write the declarations and us the JavaScript, in one pass over the cell. Files that the cell imports are compiled when they are
   *  loaded (modules.ts). */
  private emit(
    program: TS.Program,
    name: string,
    write: TS.WriteFileCallback,
    own: TS.CustomTransformers | undefined,
  ): TS.EmitResult {
    const { ts } = this;
    const file = program.getSourceFile(name);
    if (file === undefined || name !== this.cellFile) return { emitSkipped: true, diagnostics: [] };
    const checker = program.getTypeChecker();
    const pages = this.pages.flatMap((page) => program.getSourceFile(page.file) ?? []);
    const isEarlier = (symbol: TS.Symbol): boolean => isOnPage(symbol, pages) || isAnnounced(ts, symbol, file);
    const plan: EmitPlan = { published: publishedNames(ts, checker, file), used: new Set(), hasValue: false };
    const { before, after } = cellTransformers(ts, checker, isEarlier, plan);
    const result: Emitted = { javascript: "", map: "", nested: nestedVariables(ts, checker, file), plan };
    let isDeclared = false;
    const declare = own?.afterDeclarations && { afterDeclarations: own.afterDeclarations };
    const done = program.emit(
      file,
      (target, text) => {
        if (target.endsWith(".js.map")) result.map = text;
        else if (/\.jsx?$/.test(target)) {
          result.javascript = text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");
          write(target, "", false);
        } else {
          isDeclared = true;
          write(target, text, false);
        }
      },
      undefined,
      false,
      { before: [before], after: [after], ...declare },
    );
    if (!isDeclared) {
      // What cannot be written as a declaration (a class expression with a private member) may still run.
      const whole = program as TS.Program & { emit: (...all: unknown[]) => TS.EmitResult };
      const force = true;
      whole.emit(file, write, undefined, true, { ...declare }, force);
    }
    this.emitted = result;
    return done;
  }

  /** Checks and translates a cell. */
  convert(declarations: Declarations, source: string): CompiledCell | { diagnostics: CellDiagnostic[] } {
    const { ts } = this;
    const cell = cellSource(ts, source, (name) => this.canLoad(name));
    const seen = declarations.withAmbient(cell.ambient);
    this.isJsx = cell.isJsx;
    this.show(seen);
    for (;;) {
      this.emitted = undefined;
      const { diagnostics, declOutput = "" } = this.converter.convert("", cell.text);
      if (this.emitted !== undefined && diagnostics.length === 0) {
        const { javascript, map, nested, plan } = this.emitted as Emitted;
        const { published, used, hasValue } = plan;
        const next = seen.with(ts, declOutput + nested);
        return { javascript, map, published, used: [...used], hasValue, declarations: next };
      }
      if (this.loosen(diagnostics)) continue;
      const place = { name: this.cellFile, head: head.length };
      return { diagnostics: advised(ts, diagnostics, this.current, place) };
    }
  }

  /** Declares what Node has and the checker does not know. Says whether there was anything. */
  private loosen(errors: readonly CellDiagnostic[]): boolean {
    const { modules, names } = this.loose;
    const before = modules.size + names.size;
    const found = knownToNode(errors, this.canLoad);
    for (const name of found.modules) modules.add(name);
    for (const name of found.names) names.add(name);
    if (modules.size + names.size === before) return false;
    return this.files.write(this.looseFile, looseDeclarations(this.loose));
  }

  /** Has the language service take `source` for the cell, and gives what its questions need. */
  look(declarations: Declarations, source: string): Look {
    this.isJsx = holdsJsx(this.ts, source);
    this.show(declarations);
    this.files.write(this.cellFile, `${head}${source}\nexport {};`);
    const program = this.program();
    const file = program.getSourceFile(this.cellFile);
    if (file === undefined) throw new Error("the cell has no file");
    return { ts: this.ts, program, file, head: head.length, language: this.language };
  }

  /** The program of the last cell that was looked at. */
  currentProgram(): TS.Program | undefined {
    return this.current;
  }

  /** What is wrong with the folder's `tsconfig.json`; nothing when it was asked for before. */
  newProblems(): readonly string[] {
    const { problems } = this;
    this.problems = [];
    return problems;
  }

  get sys(): TS.System {
    return this.files.sys;
  }

  close(): void {
    this.converter.close();
    this.language.close();
  }
}

interface Emitted {
  javascript: string;
  map: string;
  /** Declarations of names inside blocks. */
  readonly nested: string;
  readonly plan: EmitPlan;
}

type Bound = TS.SourceFile & { locals?: Map<string, TS.Symbol> };

interface Binder {
  bindSourceFile(file: TS.SourceFile, options: TS.CompilerOptions): void;
}

/** The host that tslab makes, as far as it is used. */
interface WatchHost {
  readonly sys: TS.System;
  afterProgramCreate?(builder: unknown): void;
}
