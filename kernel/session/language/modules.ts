/** Modules at run time, as cells see them: built-in modules; the user's own packages; "codebook" and tfjs from any folder; and the user's own
 *  files, which are read again when they, or files that they import, have changed.
 *  ES modules and CommonJS are the same to a cell: a package is required where Node can do that, and imported where it cannot, as with an
 *  ES module that awaits at its top level, or a package that exports for `import` only. */
import fs from "node:fs";
import path from "node:path";
import { types } from "node:util";
import { pathToFileURL } from "node:url";
import vm from "node:vm";
import { stamp } from "./files";
import { compileFile, type CompiledFile } from "./local-code";
import { mainGlobal, NodeModule } from "./realm";
import { codeOf, isLocal, resolveModule } from "./resolution";
import { registerSource } from "./sources";
import { withoutGreeting } from "./tensorflow-greeting";

type NativeImport = (specifier: string) => Promise<unknown>;
type Namespace = Record<string, unknown>;
type Setter = (namespace: unknown) => void;

/** A file of the user's that ran, or runs. */
interface LocalModule {
  readonly file: string;
  readonly stamp: string;
  readonly imports: Set<string>;
  /** What `require` gives. */
  exports: unknown;
  /** Told whenever an ES module exports something anew. */
  readonly importers: Set<() => void>;
  /** The end of its own awaits and of those of its imports; absent for a file that ran at once. */
  pending?: Promise<void>;
  /** The file for which it waits, by which a circle is known. */
  waitsFor?: LocalModule;
  /** True until its top level has run to the end. */
  isRunning: boolean;
  /** Ends what other modules would tell it. */
  readonly leave: (() => void)[];
}

/** `import.meta`. */
export interface ModuleMeta {
  readonly url: string;
  readonly filename: string;
  readonly dirname: string;
  /** The address of another module. */
  readonly resolve: (specifier: string) => string;
}

/** What TypeScript's emit for SystemJS calls. */
type Declare = (
  exports: (names: string | Namespace, value?: unknown) => unknown,
  context: { id: string; meta: ModuleMeta; import: (specifier: unknown) => Promise<unknown> },
) => { setters?: Setter[]; execute?: (this: undefined) => unknown };

/** The namespace that an import of a CommonJS module gives: its properties, and itself as `default`. */
function namespaceOf(exported: unknown): unknown {
  if (types.isModuleNamespaceObject(exported)) return exported;
  const isObject = exported !== null && (typeof exported === "object" || typeof exported === "function");
  if (isObject && (exported as { __esModule?: unknown }).__esModule === true) return exported;
  const namespace: Namespace = Object.create(null) as Namespace;
  if (isObject)
    for (const key of Object.getOwnPropertyNames(exported)) {
      if (key === "default") continue;
      Object.defineProperty(namespace, key, { enumerable: true, get: () => (exported as Namespace)[key] });
    }
  namespace.default = exported;
  return namespace;
}

/** A package or a module of Node's, which `name` led to. */
function required(name: string, file: string, native: NodeJS.Require): unknown {
  return name.startsWith("@tensorflow/") ? withoutGreeting(native(file)) : native(file);
}

/** `module` of a file, or of the cells, which are a program's main file. */
function moduleObject(filename: string, require: NodeJS.Require, id = "."): Record<string, unknown> {
  const folder = path.dirname(filename);
  const paths = require.resolve.paths("x") ?? [];
  return { id, path: folder, filename, exports: {}, loaded: false, children: [], paths, parent: null, require };
}

/** The modules of a session's cells. */
export class CellModules {
  private readonly local = new Map<string, LocalModule>();
  private readonly nativeImports = new Map<string, NativeImport>();
  readonly require: NodeJS.Require;
  /** `import.meta` of a cell. */
  readonly meta: ModuleMeta;
  /** `module` of every cell, and `require.main` of every file. */
  readonly main: Record<string, unknown>;

  constructor(private readonly cwd: string) {
    const filename = path.join(cwd, "notebook.ts");
    this.meta = this.metaOf(filename);
    this.require = this.requireOf(cwd, undefined);
    this.main = moduleObject(filename, this.require);
    this.require.main = this.main as unknown as NodeJS.Module;
  }

  /** The value of `import * as x from "specifier"` in a cell; a promise when it is there only later. */
  import(specifier: unknown): unknown {
    this.forgetChanged();
    return this.importIn(String(specifier), this.cwd, undefined);
  }

  /** The file that `name` means in a module of `folder`. */
  resolve(name: string, folder: string): string {
    return resolveModule(name, folder, this.cwd);
  }

