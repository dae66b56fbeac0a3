/** Whether Node finds a module, whatever the checker knows of it. */
import fs from "node:fs";
import { findPackage } from "./packages";
import { codeOf, resolveModule } from "./resolution";

/** True when a cell of a notebook in `cwd` can import `specifier`. */
export function canLoad(specifier: string, cwd: string): boolean {
  if (specifier.startsWith("data:")) return true;
  try {
    resolveModule(specifier, cwd, cwd);
    return true;
  } catch (error) {
    // A package that exports for `import` only is there, though `require` does not find it.
    return codeOf(error) === "ERR_PACKAGE_PATH_NOT_EXPORTED" && exportsForImport(specifier, cwd);
  }
}

function exportsForImport(specifier: string, cwd: string): boolean {
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  const folder = findPackage(name, cwd);
  if (folder === undefined) return false;
  const { exports } = JSON.parse(fs.readFileSync(`${folder}/package.json`, "utf8")) as { exports?: unknown };
  const key = "." + specifier.slice(name.length);
  const paths = typeof exports === "object" && exports !== null ? Object.keys(exports) : [];
  const isMap = paths.some((one) => one.startsWith("."));
  return isMap ? paths.some((one) => one === key || matches(one, key)) : key === ".";
}

/** Whether the path of a package's exports, which may hold a star, stands for `key`. */
function matches(pattern: string, key: string): boolean {
  const [before = "", after] = pattern.split("*");
  return after !== undefined && key.startsWith(before) && key.endsWith(after);
}
