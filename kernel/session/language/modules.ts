/** Modules at run time, as cells see them: built-in modules; the user's own packages; "codebook" and tfjs from any folder; and the user's own
 *  .ts, .js and .json files, which are read again when they, or files that they import, have changed.
 *  ES modules and CommonJS are the same to a cell: a module is required where Node can do that, and imported where it cannot, as with an
 *  ES module that awaits at its top level, or a package that exports for `import` only. */
import fs from "node:fs";
import path from "node:path";
import { types } from "node:util";
import { fileURLToPath, pathToFileURL } from "node:url";
import vm from "node:vm";
import { cellTypeScript } from "./tslab";
import { stamp } from "./files";
import { givenPackages, kernelRoot, moduleName, ownFile } from "./packages";
import { mainGlobal, NodeModule } from "./realm";
import { registerSource } from "./sources";
import { withoutGreeting } from "./tensorflow-greeting";

type LocalModule = { file: string; stamp: string; exports: unknown; imports: Set<string> };
type NativeImport = (specifier: string) => Promise<unknown>;

const sourceEndings = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".cjs", ".mjs", ".json"];
/** `./x.js` may mean the TypeScript file x.ts, as in the compiler. */
const writtenFor: Record<string, readonly string[]> = { ".js": [".ts", ".tsx"], ".mjs": [".mts"], ".cjs": [".cts"] };

const isFile = (file: string) => fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
const codeOf = (error: unknown) => (error as { code?: unknown } | null)?.code;

/** The namespace that an import of a CommonJS module gives: its properties, and itself as `default`. */
function namespaceOf(exported: unknown): unknown {
  if (types.isModuleNamespaceObject(exported)) return exported;
  const isObject = exported !== null && (typeof exported === "object" || typeof exported === "function");
  if (isObject && (exported as { __esModule?: unknown }).__esModule === true) return exported;
  const namespace: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  if (isObject)
    for (const key of Object.getOwnPropertyNames(exported)) {
      if (key === "default") continue;
      Object.defineProperty(namespace, key, {
        enumerable: true,
        get: () => (exported as Record<string, unknown>)[key],
      });
    }
  namespace.default = exported;
  return namespace;
}

/** The modules of a session's cells. */
export class CellModules {
  private readonly local = new Map<string, LocalModule>();
  private readonly importFrom: NativeImport;
  readonly require: NodeJS.Require;
  /** `import.meta` of a cell. */
  readonly meta: { readonly url: string; readonly filename: string; readonly dirname: string };

  constructor(private readonly cwd: string) {
    const filename = path.join(cwd, "notebook.ts");
    this.meta = Object.freeze({ url: pathToFileURL(filename).href, filename, dirname: cwd });
    this.require = this.requireOf(cwd, undefined);
    this.importFrom = vm.runInThisContext("(specifier) => import(specifier)", {
      filename,
      importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }) as NativeImport;
  }

  /** The value of `import * as x from "specifier"` in a cell; a promise when Node has to load an ES module. */
  import(specifier: unknown): unknown {
    const name = String(specifier);
    this.forgetChanged();
    try {
      return namespaceOf(this.require(name));
    } catch (error) {
      const code = codeOf(error);
      if (code === "ERR_REQUIRE_ASYNC_MODULE" || code === "ERR_REQUIRE_ESM") {
        const file = this.resolve(name, this.cwd);
        return this.importFrom(path.isAbsolute(file) ? pathToFileURL(file).href : file);
      }
      if (code === "ERR_PACKAGE_PATH_NOT_EXPORTED") return this.importFrom(name);
      throw error;
    }
  }

  private requireOf(folder: string, importer: LocalModule | undefined): NodeJS.Require {
    const native = NodeModule.createRequire(path.join(folder, "notebook.js"));
    const required = (name: string): unknown => {
      const file = this.resolve(name, folder);
      if (!this.isLocal(file)) return name.startsWith("@tensorflow/") ? withoutGreeting(native(file)) : native(file);
      importer?.imports.add(file);
      return this.load(file).exports;
    };
    const resolve = Object.assign((name: string) => this.resolve(name, folder), { paths: native.resolve.paths });
    return Object.assign(required, { resolve, cache: native.cache, main: native.main, extensions: native.extensions });
  }

