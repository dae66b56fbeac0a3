import ts from "typescript";
import { cellSource, holdsJsx, objectAtEnd } from "../../../kernel/session/language/cell-source";

test.each([
  ["<div>a</div>", true],
  ["const a = <b c={1} />;", true],
  ["<></>", true],
  ["const f = <T>(x: T) => x;", false],
  ["const a = <number>b;", false],
  ["a < b", false],
  ["1 +", false],
])("%j holds JSX: %p", (text, expected) => {
  expect(holdsJsx(ts, text)).toBe(expected);
});

test.each([
  ["{ a: 1, b: 2 }", "{ a: 1, b: 2 }"],
  ["const x = 1;\n{ x, y: 2 }\n", "{ x, y: 2 }"],
  ["{ a }", "{ a }"],
  ["{ f(); }", undefined],
  ["{ let a = 1 }", undefined],
  ["{}", undefined],
  ["if (a) { b }", undefined],
  ["({ a: 1 })", undefined],
  ["function f() { return 1 }", undefined],
  ["{ a: 1 };", undefined],
])("the object at the end of %j is %j", (source, expected) => {
  const found = objectAtEnd(ts, source);
  expect(found && source.slice(found.start, found.end)).toBe(expected);
});

test("`declare module` of a name that is no module goes into a script, with everything at its place", () => {
  const source = 'let a = 1;\ndeclare module "m" {\n  const b: 1;\n}\nlet c = 2;';
  const { text, ambient } = cellSource(ts, source, () => false);
  expect(text).toBe(`let a = 1;\n${" ".repeat(20)}\n${" ".repeat(13)}\n \nlet c = 2;`);
  expect(ambient.indexOf("declare module")).toBe(source.indexOf("declare module"));
  expect(ambient.trim()).toBe('declare module "m" {\n  const b: 1;\n}');
  expect(cellSource(ts, source, () => true)).toMatchObject({ text: source, ambient: "" });
});
