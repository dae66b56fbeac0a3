/** `paths` and `baseUrl` of the notebook's `tsconfig.json`, as the checker follows them, for modules that are loaded. */
import path from "node:path";
import { configured } from "./compiler-options";
import { cellTypeScript } from "./tslab";

type Mapping = (name: string) => readonly string[];

const mappings = new Map<string, Mapping>();

/** The paths, most fitting first, at which a module `name` of a notebook in `cwd` may lie; empty where nothing is mapped. A folder's file is read
 *  once in a process, as the checker reads it. */
export function mappedPaths(name: string, cwd: string): readonly string[] {
  if (/^\.{0,2}\/|^\.{1,2}$/.test(name)) return [];
  const known = mappings.get(cwd) ?? mappingOf(cwd);
  mappings.set(cwd, known);
  return known(name);
}

function mappingOf(cwd: string): Mapping {
  const ts = cellTypeScript();
  const { baseUrl, paths = {}, pathsBasePath } = configured(ts, ts.sys, cwd.replaceAll("\\", "/")).options;
  const base = baseUrl ?? (typeof pathsBasePath === "string" ? pathsBasePath : cwd);
  const patterns = Object.entries(paths).map(([pattern, targets]) => {
    const [before = "", after] = pattern.split("*");
    return { before, after, targets };
  });
  return (name) => {
    const fitting = patterns
      .filter(({ before, after }) =>
        after === undefined
          ? name === before
          : name.startsWith(before) && name.endsWith(after) && name.length >= before.length + after.length,
      )
      .sort(
        (a, b) => Number(b.after === undefined) - Number(a.after === undefined) || b.before.length - a.before.length,
      );
    const [best] = fitting;
    if (best === undefined) return baseUrl === undefined ? [] : [path.resolve(baseUrl, name)];
    const star = name.slice(best.before.length, name.length - (best.after ?? "").length);
    return best.targets.map((target) =>
      path.resolve(
        base,
        target.replace("*", () => star),
      ),
    );
  };
}
