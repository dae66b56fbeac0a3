import { Notebook } from "./notebook";

let notebook: Notebook;
beforeAll(async () => {
  notebook = await Notebook.open();
});
afterAll(() => notebook.close());

test("a type error names line and column, and points at it", async () => {
  const ran = await notebook.run('const fine = 1;\n  let bad: number = "x";');
  const cell = `Cell [${notebook.last}]`;
  expect(ran.error).toBe(`TypeScriptError: ${cell}, line 2:7 - Type 'string' is not assignable to type 'number'.`);
  expect(ran.traceback).toMatch(`> 2 |   let bad: number = "x";\n    |       ^^^`);
  expect(ran.traceback).toMatch("TS2322");
});

test("a syntax error says nothing about types", async () => {
  const ran = await notebook.run("let s = (1 + ;\nunknownName");
  expect(ran.error).toMatch(/^SyntaxError: Cell \[\d+\], line 1:14 - Expression expected/);
  expect(ran.traceback).not.toMatch("unknownName'");
});

test("a long explanation stays with its error", async () => {
  const ran = await notebook.run(
    "const o: { a: { b: number } } = { a: { b: 'x' } }; const f: (x: { p: number }) => void = (x: { p: string }) => {};",
  );
  expect(ran.traceback).toMatch("TypeScriptError: 2 errors");
  expect(ran.traceback).toMatch(/\n {2}Types of parameters 'x' and 'x' are incompatible/);
});

test("a runtime error is traced in the lines of the cells' TypeScript", async () => {
  await notebook.run(`interface Gone { a: number }

type Also = Gone;
function thrower(g?: Gone): never {
  throw new RangeError("too far", { cause: new Error("the cause") });
}`);
  const first = notebook.last;
  const ran = await notebook.run(`// a comment
function caller(): void {
  thrower();
}

caller();`);
  const second = notebook.last;
  expect(ran.error).toBe("RangeError: too far");
  expect(ran.traceback).toMatch(`Cell [${first}], line 5`);
  expect(ran.traceback).toMatch(`> 5 |   throw new RangeError("too far"`);
  expect(ran.traceback).toMatch(
    `    at thrower (Cell [${first}], line 5)\n    at caller (Cell [${second}], line 3)\n    at Cell [${second}], line 6\n`,
  );
  expect(ran.traceback).toMatch("Caused by Error: the cause");
  expect(ran.traceback).not.toMatch(/node:|language|tslab|publish/);
});

test("after an await, and in an asynchronous function", async () => {
  const ran = await notebook.run(
    "async function later() {\n  await sleep(1);\n  throw new Error('late');\n}\n\nawait later();",
  );
  const cell = `Cell [${notebook.last}]`;
  expect(ran.traceback).toMatch(`at later (${cell}, line 3)`);
  expect(ran.traceback).toMatch(`at async ${cell}, line 6`);
});

test("a built-in that throws names the line that called it", async () => {
  const ran = await notebook.run('const text = "{";\nJSON.parse(text)');
  expect(ran.error).toMatch(/^SyntaxError/);
  expect(ran.traceback).toMatch("> 2 | JSON.parse(text)");
});

test.each([
  ["throw 'text'", "Thrown string: text"],
  ["throw undefined", "Thrown undefined: undefined"],
  ["throw null", "Thrown null: null"],
  ["throw { a: 1 }", "Thrown value: { a: 1 }"],
  ["throw Object.create(null)", /^Thrown value: \[Object: null prototype\]/],
  ["throw new Proxy({}, { get() { throw 1 } })", /^Thrown value/],
  ["throw Object.assign(new Error('m'), { name: 'Custom' })", "Custom: m"],
  ["throw Object.assign(Object.create(Error.prototype), { message: 'm' })", "Error: m"],
  ["throw Object.defineProperty(new Error(), 'message', { get() { throw 1 } })", "Error: "],
  ["throw Object.defineProperty(new Error('m'), 'stack', { get() { throw 1 } })", "Error: m"],
  ["await Promise.reject(new Error('rejected'))", "Error: rejected"],
  ["Promise.reject(new Error('as the value'))", "Error: as the value"],
])("%s", async (code, error) => {
  const ran = await notebook.run(code);
  if (typeof error === "string") expect(ran.error).toBe(error);
  else expect(ran.error).toMatch(error);
});

test("AggregateError lists its errors", async () => {
  const ran = await notebook.run(
    "await Promise.any([Promise.reject(new Error('one')), Promise.reject(new TypeError('two'))])",
  );
  expect(ran.traceback).toMatch("Error 1 of 2: Error: one");
  expect(ran.traceback).toMatch("Error 2 of 2: TypeError: two");
});

test("endless recursion is an error like any other", async () => {
  const ran = await notebook.run("function deep(): number { return deep() + 1 }\ndeep()");
  expect(ran.error).toMatch(/^RangeError: Maximum call stack/);
  expect(ran.traceback).toMatch("Cell [");
  expect(await notebook.value("1")).toBe("1");
});
