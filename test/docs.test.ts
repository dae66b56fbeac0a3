/** What README.md, CONTRIBUTING.md and kernel/README.md say is there: paths in code quotes and links, and the commands. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const root = join(__dirname, "..", "..");
const documents = ["README.md", "CONTRIBUTING.md", "kernel/README.md", "docs/full-run.md"];

/** Paths begin in one of these folders, or are a file of the root. */
const folders = ["docs", "examples", "extension", "kernel", "scripts", "test"];

/** What the build, a command or a reader makes, and the examples of the walk-throughs. */
const isMadeLater = (path: string): boolean =>
  /^(docs\/api|kernel\/\w+\/generated|lib|out)(\/|$)/.test(path) || /\bexample(-view)?(\.test)?\.ts$/.test(path);

/** A path with capitals stands for several: `test/fixtures/ROOM/`. What stands before the capitals is asked for. */
const fixedPart = (path: string): string => path.replace(/\b[A-Z]+\b(?!\.md).*$/, "").replace(/\/$/, "");

const textOf = (document: string): string => readFileSync(join(root, document), "utf8");
const quotesOf = (text: string): string[] =>
  [...text.replace(/^```[^]*?^```/gm, "").matchAll(/`([^`\n]+)`/g)].map(([, code]) => code);

/** The paths in a document, as they stand there, with those relative to the repository that they mean. */
function pathsOf(document: string): [string, string][] {
  const text = textOf(document);
  const here = dirname(document);
  const words = quotesOf(text).flatMap((code) => code.split(/\s+/));
  const own = words.filter((word) => folders.some((folder) => word.startsWith(`${folder}/`)) && !/[*{}…=]/.test(word));
  const files = words.filter((word) => /^\.?[\w-]+\.(cjs|mjs|md)$/.test(word));
  const rooms = here === "kernel" ? words.filter((word) => /^[\w-]+(\/|\.ts)$/.test(word)) : [];
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target).filter((to) => !/^\w+:/.test(to));
  return [
    ...own.map((path): [string, string] => [path, fixedPart(path)]),
    ...files.map((path): [string, string] => [path, path]),
    ...[...rooms, ...links].map((path): [string, string] => [path, fixedPart(normalize(join(here, path)))]),
  ];
}

test.each(documents)("every path in %s exists", (document) => {
  const paths = pathsOf(document).filter(([, path]) => path !== "" && !isMadeLater(path));
  expect(paths.length).toBeGreaterThan(3);
  expect(paths.filter(([, path]) => !existsSync(join(root, path))).map(([named]) => named)).toEqual([]);
});

test.each(["README.md", "CONTRIBUTING.md"])("every npm command in %s is a script of package.json", (document) => {
  const { scripts } = JSON.parse(textOf("package.json")) as { scripts: Record<string, string> };
  const named = [...textOf(document).matchAll(/\bnpm (?:run )?([a-z]+)/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(2);
  const others = ["package", "packages", "ci", "install"];
  expect(named.filter((name) => !(name in scripts) && !others.includes(name))).toEqual([]);
});

test("every variable of the environment in CONTRIBUTING.md is read by a program", () => {
  const named = new Set(textOf("CONTRIBUTING.md").match(/\bCODEBOOK_[A-Z_]+\b/g));
  expect(named.size).toBeGreaterThan(5);
  const programs = ["kernel", "extension", "test", "scripts"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => /\.(ts|mjs|py)$/.test(path) && !path.startsWith("docs.test"))
      .map((path) => readFileSync(join(root, folder, path), "utf8")),
  );
  for (const text of programs)
    for (const variable of text.match(/(?<=\benv(?:iron)?\b.{0,12})CODEBOOK_[A-Z_]+/g) ?? []) named.delete(variable);
  expect([...named]).toEqual([]);
});
