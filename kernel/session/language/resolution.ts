/** Where the name of a module leads: a file of the user's, a package of the folder, a package that every cell sees, a module of Node's. */
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { givenPackages, kernelRoot, moduleName, ownFile } from "./packages";
import { mappedPaths } from "./path-mapping";
import { mainGlobal, NodeModule } from "./realm";

const sourceEndings = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".cjs", ".mjs", ".json"];
/** `./x.js` may mean the TypeScript file x.ts, as in the compiler. */
const writtenFor: Record<string, readonly string[]> = { ".js": [".ts", ".tsx"], ".mjs": [".mts"], ".cjs": [".cts"] };

const isFile = (file: string) => fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;

/** The code of an error, if it has one. */
export const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;

/** The file that `name` means in a module of `folder`; `cwd` is the notebook's folder, where a missing package is to be installed. */
export function resolveModule(name: string, folder: string, cwd: string): string {
  if (NodeModule.isBuiltin(name)) return name;
  if (name.startsWith("file:")) return resolveModule(fileURLToPath(name), folder, cwd);
  if (/^\.{1,2}(\/|\\|$)/.test(name) || path.isAbsolute(name)) {
    const base = path.resolve(folder, name);
    // A question mark begins what only makes an address new; a file is read anew whenever it changed.
    const file = localFile(base) ?? localFile(base.replace(/[?#].*$/, ""));
    if (file !== undefined) return file;
  }
  const mapped = mappedPaths(name, cwd)
    .map(localFile)
    .find((file) => file !== undefined);
  if (mapped !== undefined) return mapped;
  const native = NodeModule.createRequire(path.join(folder, "notebook.js"));
  try {
    return native.resolve(name);
  } catch (error) {
    const given = /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name;
    const home = givenPackages().get(given);
    if (codeOf(error) !== "MODULE_NOT_FOUND" || home === undefined) throw explain(error, name, cwd);
    const inside = NodeModule.createRequire(path.join(kernelRoot, "notebook.js"));
    if (given !== moduleName) return inside.resolve(name);
    return inside.resolve(path.join(home, ownFile("." + name.slice(given.length))));
  }
}

/** A missing module's error with the name and the folder in place of Node's require stack. */
function explain(error: unknown, name: string, cwd: string): unknown {
  if (codeOf(error) !== "MODULE_NOT_FOUND") return error;
  const bare = !name.startsWith(".") && !path.isAbsolute(name);
  const remedy = bare ? `; install it with \`npm install ${name}\` in ${cwd}` : "";
  const text = `Cannot find module "${name}"${remedy}`;
  return Object.assign(new (mainGlobal.Error as ErrorConstructor)(text), { code: "MODULE_NOT_FOUND" });
}

function localFile(base: string): string | undefined {
  const ending = path.extname(base);
  const stem = base.slice(0, base.length - ending.length);
  const candidates = [base, ...(writtenFor[ending] ?? []).map((other) => stem + other)]
    .concat(sourceEndings.map((other) => base + other))
    .concat(sourceEndings.map((other) => path.join(base, "index" + other)));
  return candidates.find(isFile);
}

/** True for the user's own files, which are compiled and watched here; Node loads installed packages. */
export function isLocal(file: string): boolean {
  if (!path.isAbsolute(file) || !sourceEndings.includes(path.extname(file))) return false;
  return !file.split(path.sep).includes("node_modules") && !file.startsWith(path.join(kernelRoot, "lib") + path.sep);
}
