/** The language of cells: TypeScript that tslab's converter checks and that runs as functions of the main context, one cell at a time. */
import vm from "node:vm";
import path from "node:path";
import { showValue } from "../display";
import { startClock } from "../magics/clock";
import { installMagics } from "../magics/functions";
import { blankMagics, translateMagics } from "../magics/magics";
import { installResults, Results } from "../values/results";
import { listVariables } from "../values/variables";
import { adviceOn, LostNames, type EarlyEnd } from "./advice";
import { Compiler, type CompiledCell } from "./compiler";
import { writeCodeCaches } from "./code-cache";
import { completeCode, type Completion } from "./completion";
import { completeness } from "./completeness";
import { CellConsole } from "./console";
import { Declarations } from "./declarations";
import * as contexts from "./context";
import { CellContext, currentCell, runInCell } from "./context";
import { withoutExports } from "./exports";
import { installGlobals, isSilent } from "./globals";
import { hover } from "./hover";
import { asWritten, withLastObject } from "./last-object";
import { canLoad } from "./loadable";
import { CellModules } from "./modules";
import { mainGlobal, mainProcess } from "./realm";
import { Scope, type Publication } from "./scope";
import { registerSource, type RunSource } from "./sources";
import { installStacks } from "./stack";
import { diagnosticResult, errorResult, errorText, interruptResult } from "./traceback";
import { cellTypeScript, type CellDiagnostic } from "./tslab";
import type { CellOutput, CellResult, Language } from "./types";

/** How long an interrupted cell may take to end by itself, with its `finally` blocks run, before its reply goes out. */
const settleMilliseconds = 30;

/** How long after a cell the compiler's machine code is written. */
const quietMilliseconds = 1000;

/** What a cell's function is called with. */
interface CellRuntime {
  /** An import statement on a line counted from 1. */
  readonly import: (specifier: unknown, line: number) => unknown;
  /** `import()`. */
  readonly load: (specifier: unknown) => Promise<unknown>;
  readonly publish: (names: Publication) => void;
  readonly meta: unknown;
}
type CellFunction = (runtime: CellRuntime, ...handles: unknown[]) => Promise<{ value: unknown } | undefined>;

interface Running {
  readonly context: CellContext;
  readonly end: (result: CellResult) => void;
}

