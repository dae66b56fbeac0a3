import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { version } from "typescript";
import { Compiler, type CompiledCell } from "../../../kernel/session/language/compiler";
import { Declarations } from "../../../kernel/session/language/declarations";
import { cellTypeScript } from "../../../kernel/session/language/tslab";

let folder: string;
let compiler: Compiler;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "compiler-")));
  compiler = new Compiler(folder);
});
afterAll(() => {
  compiler.close();
  rmSync(folder, { recursive: true, force: true });
});

const none = Declarations.none;
const compiled = (source: string, declarations = none): CompiledCell => {
  const found = compiler.convert(declarations, source);
  if ("diagnostics" in found) throw new Error(JSON.stringify(found.diagnostics));
  return found;
};

test("cells have the TypeScript that the package is built with", () => {
  expect(cellTypeScript().version).toBe(version);
  expect(compiler.ts).toBe(cellTypeScript());
});

test("a cell declares its names for the next, with their types", () => {
  const first = compiled("let a = 1;\nconst f = (x: string) => x.length;");
  expect(first.published).toEqual([
    { name: "a", constant: false },
    { name: "f", constant: true },
  ]);
  const second = compiled("const b = f(String(a));", first.declarations);
  expect(second.used).toEqual(expect.arrayContaining(["a", "f"]));
  expect(compiler.convert(second.declarations, "b.length")).toMatchObject({ diagnostics: [{ code: 2339 }] });
});

test("a later cell may give a name another type", () => {
  const first = compiled("let a = 1;");
  const second = compiled("let a = 'text';", first.declarations);
  expect(compiler.convert(second.declarations, "a.toFixed()")).toMatchObject({ diagnostics: [{ code: 2551 }] });
  expect(compiled("a.length", second.declarations).hasValue).toBe(true);
});

test("a namespace of an earlier cell stays, until it is declared anew", () => {
  const first = compiled("namespace n { export const a = 1; }");
  const second = compiled("let other = n.a;", first.declarations);
  expect(compiled("n.a + other", second.declarations).hasValue).toBe(true);
  const third = compiled("const n = 'text';", second.declarations);
  expect(compiled("n.length", third.declarations).hasValue).toBe(true);
});

test("what is wrong is said with its place, from 0, in the cell's own lines", () => {
  const found = compiler.convert(none, "let a = 1;\nlet b: string = a;");
  expect(found).toMatchObject({
    diagnostics: [{ code: 2322, start: { line: 1, character: 4 }, end: { line: 1, character: 5 } }],
  });
});

test("a module that the user wrote meanwhile is found", () => {
  const source = 'import { a } from "./made-later"; a';
  expect(compiler.convert(none, source)).toMatchObject({ diagnostics: [{ code: 2307 }] });
  writeFileSync(join(folder, "made-later.ts"), "export const a = 1;");
  expect(compiled(source).hasValue).toBe(true);
});

test("a file of the user's that changed is read again", () => {
  writeFileSync(join(folder, "changing.ts"), "export const a = 1;");
  const source = 'import { a } from "./changing"; const b: number = a;';
  expect(compiled(source).published).toHaveLength(2);
  writeFileSync(join(folder, "changing.ts"), "export const a = 'text';");
  expect(compiler.convert(none, source)).toMatchObject({ diagnostics: [{ code: 2322 }] });
});
