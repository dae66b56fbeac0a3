/** The public names against those of the last release, which test/golden/public-names.txt holds: each that came, went or changed between value
 *  and type must stand in the CHANGELOG's top section. After a release delete the file and run this test; it writes the new one. */
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { packageVersion } from "../kernel/version";

const root = join(__dirname, "..", "..");
const released = join(root, "test", "golden", "public-names.txt");
const modules = { codebook: "index", "codebook/methods": "methods" };

/** "codebook value open", …: the names that a module's declarations export. */
function namesOf(module: string, file: string): string[] {
  const path = join(root, "lib", "kernel", `${file}.d.ts`);
  const program = ts.createProgram([path], { module: ts.ModuleKind.CommonJS, types: ["node"], skipLibCheck: true });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(path);
  const home = source && checker.getSymbolAtLocation(source);
  if (home === undefined) throw new Error(`${path} is no module`);
  return checker.getExportsOfModule(home).map((symbol) => {
    const whole = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const isType = symbol.declarations?.some(ts.isTypeOnlyExportDeclaration) || !(whole.flags & ts.SymbolFlags.Value);
    return `${module} ${isType ? "type" : "value"} ${symbol.name}`;
  });
}

/** The sections of the CHANGELOG, the newest first: their heading without "## ", their text. */
function changes(): { heading: string; text: string }[] {
  const sections = readFileSync(join(root, "CHANGELOG.md"), "utf8").split(/^## /m).slice(1);
  return sections.map((section) => {
    const [heading, ...lines] = section.split("\n");
    return { heading, text: lines.join("\n") };
  });
}

/** Names that stand in code quotes of a text: `open` in "`open`", "`open()`", "`await open(path)`". */
const quoted = (text: string): Set<string> =>
  new Set([...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code.match(/[A-Za-z_$][\w$]*/g) ?? []));

const names = Object.entries(modules)
  .flatMap(([module, file]) => namesOf(module, file))
  .sort();

test("every change of a public name since the last release stands in the CHANGELOG's top section", () => {
  const [unreleased, last] = changes();
  expect(unreleased.heading).toMatch(
    new RegExp(`^(Unreleased|${packageVersion.replaceAll(".", "\\.")} — \\d{4}-\\d\\d-\\d\\d)$`),
  );
  const [version] = last.heading.split(" ");
  if (!existsSync(released)) writeFileSync(released, `${[version, ...names].join("\n")}\n`);
  const [of, ...before] = readFileSync(released, "utf8").trimEnd().split("\n");
  expect({ "public-names.txt": of }).toEqual({ "public-names.txt": version });
  const [now, then, told] = [new Set(names), new Set(before), quoted(unreleased.text)];
  const untold = (change: string, all: readonly string[], others: ReadonlySet<string>) =>
    all.filter((line) => !others.has(line) && !told.has(line.split(" ")[2])).map((line) => `${change} ${line}`);
  expect([...untold("added", names, then), ...untold("removed", before, now)]).toEqual([]);
});

test("whoever installs the package finds the types of both, by exports and without", () => {
  const folder = mkdtempSync(join(tmpdir(), "codebook-resolution-"));
  try {
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(root, join(folder, "node_modules", "jupyterlab-codebook"));
    const { CommonJS, Node16 } = ts.ModuleKind;
    const { Bundler, Node10 } = ts.ModuleResolutionKind;
    for (const [module, moduleResolution] of [
      [CommonJS, Node10],
      [Node16, ts.ModuleResolutionKind.Node16],
      [ts.ModuleKind.ES2022, Bundler],
    ] as const)
      for (const [name, file] of Object.entries(modules)) {
        const specifier = name.replace("codebook", "jupyterlab-codebook");
        const options = { module, moduleResolution };
        const { resolvedModule } = ts.resolveModuleName(specifier, join(folder, "study.ts"), options, ts.sys);
        expect(resolvedModule?.resolvedFileName).toBe(join(realpathSync(root), "lib", "kernel", `${file}.d.ts`));
      }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("no name is in both modules", () => {
  const lines = names.map((line) => line.split(" "));
  const own = new Set(lines.filter(([module]) => module === "codebook").map(([, , name]) => name));
  expect(lines.filter(([module, , name]) => module !== "codebook" && own.has(name))).toEqual([]);
});

test("both modules list their names: no export *, nothing declared beside", () => {
  for (const file of Object.values(modules)) {
    const path = join(root, "kernel", `${file}.ts`);
    const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ES2022, true);
    const others = source.statements.filter(
      (one) => !ts.isExportDeclaration(one) || !one.exportClause || !ts.isNamedExports(one.exportClause),
    );
    expect(others.map((one) => one.getText())).toEqual([]);
    // The headings, by which the reference is grouped, hold for every name.
    const [head, ...sections] = source.text.split(/^\/\/ # (?=\w+$)/m);
    expect(head).not.toContain("export {");
    expect(sections.length).toBeGreaterThan(4);
  }
});

/** What a fresh process prints, parsed. */
function ask(code: string): Record<string, string[]> {
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8", timeout: 60_000 });
  expect(run.stderr).toBe("");
  return JSON.parse(run.stdout) as Record<string, string[]>;
}

const fileOf = (file: string) => JSON.stringify(join(root, "lib", "kernel", `${file}.js`));

// As cells load it. An ES module reads every name at once, and so loads tfjs with the two layers.
test.each(Object.entries(modules))("%s adds no global and loads no tfjs", (_, file) => {
  const { globals, loaded } = ask(`
    import { createRequire } from "node:module";
    const require = createRequire(${fileOf(file)});
    const before = new Set(Reflect.ownKeys(globalThis));
    require(${fileOf(file)});
    const globals = Reflect.ownKeys(globalThis).filter((key) => !before.has(key)).map(String);
    const loaded = Object.keys(require.cache).filter((path) => path.includes("@tensorflow"));
    console.log(JSON.stringify({ globals, loaded }));`);
  expect({ globals, loaded }).toEqual({ globals: [], loaded: [] });
});

test.each(Object.entries(modules))("%s gives an ES module every value by its name", (module, file) => {
  const { found } = ask(`
    const found = Object.keys(await import(${fileOf(file)}));
    console.log(JSON.stringify({ found }));`);
  const values = names.filter((line) => line.startsWith(`${module} value `)).map((line) => line.split(" ")[2]);
  const own = found.filter((name) => !["default", "module.exports", "__esModule"].includes(name));
  expect(own.sort()).toEqual(values);
});