  /** The file that `name` means in a module of `folder`. */
  resolve(name: string, folder: string): string {
    if (NodeModule.isBuiltin(name)) return name;
    if (name.startsWith("file:")) return this.resolve(fileURLToPath(name), folder);
    if (/^\.{1,2}(\/|\\|$)/.test(name) || path.isAbsolute(name)) {
      const file = this.localFile(path.resolve(folder, name));
      if (file !== undefined) return file;
    }
    const native = NodeModule.createRequire(path.join(folder, "notebook.js"));
    try {
      return native.resolve(name);
    } catch (error) {
      const given = /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name;
      const home = givenPackages().get(given);
      if (codeOf(error) !== "MODULE_NOT_FOUND" || home === undefined) throw this.explain(error, name);
      const inside = NodeModule.createRequire(path.join(kernelRoot, "notebook.js"));
      if (given !== moduleName) return inside.resolve(name);
      return inside.resolve(path.join(home, ownFile("." + name.slice(given.length))));
    }
  }

  /** A missing module's error with the name and the folder in place of Node's require stack. */
  private explain(error: unknown, name: string): unknown {
    if (codeOf(error) !== "MODULE_NOT_FOUND") return error;
    const bare = !name.startsWith(".") && !path.isAbsolute(name);
    const remedy = bare ? `; install it with \`npm install ${name}\` in ${this.cwd}` : "";
    const text = `Cannot find module "${name}"${remedy}`;
    return Object.assign(new (mainGlobal.Error as ErrorConstructor)(text), { code: "MODULE_NOT_FOUND" });
  }

  private localFile(base: string): string | undefined {
    const ending = path.extname(base);
    const stem = base.slice(0, base.length - ending.length);
    const candidates = [base, ...(writtenFor[ending] ?? []).map((other) => stem + other)]
      .concat(sourceEndings.map((other) => base + other))
      .concat(sourceEndings.map((other) => path.join(base, "index" + other)));
    return candidates.find(isFile);
  }

  /** True for the user's own files, which are compiled and watched here; Node loads installed packages. */
  private isLocal(file: string): boolean {
    if (!path.isAbsolute(file) || !sourceEndings.includes(path.extname(file))) return false;
    if (file.split(path.sep).includes("node_modules") || file.startsWith(path.join(kernelRoot, "lib") + path.sep))
      return false;
    return path.extname(file) !== ".mjs";
  }

  private load(file: string): LocalModule {
    const known = this.local.get(file);
    if (known !== undefined) return known;
    const text = fs.readFileSync(file, "utf8");
    const loaded = { exports: {} as unknown };
    const entry: LocalModule = {
      file,
      stamp: stamp(file),
      imports: new Set(),
      get exports() {
        return loaded.exports;
      },
    };
    // The entry is made before the file runs, because files may import each other in a circle.
    this.local.set(file, entry);
    try {
      if (file.endsWith(".json")) loaded.exports = parseJson(file, text);
      else this.run(file, text, loaded, entry);
    } catch (error) {
      this.local.delete(file);
      throw error;
    }
    return entry;
  }

  private run(file: string, text: string, loaded: { exports: unknown }, entry: LocalModule): void {
    const ts = cellTypeScript();
    const { outputText, sourceMapText } = ts.transpileModule(text, {
      fileName: file,
      compilerOptions: {
        module: ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2022,
        esModuleInterop: true,
        experimentalDecorators: true,
        jsx: ts.JsxEmit.React,
        sourceMap: true,
      },
    });
    registerSource(file, {
      label: path.relative(this.cwd, file),
      text,
      map: sourceMapText ?? "",
      linesBefore: 1,
      hiddenLines: 0,
    });
    const body = vm.runInThisContext(
      `(function (exports, require, module, __filename, __dirname) {\n${outputText}\n})`,
      { filename: file, importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER },
    ) as (...parts: unknown[]) => void;
    const folder = path.dirname(file);
    body.call(loaded.exports, loaded.exports, this.requireOf(folder, entry), loaded, file, folder);
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
    for (const file of stale) this.local.delete(file);
  }
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new SyntaxError(`${file}: ${(error as Error).message}`);
  }
}
