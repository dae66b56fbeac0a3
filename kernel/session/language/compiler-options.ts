/** How cells are checked: the defaults of a notebook, what a `tsconfig.json` beside it says, and the libraries that the running Node has. */
import type TS from "typescript";
import fs from "node:fs";
import path from "node:path";
import { mainGlobal } from "./realm";

/** What a notebook's `tsconfig.json` decides. The rest of it concerns a build, which a notebook has not. */
const honoured = [
  ...["strict", "noImplicitAny", "strictNullChecks", "strictFunctionTypes", "strictBindCallApply", "noImplicitThis"],
  ...["strictPropertyInitialization", "strictBuiltinIteratorReturn", "useUnknownInCatchVariables", "alwaysStrict"],
  ...["exactOptionalPropertyTypes", "noUncheckedIndexedAccess", "noImplicitOverride", "noImplicitReturns"],
  ...["noFallthroughCasesInSwitch", "noPropertyAccessFromIndexSignature", "allowUnreachableCode", "checkJs"],
  ...["lib", "types", "baseUrl", "paths", "pathsBasePath", "customConditions", "target", "useDefineForClassFields"],
  ...["jsx", "jsxFactory", "jsxFragmentFactory", "jsxImportSource", "experimentalDecorators", "emitDecoratorMetadata"],
];

type Host = Record<string, Record<string, unknown> & { prototype?: Record<string, unknown> }>;

/** Libraries of the language beyond ES2023, and a name that the running Node has when it has the library. */
const newer: readonly (readonly [library: string, isThere: (all: Host) => unknown])[] = [
  ["es2024.arraybuffer", ({ ArrayBuffer }) => ArrayBuffer?.prototype && "resize" in ArrayBuffer.prototype],
  ["es2024.collection", ({ Map }) => Map?.groupBy],
  ["es2024.object", ({ Object }) => Object?.groupBy],
  ["es2024.promise", ({ Promise }) => Promise?.withResolvers],
  ["es2024.regexp", ({ RegExp }) => RegExp?.prototype && "unicodeSets" in RegExp.prototype],
  ["es2024.sharedmemory", ({ Atomics }) => Atomics?.waitAsync],
  ["es2024.string", ({ String }) => String?.prototype?.isWellFormed],
  ["esnext.array", ({ Array }) => Array?.fromAsync],
  ["esnext.collection", ({ Set }) => Set?.prototype?.union],
  ["esnext.disposable", ({ DisposableStack }) => DisposableStack],
  ["esnext.error", ({ Error }) => Error?.isError],
  ["esnext.float16", ({ Float16Array }) => Float16Array],
  ["esnext.iterator", ({ Iterator }) => Iterator?.from],
  ["esnext.promise", ({ Promise }) => Promise?.try],
  ["esnext.sharedmemory", ({ Atomics }) => Atomics?.pause],
];

/** The libraries of the language that the running Node has, as TypeScript names their files. */
export function nodeLibraries(all: Host = mainGlobal as unknown as Host): string[] {
  const found = newer.filter(([, isThere]) => Boolean(isThere(all))).map(([library]) => library);
  return ["es2023", "esnext.decorators", ...found].map((library) => `lib.${library}.d.ts`);
}

/** The `@types` folders from `folder` upwards, and the packages of types in them. The types of Node that come with the kernel appear in the
 *  outermost folder (packages.ts), behind the user's own. */
function typePackages(folder: string): { roots: string[]; types: string[] } {
  const roots: string[] = [];
  const types = new Set(["node"]);
  for (let at = folder; ; at = path.posix.dirname(at)) {
    const root = path.posix.join(at, "node_modules/@types");
    if (fs.existsSync(root)) {
      roots.push(root);
      for (const name of fs.readdirSync(root)) if (!name.startsWith(".")) types.add(name);
    }
    if (path.posix.dirname(at) === at) break;
  }
  roots.push(`${/^[A-Za-z]:/.exec(folder)?.[0] ?? ""}/node_modules/@types`);
  return { roots, types: [...types] };
}

/** The options by which the cells of a notebook in `folder` are checked and translated, and what is wrong with its `tsconfig.json`. */
export function compilerOptions(
  ts: typeof TS,
  sys: TS.System,
  folder: string,
): { options: TS.CompilerOptions; problems: string[] } {
  const { roots, types } = typePackages(folder);
  const { options: own, problems } = configured(ts, sys, folder);
  // A cell runs as it is emitted: JSX that is kept would not.
  if (own.jsx === ts.JsxEmit.Preserve || own.jsx === ts.JsxEmit.ReactNative) own.jsx = ts.JsxEmit.React;
  const options: TS.CompilerOptions = {
    lib: nodeLibraries(),
    types,
    target: ts.ScriptTarget.ES2022,
    jsx: ts.JsxEmit.React,
    checkJs: true,
    allowUnreachableCode: true,
    // TypeScript takes what a module exports as default to be what Node gives.
    esModuleInterop: true,
    ...own,
    ...(own.types === undefined ? {} : { types: [...new Set(["node", ...own.types])] }),
    typeRoots: roots,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    customConditions: [...new Set(["node", ...(own.customConditions ?? [])])],
    allowImportingTsExtensions: true,
    allowJs: true,
    resolveJsonModule: true,
    skipLibCheck: true,
    declaration: true,
    sourceMap: true,
    inlineSources: false,
    newLine: ts.NewLineKind.LineFeed,
    rootDir: folder,
    outDir: "outDir",
  };
  return { options, problems };
}

/** Whether the `tsconfig.json` in force where `folder` is asks for the decorators of before the standard. */
export function hasLegacyDecorators(ts: typeof TS, folder: string): boolean {
  const file = ts.findConfigFile(folder, (name) => ts.sys.fileExists(name));
  return file !== undefined && configured(ts, ts.sys, path.posix.dirname(file)).options.experimentalDecorators === true;
}

/** What the `tsconfig.json` of `folder` says that cells follow. */
export function configured(
  ts: typeof TS,
  sys: TS.System,
  folder: string,
): { options: TS.CompilerOptions; problems: string[] } {
  const file = path.posix.join(folder, "tsconfig.json");
  if (!sys.fileExists(file)) return { options: {}, problems: [] };
  const { config, error } = ts.readConfigFile(file, (name) => sys.readFile(name)) as {
    config?: unknown;
    error?: TS.Diagnostic;
  };
  const text = (found: TS.Diagnostic) => ts.flattenDiagnosticMessageText(found.messageText, "\n");
  if (error !== undefined) return { options: {}, problems: [text(error)] };
  // A notebook's folder need not hold a file of the build: that none was found is no problem of the cells.
  const host: TS.ParseConfigHost = {
    useCaseSensitiveFileNames: true,
    readDirectory: () => [],
    fileExists: (name) => sys.fileExists(name),
    readFile: (name) => sys.readFile(name),
  };
  const parsed = ts.parseJsonConfigFileContent(config, host, folder, undefined, file);
  const nothingToBuild = new Set([18002, 18003]);
  const options = Object.fromEntries(Object.entries(parsed.options).filter(([name]) => honoured.includes(name)));
  return { options, problems: parsed.errors.filter(({ code }) => !nothingToBuild.has(code)).map(text) };
}
