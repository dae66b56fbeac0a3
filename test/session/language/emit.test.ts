/** What runs of a cell: the JavaScript that its TypeScript becomes. */
import { Declarations } from "../../../kernel/session/language/declarations";
import { Compiler, type CompiledCell } from "../../../kernel/session/language/compiler";
import { publishedNames, nestedVariables } from "../../../kernel/session/language/emit";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";

describe("names of a cell", () => {
  const checked = (source: string) => {
    const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, true);
    const host = ts.createCompilerHost({});
    const program = ts.createProgram(
      ["cell.ts"],
      { noLib: true, target: ts.ScriptTarget.ES2022 },
      {
        ...host,
        getSourceFile: (name) => (name === "cell.ts" ? file : undefined),
      },
    );
    return { checker: program.getTypeChecker(), file };
  };
  const names = (source: string) => {
    const { checker, file } = checked(`export {};\n${source}`);
    checker.getSymbolAtLocation(file);
    return publishedNames(ts, checker, file).map(({ name, constant }) => `${name}${constant ? " constant" : ""}`);
  };

  test("are those that exist at run time; const cannot be assigned", () => {
    const source = "let a = 1; const b = 2; var c = 3; function d() {} class e {} enum f { g }";
    expect(names(source).sort()).toEqual(["a", "b constant", "c", "d", "e", "f"]);
  });

  test("are not types, nor what is only declared", () => {
    expect(
      names(
        "interface A {} type B = 1; declare let c: number; declare function d(): void; namespace e { export type x = 1 }",
      ),
    ).toEqual([]);
  });

  test("are destructured ones too", () => {
    expect(names("const { a, b: [c] } = { a: 1, b: [2] }; let [d, ...e] = [1, 2];")).toEqual([
      "a constant",
      "c constant",
      "d",
      "e",
    ]);
  });

  test("of blocks are those of var alone, and get a declaration of their own", () => {
    const { checker, file } = checked(
      "export {};\nif (1) { var a = 1; let b = 2; } for (var c = 'x';;) {} var top = 1;",
    );
    expect(nestedVariables(ts, checker, file)).toBe("declare let a: number;\ndeclare let c: string;\n");
  });
});

describe("the JavaScript of a cell", () => {
  let folder: string;
  let compiler: Compiler;
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "emit-")));
    compiler = new Compiler(folder);
  });
  afterAll(() => {
    compiler.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const compiled = (source: string, declarations = ""): CompiledCell => {
    const found = compiler.convert(Declarations.none.with(ts, declarations), source);
    if (!("javascript" in found)) throw new Error(JSON.stringify(found));
    return found;
  };
  const code = (source: string, declarations?: string) =>
    compiled(source, declarations).javascript.replace(/\s+/g, " ").trim();
  const earlier = "declare let s: number; declare const f: (...all: unknown[]) => number;\n";

  test("returns the last expression in a box, and nothing where the last statement is none", () => {
    expect(code("let a = 1;\na + 1")).toContain("return { value: a + 1 };");
    expect(compiled("let a = 1;\na + 1").hasValue).toBe(true);
    expect(compiled("let a = 1;").hasValue).toBe(false);
  });

  test("reads and assigns names of earlier cells through their handles", () => {
    const cell = compiled("s += 1;\nconst o = { s };\nlet x = f(s);", earlier);
    const text = cell.javascript.replace(/\s+/g, " ");
    expect(text).toContain("$prev_s.value += 1;");
    expect(text).toContain("{ s: $prev_s.value }");
    expect(text).toContain("(f = $prev_f.value)($prev_s.value)");
    expect([...cell.used].sort()).toEqual(["f", "s"]);
  });

  test("leaves a name alone that the cell declares itself, or a function shadows", () => {
    expect(code("let s = 1;\ns += 2;", earlier)).not.toContain("$prev_s");
    expect(code("const g = (s: number) => s + 1;", earlier)).not.toContain("$prev_s");
  });

  test("pauses the cell at its own awaits, with their line, and functions at theirs", () => {
    expect(code("\nawait Promise.resolve(1);\n1")).toContain(
      "$cell.resume(await $cell.pauseCell(Promise.resolve(1), 2))",
    );
    expect(code("const g = async () => { await Promise.resolve(1); };")).toContain(
      "$cell.resume(await $cell.pause(Promise.resolve(1)))",
    );
  });

  test("loads modules through the cell", () => {
    expect(code('import { join as j } from "node:path";\nj("a")')).toContain(
      'const { join: j } = await $cell.import("node:path", 1);',
    );
    expect(code('import * as path from "node:path";\npath.sep')).toContain(
      'const path = await $cell.import("node:path", 1);',
    );
    expect(code('await import("node:path")')).toContain('$cell.load("node:path")');
    expect(code("import.meta.url")).toContain("$cell.meta.url");
  });

  test("drops imports of types", () => {
    expect(code('import type { Stats } from "node:fs";\nlet a: Stats | undefined;')).not.toContain("import");
  });
});
