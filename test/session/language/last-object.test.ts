/** An object as the last line of a cell. */
import ts from "typescript";
import { asWritten, withLastObject } from "../../../kernel/session/language/last-object";
import { Notebook } from "../notebook";

const changed = (source: string) => withLastObject(ts, source).source;

test.each([
  ["{ a: 1, b: 2 }", "({ a: 1, b: 2 })"],
  ["{ a: 1 };", "({ a: 1 });"],
  ["const x = 1;\n  { x, ...y, 'k': [{}] } // why", "const x = 1;\n  ({ x, ...y, 'k': [{}] }) // why"],
  ["{}", "({})"],
])("%j is an object", (source, expected) => {
  expect(changed(source)).toBe(expected);
});

test.each([
  "{ const a = 1; f(a); }",
  "{ a: 1, b: 2 }\nf()",
  "if (a) { b }",
  "const o = { a: 1 };",
  "function f() {\n  { a }\n}",
  "{ a: 1, b: }",
  "a, b",
  "",
])("%j stays as it is", (source) => {
  expect(changed(source)).toBe(source);
});

test("places behind the parenthesis are those of what was written", () => {
  const { opened } = withLastObject(ts, "f();\n  { a: 1 }");
  expect(opened).toEqual({ line: 1, character: 2 });
  const item = (line: number, character: number, offset: number) => {
    const place = { line, character, offset };
    return { start: place, end: place, messageText: "", category: 1, code: 1 };
  };
  expect(asWritten(item(0, 1, 1), opened)).toEqual(item(0, 1, 1));
  expect(asWritten(item(1, 6, 11), opened)).toEqual(item(1, 5, 10));
  expect(asWritten(item(2, 0, 15), opened)).toEqual(item(2, 0, 14));
  expect(asWritten(item(1, 6, 11), undefined)).toEqual(item(1, 6, 11));
});

test("in a cell its value is shown, and errors in it point at their place", async () => {
  const notebook = await Notebook.open();
  try {
    expect(await notebook.value("const a = 1;\n{ a, b: 2 }")).toBe("{ a: 1, b: 2 }");
    expect((await notebook.run("{ a: 1, b: nowhere }")).error).toMatch("line 1:12 - Cannot find name 'nowhere'");
    const ran = await notebook.run("{ a: 1, b: (null as any).foo }");
    expect(ran.traceback).toMatch("> 1 | { a: 1, b: (null as any).foo }\n    |                          ^");
    expect(notebook.language.isComplete("{ a: 1, b: 2 }").status).toBe("complete");
    expect(await notebook.value("let grown = 0; eval('grown = a + 1'); [grown, eval('a')]")).toBe("[ 2, 1 ]");
  } finally {
    notebook.close();
  }
});
