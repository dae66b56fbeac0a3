/** The language of cells: current TypeScript, checked with what the running Node has. One session for all. */
import { join } from "node:path";
import { mainGlobal } from "../../kernel/session/language/realm";
import { Notebook } from "./notebook";

let notebook: Notebook;
beforeAll(async () => {
  notebook = await Notebook.open();
});
afterAll(() => notebook.close());

const error = async (code: string) => (await notebook.run(code)).error;

test.each([
  ["using", "{ using r = { [Symbol.dispose]() { globalThis.freed = 1 } } } globalThis.freed", "1"],
  [
    "await using",
    "{ await using r = { async [Symbol.asyncDispose]() { globalThis.freed = 2 } } } globalThis.freed",
    "2",
  ],
  ["satisfies", "({ a: 1 }) satisfies { a: number }", "{ a: 1 }"],
  ["NoInfer", "function pick<T extends string>(all: T[], one: NoInfer<T>) { return one } pick(['a'], 'a')", "'a'"],
  [
    "standard decorators",
    "const seen = []; const note = (_: unknown, c: ClassMethodDecoratorContext) => { seen.push(c.name) }; class D { @note m() {} } seen",
    "[ 'm' ]",
  ],
  ["import with attributes", "import data from './d.json' with { type: 'json' }; data.a", "1"],
  ["import of a .ts file", "import { one } from './one.ts'; one", "1"],
  ["JSX by pragma", "/** @jsx make */ const make = (...all: any[]) => all.length; <a b='1'>c</a>", "3"],
  ["generic arrow functions", "const same = <T>(x: T) => x; same(2)", "2"],
  ["casts", "<number>(3 as unknown)", "3"],
  ["toSorted", "[2, 1].toSorted()", "[ 1, 2 ]"],
  ["crypto", "crypto.randomUUID().length", "36"],
  ["structuredClone", "structuredClone([1])", "[ 1 ]"],
  ["two underscores", "const __data = [1]; __data", "[ 1 ]"],
  ["a, b", "1, 2", "2"],
  ["an object", "{ a: 1, b: 2 }", "{ a: 1, b: 2 }"],
  [
    "declare global",
    "declare global { interface Array<T> { ends(): T[] } } Array.prototype.ends = function () { return [this[0], this.at(-1)] }; [1, 2, 3].ends()",
    "[ 1, 3 ]",
  ],
  ["a package without types", "import bare from 'bare'; bare.anything", "'here'"],
  ["a package with an exports map", "import { part } from 'mapped/part'; part + 1", "3"],
  ["a name of the process", "globalThis.made = 5; 0", "0"],
  ["a name that a cell made global", "made", "5"],
])("%s", async (_, code, expected) => {
  notebook.write("d.json", '{ "a": 1 }');
  notebook.write("one.ts", "export const one: number = 1;");
  notebook.write("node_modules/bare/package.json", '{ "name": "bare", "main": "i.js" }');
  notebook.write("node_modules/bare/i.js", "exports.anything = 'here';");
  notebook.write(
    "node_modules/mapped/package.json",
    '{ "name": "mapped", "exports": { "./part": { "types": "./t.d.ts", "default": "./i.js" } } }',
  );
  notebook.write("node_modules/mapped/t.d.ts", "export declare const part: number;");
  notebook.write("node_modules/mapped/i.js", "exports.part = 2;");
  expect(await notebook.value(code)).toBe(expected);
});

test("every name of the process's global object is one that a cell may say", async () => {
  const names = Object.getOwnPropertyNames(mainGlobal).filter(
    (name) => /^[A-Za-z]\w*$/.test(name) && name !== "undefined",
  );
  expect(await error(`[${names.map((name) => `typeof ${name}`).join(", ")}].length`)).toBeUndefined();
});

test("what fetch gives is of any type", async () => {
  expect(await error("async function read() { return (await (await fetch('x')).json()).some.field }")).toBeUndefined();
});

test("what a newer Node has is refused with the version of this one", async () => {
  const message = (await error("Object.notYet")) ?? "";
  expect(message).toMatch("notYet");
  if (!("groupBy" in Object))
    expect(await error("Object.groupBy([1], () => 'a')")).toMatch(/Node [\d.]+, which runs this notebook/);
});

test("a value keeps its type when a later cell gives the type's name a new meaning", async () => {
  await notebook.run("interface P { a: number }\nconst p: P = { a: 1 };");
  await notebook.run("interface P { b: string }\nconst q: P = { b: 'x' };");
  expect(await notebook.value("p.a + q.b")).toBe("'1x'");
  expect(await error("p.b")).toMatch("Property 'b' does not exist on type 'P'");
  await notebook.run("const copy = p;");
  expect(await notebook.value("copy.a")).toBe("1");
});

test("functions of two cells may call each other, once the later one is announced", async () => {
  expect(await error("function even(n: number): boolean { return n === 0 || odd(n - 1) }")).toMatch(
    /announce it first: `declare function odd/,
  );
  await notebook.run(
    "declare function odd(n: number): boolean;\nfunction even(n: number): boolean { return n === 0 || odd(n - 1) }",
  );
  expect(await error("even(3)")).toMatch("odd is not defined");
  await notebook.run("function odd(n: number): boolean { return n !== 0 && even(n - 1) }");
  expect(await notebook.value("even(10)")).toBe("true");
});

test("what one cell found out about a value, the next is told to test again", async () => {
  await notebook.run("let either: string | number = Math.random() > 2 ? 'a' : 1;");
  expect(await error("either.toFixed(2)")).toMatch("`either` is declared in an earlier cell as string | number");
});

test("a module that a cell declares, and that Node has not, has the types that the cell says", async () => {
  await notebook.run("declare module 'made-up' { export const size: number }");
  expect(await error("import { size } from 'made-up'; const text: string = size;")).toMatch(
    "Type 'number' is not assignable",
  );
});

test("an error in an object at the end has its own place", async () => {
  expect(await error("const ok = 1;\n{ a: ok, b: missing }")).toMatch("line 2:13 - Cannot find name 'missing'");
});

test("tsconfig.json beside the notebook decides how strict cells are, and where modules lie", async () => {
  notebook.write(
    "strict/tsconfig.json",
    '{ "compilerOptions": { "strict": true, "paths": { "@/*": ["./src/*"] }, "strct": 1 } }',
  );
  notebook.write("strict/src/half.ts", "export const half = (n: number) => n / 2;");
  const strict = await Notebook.open(join(notebook.folder, "strict"));
  try {
    const first = await strict.run('import { half } from "@/half"; half(4)');
    expect([first.text, first.stderr]).toEqual(["2", expect.stringMatching(/^tsconfig.json: .*'strct'/)]);
    const second = await strict.run("const text: string = null;");
    expect([second.error, second.stderr]).toEqual([expect.stringContaining("Type 'null' is not assignable"), ""]);
  } finally {
    strict.close();
  }
});
