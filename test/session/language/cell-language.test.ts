import { mainGlobal } from "../../../kernel/session/language/realm";
import { Notebook, Recorder } from "../notebook";

let notebook: Notebook;
beforeAll(async () => {
  notebook = await Notebook.open();
});
afterAll(() => notebook.close());
const value = (code: string) => notebook.value(code);

describe("the last expression", () => {
  test.each([
    ["1 + 1", "2"],
    ["undefined", undefined],
    ["null", "null"],
    ["const unseen = 1", undefined],
    ["'text'", "'text'"],
    ["Promise.resolve([1, 2])", "[ 1, 2 ]"],
    ["Promise.resolve()", undefined],
    ["await Promise.resolve(5)", "5"],
    ["({ a: { b: { c: { d: 1 } } } })", "{ a: { b: { c: [Object] } } }"],
    ["({ then: 5 })", "{ then: 5 }"],
    ['"use strict"', "'use strict'"],
    ["1; // a comment after it", "1"],
    ["7;;", undefined],
  ])("%s shows %s", async (code, shown) => {
    expect(await value(code)).toBe(shown);
  });

  test("an empty cell and a comment are cells too", async () => {
    for (const code of ["", "  \n", "// nothing", "type Only = string; interface Shape { a: Only }"]) {
      expect((await notebook.run(code)).result).toEqual({ status: "ok" });
    }
  });
});

describe("names across cells", () => {
  test("are declared again, with another type", async () => {
    await value("const x = 1; let y = 2; class K { a = 1 } function f() { return 1 }");
    expect(await value("x + y + new K().a + f()")).toBe("5");
    await value("const x = 'x'; let y = 'y'; class K { b = 'b' } function f() { return 'f' }");
    expect(await value("x.toUpperCase() + y + new K().b + f()")).toBe("'Xybf'");
  });

  test("are assigned from later cells, and closures of earlier cells see it", async () => {
    await value("let n = 1; const read = () => n;");
    await value("n = 41; n++;");
    expect(await value("[n, read()]")).toBe("[ 42, 42 ]");
  });

  test("a function calls what a name of another cell means now", async () => {
    await value("function inner() { return 'old' }");
    await value("function outer() { return inner() }");
    await value("function inner() { return 'new' }");
    expect(await value("outer()")).toBe("'new'");
  });

  test("work in every position", async () => {
    await value(
      "let p = 1, q = 2, o: any = { k: 3 }; class Base { constructor(readonly v: number) {} } let tag = (s: TemplateStringsArray, ...v: number[]) => s.join('|') + v;",
    );
    await value("[p, q] = [q, p]; ({ p, q = 9 } = { p: 10, q: undefined as any });");
    expect(await value("({ p, q, ...o })")).toBe("{ p: 10, q: 9, k: 3 }");
    expect(await value("class Derived extends Base { get twice() { return this.v * p } } new Derived(4).twice")).toBe(
      "40",
    );
    expect(await value("tag`a${p}b`")).toBe("'a|b10'");
    expect(await value("for (p of [5, 6]); for (o.k in { z: 1 }); [p, o.k]")).toBe("[ 6, 'z' ]");
    expect(await value("p++; p **= 2; --p; typeof p + p")).toBe("'number48'");
    expect(await value("{ let p = 'shadow'; p } (function (p: number) { return p })(3)")).toBe("3");
    expect(await value("function who(this: any) { return this === undefined } ")).toBeUndefined();
    expect(await value("who()")).toBe("true");
  });

  test("enum, namespace, const enum, generic, and interface live on", async () => {
    await value(
      "enum Color { Red, Green } namespace Deep { export const v = 1; export type T = string } const enum C { A = 7 }",
    );
    await value("interface Box<T> { item: T } function box<T>(item: T): Box<T> { return { item } }");
    expect(await value("let t: Deep.T = 'ok'; [Color.Green, Color[0], Deep.v, C.A, t, box(3).item.toFixed(1)]")).toBe(
      "[ 1, 'Red', 1, 7, 'ok', '3.0' ]",
    );
    expect(await value("Deep.v + Color.Red")).toBe("1");
  });

  test("var in a block and destructured declarations are names too", async () => {
    await value("if (true) { var hoisted = 3 } const { a: [first, ...rest], ...others } = { a: [1, 2, 3], b: 4 };");
    expect(await value("[hoisted, first, rest, others]")).toBe("[ 3, 1, [ 2, 3 ], { b: 4 } ]");
  });

  test("may shadow globals", async () => {
    await value("{ const require = 5; }  const process = 6; const name = 'n'; const $cell2 = 1;");
    expect(await value("[process, name]")).toBe("[ 6, 'n' ]");
  });

  test("of a type that no declaration can write work all the same", async () => {
    await value("const Secret = class { private x = 1; get shown() { return this.x } }");
    await value("function make() { class Inner { private p = 1; q = 2 } return new Inner() } const made = make();");
    expect(await value("[new Secret().shown, made.q, make().q.toFixed(1)]")).toBe("[ 1, 2, '2.0' ]");
  });

  test("keep their names and their types", async () => {
    await value("const arrow = () => 1; const Anonymous = class {};");
    expect(await value("[arrow.name, Anonymous.name]")).toBe("[ 'arrow', 'Anonymous' ]");
    expect((await notebook.run("arrow().toUpperCase()")).error).toMatch(
      "Property 'toUpperCase' does not exist on type 'number'",
    );
  });
});

