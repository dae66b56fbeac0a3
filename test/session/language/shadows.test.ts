/** What the engine says of values of earlier cells: the names that the user gave them. */
import ts from "typescript";
import { Shadows } from "../../../kernel/session/language/shadows";
import { Notebook } from "../notebook";

let notebook: Notebook;
beforeAll(async () => {
  notebook = await Notebook.open();
  await notebook.value("const obj: any = { inner: {} }; const five: any = 5; let none: any; const key = 'k'; 0");
});
afterAll(() => notebook.close());

test.each([
  ["obj.nope()", "obj.nope is not a function"],
  ["five()", "five is not a function"],
  ["five`x`", "five is not a function"],
  ["new five()", "five is not a constructor"],
  ["(obj as any)!.inner[key]()", "obj.inner[key] is not a function"],
  ["obj?.nope()", "obj?.nope is not a function"],
  ["(none || five)()", "(none || five) is not a function"],
  ["[...five]", /five is not iterable|Spread syntax requires/],
  ["for (const x of five) x;", "five is not iterable"],
  ["for await (const x of five) x;", "the value after `of` is not iterable"],
  ["const { a } = none;", "Cannot destructure property 'a' of 'none' as it is undefined."],
  ["let b: any; ({ b } = none);", "Cannot destructure property 'b' of 'none' as it is undefined."],
  ["[1].map((x) => obj.nope(x))", "obj.nope is not a function"],
  ["((x = obj.nope()) => x)()", "obj.nope is not a function"],
  ["class Field { x = obj.nope() }\nnew Field()", "obj.nope is not a function"],
  ["((await Promise.resolve(5)) as any).nope()", "(intermediate value).nope is not a function"],
  ["const { c } = await none;", "Cannot destructure property 'c' of '(intermediate value)' as it is undefined."],
  ["(import.meta as any).nope()", "import.meta.nope is not a function"],
  ["(import('node:fs') as any).nope()", "import(...).nope is not a function"],
])("%s", async (code, message) => {
  const said = (await notebook.run(code)).error?.replace("TypeError: ", "");
  if (typeof message === "string") expect(said).toBe(message);
  else expect(said).toMatch(message);
});

test("the message is right where it is made: in a catch clause, a rejection, another's logger", async () => {
  expect(await notebook.value("let said = ''; try { obj.nope() } catch (e: any) { said = e.message } said")).toBe(
    "'obj.nope is not a function'",
  );
  expect(await notebook.value("await Promise.resolve().then(() => obj.nope()).catch((e) => e.message)")).toBe(
    "'obj.nope is not a function'",
  );
});

test("names are still read anew each time, assigned, and called without `this`", async () => {
  await notebook.value(
    "let count = 0; const add = () => { count++; return [count]; }; function self(this: any) { return this }; 0",
  );
  expect(await notebook.value("add(); count = count + 10; [...add(), self() === undefined, `${add()}`]")).toBe(
    "[ 12, true, '13' ]",
  );
});

test("a directive stays the first statement of a function", async () => {
  expect(await notebook.value("(function () { 'use strict'; return obj.inner.toString() })()")).toBe(
    "'[object Object]'",
  );
});

test("a cell declares its shadows once, and none when it has none", () => {
  const shadows = new Shadows(ts, ts.factory);
  expect(shadows.declared()).toEqual([]);
  for (let i = 0; i < 2; i++) shadows.assign("obj", ts.factory.createIdentifier("handle"));
  const printed = shadows
    .declared()
    .map((statement) =>
      ts.createPrinter().printNode(ts.EmitHint.Unspecified, statement, ts.createSourceFile("c.ts", "", 99)),
    );
  expect(printed).toEqual(["let obj;"]);
});
