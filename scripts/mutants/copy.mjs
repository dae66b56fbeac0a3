// A copy of the checkout in a temporary folder, in which one compiled file at a time is another. What is compiled is hard links, so that a copy
// costs no room; what tests read or may write beside it (goldens) is copied; what is only read is links.
import { cpSync, linkSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { copyFileSync, symlinkSync, unlinkSync, writeFileSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";

const linked = new Set(["node_modules", "models", ".venv", ".references"]);
const left = new Set([".git", "out", "deps", "lib"]);

function linkFile(from, to) {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to); // the temporary folder lies on another disk
  }
}

function linkFolder(from, to) {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkFolder(source, target);
    else linkFile(source, target);
  }
}

const options = new Map();
function optionsOf(root, top) {
  if (!options.has(top)) {
    const path = join(root, top, "tsconfig.json");
    const { config } = ts.readConfigFile(path, ts.sys.readFile);
    options.set(top, ts.parseJsonConfigFileContent(config, ts.sys, dirname(path)).options);
  }
  return options.get(top);
}

/** The JavaScript of one file, as the build writes it. */
export function compile(root, file, text) {
  const compilerOptions = { ...optionsOf(root, file.split("/")[0]), composite: false, declaration: false };
  return ts.transpileModule(text, { fileName: file.replace(/^.*\//, ""), compilerOptions }).outputText;
}

/** The compiled file of a source. */
export const compiledOf = (file) => join("lib", file.replace(/\.ts$/, ".js"));

/** Makes the copy. `change(file, text)` puts the source `text` in the place of `file`; `restore(file)` undoes it; `remove()` ends the copy. */
export function copyOf(root) {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "codebook-mutants-")));
  const folder = join(base, "copy");
  const scratch = join(base, "tmp");
  mkdirSync(folder);
  mkdirSync(scratch);
  for (const name of readdirSync(root)) {
    if (left.has(name)) continue;
    if (linked.has(name)) symlinkSync(realpathSync(join(root, name)), join(folder, name));
    else cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  linkFolder(join(root, "lib"), join(folder, "lib"));
  const put = (file, text) => {
    const path = join(folder, compiledOf(file));
    if (existsSync(path)) unlinkSync(path); // a hard link: writing into it would change the checkout's file
    writeFileSync(path, text);
  };
  return {
    folder,
    scratch,
    change: (file, text) => put(file, compile(root, file, text)),
    restore: (file) => put(file, readFileSync(join(root, compiledOf(file)), "utf8")),
    remove: () => rmSync(base, { recursive: true, force: true, maxRetries: 3 }),
  };
}