class CellLanguage implements Language {
  private compiler: Compiler | undefined;
  private compiling = false;
  private declarations = Declarations.none;
  private readonly scope = new Scope();
  private readonly lost = new LostNames();
  private readonly modules: CellModules;
  private readonly console: CellConsole;
  private readonly results = new Results();
  private readonly removeGlobals: (() => void)[];
  private readonly restoreStacks: () => void;
  /** More than one where subshells run cells too. */
  private readonly running = new Set<Running>();
  private latest: CellContext | undefined;
  /** The last cell that shows what it puts out; a silent one is none, where another was before. */
  private latestShown: CellContext | undefined;
  private expressions = 0;
  private warmUp: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly cwd: string,
    private keepsCode: boolean,
  ) {
    this.modules = new CellModules(cwd);
    // A comm's handler, which a message of the front end starts, belongs to no cell; it prints where the last cell did.
    const cellOf = () => currentCell() ?? this.latestShown;
    this.console = new CellConsole(cellOf);
    const output = () => {
      const cell = cellOf();
      if (cell === undefined) throw new Error("there is no cell to print this in");
      return cell.output;
    };
    this.removeGlobals = [
      installGlobals(cellOf),
      installResults(mainGlobal, this.results),
      installMagics(mainGlobal, { output, names: () => this.scope.values().map(([name]) => name) }),
    ];
    this.restoreStacks = installStacks();
    mainProcess.on("unhandledRejection", this.onStray);
    mainProcess.on("uncaughtException", this.onStray);
    // The compiler takes a second to load. It loads after the kernel's first answers and before the first cell.
    this.warmUp = setTimeout(() => this.load(), 20);
  }

  execute(code: string, cell: { executionCount: number; silent: boolean; output: CellOutput }): Promise<CellResult> {
    const label = `Cell [${cell.silent ? `silent ${++this.expressions}` : cell.executionCount}]`;
    const context = new CellContext(label, cell.output);
    this.latest = context;
    if (!cell.silent || this.latestShown === undefined) this.latestShown = context;
    return new Promise((resolve) => {
      const end = (result: CellResult) => {
        this.running.delete(running);
        if (this.keepsCode) setTimeout(writeCodeCaches, quietMilliseconds).unref();
        this.keepsCode = false; // Once in a session.
        context.end();
        resolve(result);
      };
      const running = { context, end };
      this.running.add(running);
      // The cell starts in a macrotask of its own, so that stopping its synchronous code destroys no other stack.
      setImmediate(() =>
        runInCell(context, () => {
          this.run(code, label, context, cell).then(end, (error: unknown) => end(errorResult(error)));
        }),
      );
    });
  }

  private async run(
    code: string,
    label: string,
    context: CellContext,
    { executionCount, silent }: { executionCount: number; silent: boolean },
  ): Promise<CellResult> {
    this.console.startCell();
    const ts = cellTypeScript();
    const { source: plain, timed } = translateMagics(ts, code, (name) => this.isName(name));
    const { source, opened } = withLastObject(ts, withoutExports(ts, plain));
    const compiled = this.convert(source);
    for (const problem of this.compiler?.newProblems() ?? [])
      context.output.stream("stderr", `tsconfig.json: ${problem}\n`);
    const lose = (how: EarlyEnd) => this.lost.note(ts, source, label, how);
    if ("diagnostics" in compiled) {
      const diagnostics = compiled.diagnostics.map((item) => asWritten(item, opened));
      const result = diagnosticResult(label, code, diagnostics, (item) => adviceOn(item, code, this.lost));
      lose("did not pass the check");
      return result;
    }
    const before = this.declarations;
    // The names are declared before the cell runs, because those that it has set stay when an error or an interrupt ends it.
    this.declarations = compiled.declarations;
    let publication: ReturnType<Scope["publish"]> | undefined;
    context.onEarlyEnd(() => {
      const isLast = this.declarations === compiled.declarations; // no cell of a subshell came after it
      if (isLast && (publication === undefined || !publication.initialised())) this.declarations = before;
      publication?.takeBack();
    });
    const clock = timed ? startClock() : undefined;
    try {
      const publish = (names: Publication) => (publication = this.scope.publish(names, label));
      const { value } = await this.call(compiled, { label, text: code, ...(opened && { opened }) }, publish);
      if (clock !== undefined) context.output.stream("stdout", clock());
      if (context.reason !== undefined) {
        lose("was interrupted");
        return interruptResult(context.reason);
      }
      context.finished();
      this.lost.found(compiled.published.map(({ name }) => name));
      if (!compiled.hasValue || value === undefined || silent || isSilent(value)) return { status: "ok" };
      this.results.add(executionCount, value);
      return { status: "ok", result: await showValue(value) };
    } catch (error) {
      lose(context.reason === undefined ? "stopped with an error" : "was interrupted");
      if (context.reason !== undefined) return interruptResult(context.reason);
      return errorResult(
        error,
        context.awaitLine === undefined ? undefined : { script: label, line: context.awaitLine },
      );
    }
  }

  /** Whether a name means something before the cell runs: one of an earlier cell, or one that every cell has. */
  private isName(name: string): boolean {
    return name in mainGlobal || ["require", "__filename", "__dirname"].includes(name) || this.scope.has(name);
  }

  variables(): object {
    return listVariables(this.scope.values());
  }

  /** Runs a compiled cell. Returns the value of its last expression in an object, and awaits it where it is a promise. */
  private async call(
    compiled: CompiledCell,
    written: Pick<RunSource, "label" | "text" | "opened">,
    publish: (names: Publication) => void,
  ): Promise<{ value: unknown }> {
    const { label } = written;
    registerSource(label, { ...written, map: compiled.map, linesBefore: 1, hiddenLines: 1 });
    const names = compiled.published.map(({ name, constant }) => {
      const assign = constant ? "" : `, ($value) => { ${name} = $value; }`;
      return `[${JSON.stringify(name)}]: [() => ${name}${assign}]`;
    });
    const handles = compiled.used.map((name) => `$prev_${name}`);
    const surroundings = "require, module, exports, __filename, __dirname, $names";
    // What `eval` is given finds the names of earlier cells around the cell, at the price of slow names in a cell that calls it.
    const around = /\beval\b/.test(compiled.javascript) ? "with ($names) " : "";
    const script =
      `(function (${surroundings}) { ${around}return async function (${["$cell", ...handles].join(", ")}) { ` +
      `"use strict"; $cell.publish({ ${names.join(", ")} });\n${compiled.javascript}\n} })`;
    const { meta, require, main } = this.modules;
    const make = vm.runInThisContext(script, { filename: label }) as (...outer: unknown[]) => CellFunction;
    const { pause, pauseCell, resume, iterate } = contexts;
    const load = (specifier: unknown) => this.modules.import(specifier);
    const runtime = {
      import: (specifier: unknown, line: number) => pauseCell(load(specifier), line),
      load: async (specifier: unknown) => load(specifier),
      publish,
      meta,
      pause,
      pauseCell,
      resume,
      iterate,
    };
    const visible = around === "" ? undefined : this.scope.asObject();
    const values = compiled.used.map((name) => this.scope.handle(name));
    const box = await make(require, main, main.exports, meta.filename, meta.dirname, visible)(runtime, ...values);
    const value = box?.value;
    return { value: contexts.isThenable(value) ? await value : value };
  }

  async evaluateExpression(expression: string): ReturnType<Language["evaluateExpression"]> {
    const label = `Expression ${++this.expressions}`;
    const work = async () => {
      const compiled = this.convert(`(${expression}\n)`);
      if ("diagnostics" in compiled) return diagnosticResult(label, `(${expression}`, compiled.diagnostics);
      if (!compiled.hasValue) return errorResult(new SyntaxError("not an expression"));
      const { value } = await this.call(compiled, { label, text: `(${expression}` }, () => undefined);
      const { data, metadata = {} } = await showValue(value);
      return { status: "ok" as const, data, metadata };
    };
    try {
      return await (this.latest === undefined ? work() : runInCell(this.latest, work));
    } catch (error) {
      return errorResult(error);
    }
  }

  private load(): void {
    clearTimeout(this.warmUp);
    // A first cell, so that V8 has compiled what the next ones need.
    if (this.compiler === undefined) this.compile((compiler) => compiler.convert(Declarations.none, "0"));
  }

  /** Runs `work` on the compiler. After an interrupt inside it, the compiler's state is unknown, and the next call makes a new one. */
  private compile<T>(work: (compiler: Compiler) => T): T {
    clearTimeout(this.warmUp);
    if (this.closed) throw new Error("the session is closed");
    this.compiling = true;
    this.compiler ??= new Compiler(this.cwd, (name) => canLoad(name, this.cwd));
    const result = work(this.compiler);
    this.compiling = false;
    return result;
  }

  private convert(source: string): CompiledCell | { diagnostics: CellDiagnostic[] } {
    return this.compile((compiler) => compiler.convert(this.declarations, source));
  }

  private dropCompiler(): void {
    this.compiler?.close();
    this.compiler = undefined;
    this.compiling = false;
  }

  complete(code: string, cursor: number): Promise<Completion> {
    const nothing = { matches: [], cursor_start: cursor, cursor_end: cursor, metadata: {} };
    const source = blankMagics(code);
    const answer = () =>
      completeCode(cellTypeScript(), {
        source,
        cursor,
        cwd: this.cwd,
        look: () => this.compile((compiler) => compiler.look(this.declarations, source)),
        names: () => this.scope.names(),
        valueOf: (name) => this.scope.peek(name),
      });
    return quietly(answer, nothing);
  }

  inspect(code: string, cursor: number, detail: 0 | 1): Promise<{ found: boolean; data: Record<string, unknown> }> {
    const source = blankMagics(code);
    const answer = () =>
      hover(
        this.compile((compiler) => compiler.look(this.declarations, source)),
        source,
        cursor,
        detail,
      );
    return quietly(answer, { found: false, data: {} });
  }

  isComplete(code: string): ReturnType<Language["isComplete"]> {
    const ts = cellTypeScript();
    try {
      const { source } = translateMagics(ts, code, (name) => this.isName(name));
      return completeness(ts, withLastObject(ts, source).source);
    } catch {
      // A magic that there is not runs at once, to say so.
      return { status: "complete" };
    }
  }

  interrupt(reason: Error): void {
    if (this.compiling) this.dropCompiler();
    for (const { context, end } of [...this.running]) {
      context.stop(reason);
      setTimeout(() => end(interruptResult(reason)), settleMilliseconds);
    }
  }

  apart(output: CellOutput): { run<T>(work: () => T): T; stop(reason: Error): void } {
    const context = new CellContext(currentCell()?.name ?? "Comm", output);
    return { run: (work) => runInCell(context, work), stop: (reason) => context.stop(reason) };
  }

  /** Errors that no cell is waiting for: a timer that threw, a promise that nobody handled. */
  private readonly onStray = (error: unknown): void => {
    const cell = currentCell() ?? this.latestShown;
    if (cell === undefined || cell.isReason(error)) return;
    cell.output.stream("stderr", `Uncaught ${errorText(error)}`);
  };

  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.warmUp);
    this.removeGlobals.forEach((remove) => remove());
    this.restoreStacks();
    this.console.close();
    mainProcess.off("unhandledRejection", this.onStray);
    mainProcess.off("uncaughtException", this.onStray);
    this.dropCompiler();
  }
}

/** Answers a question of the editor: where `ask` throws, `nothing` is the answer, and no error is shown. */
function quietly<T>(ask: () => T, nothing: T): Promise<T> {
  try {
    return Promise.resolve(ask());
  } catch {
    return Promise.resolve(nothing);
  }
}

/** Starts the language of a session whose notebook lies in the folder `cwd`. One at a time in a process: it takes over
 *  the console and the standard streams until it is closed. With `keepsCode` the compiler's machine code is kept for the next start. */
export function createLanguage(options: { cwd: string; keepsCode?: boolean }): Promise<Language> {
  return Promise.resolve(new CellLanguage(path.resolve(options.cwd), options.keepsCode ?? false));
}
