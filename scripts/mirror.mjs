// node scripts/mirror.mjs: tests mirror rooms. The test of kernel/ROOM/FILE.ts is test/ROOM/FILE.test.ts, that of extension/FILE.ts is
// test/extension/FILE.test.ts, and it imports the file, itself or through a helper in test/. Fails when fewer files have one than
// test/without-own-test.json asks for, when a file has none and is not listed there with its reason, and when a listed file has one.
// With --list it prints each room's share and the files without a test.
//
// Files that cannot have a test are not counted: AssemblyScript, which no test can import (test/loops and test/simd hold what it is compiled
// to); files in a folder named generated, which scripts/seam.mjs and scripts/methods.mjs compare by --check with
// what makes them; files of types alone, which leave
// nothing that runs; and an index.ts that only hands names on.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { least, groups } = JSON.parse(readFileSync(join(root, "test", "without-own-test.json"), "utf8"));

const filesOf = (folder) =>
  readdirSync(join(root, folder), { recursive: true }).map((path) => posix.join(folder, path.replaceAll("\\", "/")));

/** True of a statement that leaves nothing in the compiled file: a type, an import, a name handed on from another file. */
const leavesNothing = (statement) =>
  ts.isInterfaceDeclaration(statement) ||
  ts.isTypeAliasDeclaration(statement) ||
  ts.isImportDeclaration(statement) ||
  (ts.isExportDeclaration(statement) && statement.isTypeOnly) ||
  Boolean(ts.getCombinedModifierFlags(statement) & ts.ModifierFlags.Ambient);

const handsOn = (statement) => ts.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;

/** True of a file that has something to test: of an index.ts, more than names from other files; of any other file, more than types. */
function runs(path) {
  const { statements } = ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.Latest);
  const isIndex = posix.basename(path) === "index.ts";
  return !statements.every((statement) => leavesNothing(statement) || (isIndex && handsOn(statement)));
}

const sources = [...filesOf("kernel"), ...filesOf("extension")].filter(
  (path) =>
    /(?<!\.d)\.ts$/.test(path) &&
    !path.startsWith("kernel/simd/assembly/") &&
    !path.includes("/generated/") &&
    runs(path),
);

const testOf = (path) =>
  path
    .replace(/^kernel\//, "test/")
    .replace(/^extension\//, "test/extension/")
    .replace(/\.ts$/, ".test.ts");

/** The files that a file of test/ imports: sources, and helpers beside the tests. */
function importsOf(path) {
  const text = readFileSync(join(root, path), "utf8");
  const found = text.matchAll(/\b(?:from|import\(|require\(|mock\()\s*"(\.[^"]+)"/g);
  return [...found].flatMap(([, target]) => {
    const base = posix.join(posix.dirname(path), target);
    return [`${base}.ts`, `${base}/index.ts`].filter((file) => existsSync(join(root, file)));
  });
}

function reaches(test, source, seen = new Set()) {
  if (seen.has(test) || !existsSync(join(root, test))) return false;
  seen.add(test);
  return importsOf(test).some(
    (target) => target === source || (target.startsWith("test/") && reaches(target, source, seen)),
  );
}

const without = new Set(sources.filter((path) => !reaches(testOf(path), path)));
const reasons = new Map(groups.flatMap(({ reason, files }) => files.map((file) => [file, reason])));
const share = (sources.length - without.size) / sources.length;
const problems = [
  ...[...without]
    .filter((path) => !reasons.has(path))
    .map((path) => `${path}: there is no ${testOf(path)} that imports it`),
  ...[...reasons.keys()].filter((path) => !sources.includes(path)).map((path) => `${path} is listed and not there`),
  ...[...reasons.keys()]
    .filter((path) => sources.includes(path) && !without.has(path))
    .map((path) => `${path} is listed and has a test`),
  ...groups.filter(({ reason }) => reason.length < 20).map(({ reason }) => `"${reason}" is no reason`),
  ...(share < least ? [`${(100 * share).toFixed(1)} % of the files have a test; ${100 * least} % are asked for`] : []),
];

if (process.argv.includes("--list")) {
  const rooms = new Map();
  for (const path of sources) {
    const room = path.split("/").slice(0, 2).join("/");
    rooms.set(room, [...(rooms.get(room) ?? []), path]);
  }
  for (const [room, files] of rooms) {
    const missing = files.filter((path) => without.has(path));
    console.log(
      `${room}: ${files.length - missing.length} of ${files.length}${missing.map((path) => `\n    ${path}`).join("")}`,
    );
  }
}
console.log(
  `${sources.length - without.size} of ${sources.length} files (${(100 * share).toFixed(1)} %) have a test of their name`,
);
for (const problem of problems) console.error(problem);
process.exit(problems.length ? 1 : 0);