  private metaOf(filename: string): ModuleMeta {
    const dirname = path.dirname(filename);
    const resolve = (specifier: string) => {
      const found = this.resolve(specifier, dirname);
      return path.isAbsolute(found) ? pathToFileURL(found).href : found.startsWith("node:") ? found : `node:${found}`;
    };
    return Object.freeze({ url: pathToFileURL(filename).href, filename, dirname, resolve });
  }

  /** The namespace of a module, or a promise of it, for code in `folder`. */
  private importIn(name: string, folder: string, importer: LocalModule | undefined): unknown {
    if (name.startsWith("data:")) return this.nativeImport(folder)(name);
    try {
      const file = this.resolve(name, folder);
      if (!isLocal(file)) return namespaceOf(required(name, file, this.nativeRequire(folder)));
      importer?.imports.add(file);
      const module = this.load(file, importer);
      if (module.pending === undefined || waits(module, importer)) return namespaceOf(module.exports);
      if (importer !== undefined) importer.waitsFor = module;
      return module.pending.then(() => namespaceOf(module.exports));
    } catch (error) {
      const code = codeOf(error);
      if (code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return this.nativeImport(folder)(name);
      if (code !== "ERR_REQUIRE_ASYNC_MODULE" && code !== "ERR_REQUIRE_ESM") throw error;
      const file = this.resolve(name, folder);
      return this.nativeImport(folder)(path.isAbsolute(file) ? pathToFileURL(file).href : file);
    }
  }

  private nativeRequire(folder: string): NodeJS.Require {
    return NodeModule.createRequire(path.join(folder, "notebook.js"));
  }

  private nativeImport(folder: string): NativeImport {
    const known = this.nativeImports.get(folder);
    if (known !== undefined) return known;
    const made = vm.runInThisContext("(specifier) => import(specifier)", {
      filename: path.join(folder, "notebook.ts"),
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }) as NativeImport;
    this.nativeImports.set(folder, made);
    return made;
  }

  private requireOf(folder: string, importer: LocalModule | undefined): NodeJS.Require {
    const native = this.nativeRequire(folder);
    const requireHere = (name: string): unknown => {
      const file = this.resolve(name, folder);
      if (!isLocal(file)) return required(name, file, native);
      importer?.imports.add(file);
      if (importer === undefined) this.forgetChanged();
      const module = this.load(file, importer);
      if (module.pending === undefined || waits(module, importer)) return module.exports;
      throw Object.assign(
        new (mainGlobal.Error as ErrorConstructor)(
          `"${name}" awaits at its top level, so it cannot be required; import it: await import("${name}")`,
        ),
        { code: "ERR_REQUIRE_ASYNC_MODULE_OF_CELLS" },
      );
    };
    const resolve = Object.assign((name: string) => this.resolve(name, folder), { paths: native.resolve.paths });
    const main = this.main as unknown as NodeJS.Module | undefined;
    return Object.assign(requireHere, { resolve, cache: native.cache, main, extensions: native.extensions });
  }

  private load(file: string, importer: LocalModule | undefined): LocalModule {
    const known = this.local.get(file);
    if (known !== undefined) return known;
    const module: LocalModule = {
      file,
      stamp: stamp(file),
      imports: new Set(),
      exports: {},
      importers: new Set(),
      isRunning: true,
      leave: [],
    };
    // The entry is made before the file runs, because files may import each other in a circle.
    this.local.set(file, module);
    if (importer !== undefined) importer.waitsFor = module;
    const forget = () => {
      if (this.local.get(file) === module) this.local.delete(file);
    };
    try {
      const text = fs.readFileSync(file, "utf8");
      if (file.endsWith(".json")) module.exports = parseJson(file, text);
      else {
        const pending = this.run(module, text);
        if (pending !== undefined) {
          module.pending = pending.finally(() => delete module.pending);
          module.pending.catch(forget);
        }
      }
    } catch (error) {
      forget();
      throw error;
    } finally {
      if (importer?.waitsFor === module) delete importer.waitsFor;
    }
    return module;
  }

  /** Runs a file; a promise where it awaits, or imports what does. */
  private run(module: LocalModule, text: string): Promise<void> | undefined {
    const { file } = module;
    const label = path.relative(this.cwd, file);
    const compiled = compileFile(file, label, text);
    registerSource(file, { label, text, map: compiled.map, linesBefore: 1, hiddenLines: 0 });
    const body = vm.runInThisContext(compiled.script, {
      filename: file,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }) as (...parts: unknown[]) => void;
    const folder = path.dirname(file);
    const require = this.requireOf(folder, module);
    const own = moduleObject(file, require, file);
    Object.defineProperty(own, "exports", {
      enumerable: true,
      get: () => module.exports,
      set: (next: unknown) => (module.exports = next),
    });
    const ended = () => {
      own.loaded = true;
      module.isRunning = false;
    };
    if (compiled.kind === "es") {
      const start = (...parts: unknown[]) => body(...parts, require, own, file, folder);
      const pending = this.runModule(module, compiled, start);
      if (pending === undefined) ended();
      return pending?.then(ended);
    }
    body.call(module.exports, module.exports, require, own, file, folder);
    ended();
    return undefined;
  }

  private runModule(
    module: LocalModule,
    { order, taken }: CompiledFile,
    start: (
      system: { register: (names: string[], declare: Declare) => void },
      imports: (setters: Setter[]) => void,
    ) => void,
  ): Promise<void> | undefined {
    const namespace = Object.create(null, { __esModule: { value: true } }) as Namespace;
    module.exports = namespace;
    const setters = new Map<string, Setter[]>();
    const add = (specifier: string, setter: Setter) =>
      setters.set(specifier, [...(setters.get(specifier) ?? []), setter]);
    const publish = (names: string | Namespace, value?: unknown): unknown => {
      if (typeof names === "string") namespace[names] = value;
      else Object.assign(namespace, names);
      for (const tell of module.importers) tell();
      return value;
    };
    let execute: ((this: undefined) => unknown) | undefined;
    start(
      {
        register: (specifiers, declare) => {
          const context = {
            id: pathToFileURL(module.file).href,
            meta: this.metaOf(module.file),
            import: this.importLater(module),
          };
          const declared = declare(publish, context);
          specifiers.forEach((specifier, index) => {
            const setter = declared.setters?.[index];
            if (setter !== undefined) add(specifier, setter);
          });
          execute = declared.execute;
        },
      },
      (ofImports) => {
        taken.forEach(({ specifier, handedOn }, index) => {
          const setter = ofImports[index];
          if (setter !== undefined) add(specifier, setter);
          for (const [exported, own] of handedOn)
            add(specifier, (from) => publish(own, exported === "*" ? from : (from as Namespace)[exported]));
        });
      },
    );
    const connect = (specifier: string, from: unknown) => {
      const tell = () => setters.get(specifier)?.forEach((setter) => setter(from));
      tell();
      for (const other of this.local.values())
        if (other.exports === from) {
          other.importers.add(tell);
          module.leave.push(() => other.importers.delete(tell));
        }
    };
    const step = (index: number): Promise<void> | undefined => {
      for (let at = index; at < order.length; at++) {
        const specifier = order[at] ?? "";
        const from = this.importIn(specifier, path.dirname(module.file), module);
        if (types.isPromise(from))
          return from.then((found) => {
            delete module.waitsFor;
            connect(specifier, found);
            return step(at + 1);
          });
        connect(specifier, from);
      }
      const end = execute?.call(undefined);
      return types.isPromise(end) ? end.then(() => undefined) : undefined;
    };
    return step(0);
  }

  /** `import()` in a file. */
  private importLater(module: LocalModule): (specifier: unknown) => Promise<unknown> {
    return async (specifier) => {
      this.forgetChanged();
      const folder = path.dirname(module.file);
      if (module.isRunning) this.noteImport(module, String(specifier), folder);
      return this.importIn(String(specifier), folder, undefined);
    };
  }

  /** Notes that the top level of a file imports another, which is not there yet or is missing where this throws nothing. */
  private noteImport(module: LocalModule, name: string, folder: string): void {
    try {
      const file = this.resolve(name, folder);
      if (isLocal(file)) module.imports.add(file);
    } catch {
      // The import itself says what is missing.
    }
  }

  /** Forgets the files that changed, and those that import them. */
  private forgetChanged(): void {
    const stale = new Set<string>();
    for (const { file, stamp: known } of this.local.values()) if (stamp(file) !== known) stale.add(file);
    for (let grown = stale.size > 0; grown;) {
      grown = false;
      for (const { file, imports } of this.local.values())
        if (!stale.has(file) && [...imports].some((imported) => stale.has(imported))) {
          stale.add(file);
          grown = true;
        }
    }
    for (const file of stale) {
      this.local.get(file)?.leave.forEach((leave) => leave());
      this.local.delete(file);
    }
  }
}

/** True where `module` itself waits, perhaps through others, for the end of `importer`, so that waiting for it would never end. */
function waits(module: LocalModule, importer: LocalModule | undefined): boolean {
  if (importer === undefined) return false;
  const seen = new Set<LocalModule>();
  for (let at: LocalModule | undefined = module; at !== undefined && !seen.has(at); at = at.waitsFor) {
    if (at === importer) return true;
    seen.add(at);
  }
  return false;
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new SyntaxError(`${file}: ${(error as Error).message}`);
  }
}