describe("modules' words in cells", () => {
  test("export is tolerated", async () => {
    expect(await value("export const e = 3; export default e + 1")).toBe("4");
    await value(
      "export function ef() { return e } export class EC {} export { e as other }; export interface EI { a: 1 }",
    );
    expect(await value('export { join } from "node:path"; ef() + join("a", "b")')).toBe("'3a/b'");
  });

  test("await and for await stand at the top level", async () => {
    const ran = await notebook.run(
      "async function* numbers() { yield 1; yield 2 }\nfor await (const n of numbers()) console.log(n);\nfor await (const n of [Promise.resolve(3)]) console.log(n);",
    );
    expect(ran.stdout).toBe("1\n2\n3\n");
  });

  test("require, __dirname and import.meta belong to the notebook's folder", async () => {
    const code = "[__dirname, import.meta.dirname, require('./data.json').a].join()";
    notebook.write("data.json", '{ "a": 7 }');
    expect(await value(code)).toBe(`'${notebook.folder},${notebook.folder},7'`);
  });
});

describe("state", () => {
  test("survives an error in the middle of a cell", async () => {
    const ran = await notebook.run("let kept = 5; kept = 6; JSON.parse('{'); let never = 1;");
    expect(ran.error).toMatch(/^SyntaxError/);
    expect(await value("kept")).toBe("6");
    expect((await notebook.run("never")).error).toMatch(/ReferenceError.*never/);
  });

  test("a name that a failed cell did not come to declare keeps its old value", async () => {
    await value("const stays = 'old';");
    await notebook.run("throw new Error('early'); const stays = 1;");
    expect(await value("stays.length")).toBe("3");
  });

  test("a cell with type errors does not run", async () => {
    await value("let touched = false");
    expect((await notebook.run("touched = true; touched = 'no'")).error).toMatch(/^TypeScriptError/);
    expect(await value("touched")).toBe("false");
  });

  test("loops over top-level variables leave the right sums", async () => {
    await value("let sum = 0; for (let i = 0; i < 100000; i++) sum += i;");
    expect(await value("for (let i = 0; i < 100000; i++) sum += i; sum")).toBe("9999900000");
  });
});

test("an expression is evaluated over the names of the cells, and declares nothing", async () => {
  await value("const known = 20");
  expect(await notebook.language.evaluateExpression("known * 2 + (await Promise.resolve(2))")).toMatchObject({
    status: "ok",
    data: { "text/plain": "42" },
  });
  expect(await notebook.language.evaluateExpression("unknown1")).toMatchObject({
    status: "error",
    ename: "TypeScriptError",
  });
  expect(await notebook.language.evaluateExpression("JSON.parse('{')")).toMatchObject({
    status: "error",
    ename: "SyntaxError",
  });
  expect(await notebook.language.evaluateExpression("const z = 1")).toMatchObject({ status: "error" });
});

test("what no cell prints goes to the last one that shows its output, not to a silent one", async () => {
  const shown = await notebook.run('"shown"');
  const silent = new Recorder();
  await notebook.language.execute('console.log("quietly")', { executionCount: 1, silent: true, output: silent });
  // The test itself is no cell.
  (mainGlobal as unknown as { console: Console }).console.log("from outside");
  expect(shown.stdout).toBe("from outside\n");
  expect(silent.stdout).toBe("quietly\n");
});
