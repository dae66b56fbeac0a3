// Which declarations a user of the package can meet: those that its own reach, through other packages too.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const imports = /(?:from|import|import\()\s*["']([^"'\n]+)["']|<reference\s+path="([^"]+)"/g;

/** The files of declarations that `entries` (absolute paths) reach, themselves among them. `folderOf` gives the folder of a package by its name, or
 *  `undefined` for one that is not carried. */
export function declarationsFrom(entries, folderOf) {
  const reached = new Set();
  const waiting = [...entries];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const [, name, path] of readFileSync(file, "utf8").matchAll(imports)) {
      const found = path ? join(dirname(file), path) : declarationOf(name, file, folderOf);
      if (found !== undefined) waiting.push(found);
    }
  }
  return reached;
}

function declarationOf(name, from, folderOf) {
  if (name.startsWith(".")) return existing(join(dirname(from), name));
  const [, bare, rest] = /^((?:@[^/]+\/)?[^/]+)(?:\/(.*))?$/.exec(name);
  const folder = folderOf(bare);
  if (folder === undefined) return undefined;
  if (rest) return existing(join(folder, rest));
  const { types } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return types && existing(join(folder, types));
}

function existing(base) {
  const names = [base, `${base}.d.ts`, join(base, "index.d.ts"), base.replace(/\.js$/, ".d.ts")];
  return names.find((name) => name.endsWith(".d.ts") && existsSync(name));
}
