import ts from "typescript";
import { cellSource, holdsJsx } from "../../../kernel/session/language/cell-source";

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

test("`declare module` of a name that is no module goes into a script, with everything at its place", () => {
  const source = 'let a = 1;\ndeclare module "m" {\n  const b: 1;\n}\nlet c = 2;';
  const { text, ambient } = cellSource(ts, source, () => false);
  expect(text).toBe(`let a = 1;\n${" ".repeat(20)}\n${" ".repeat(13)}\n \nlet c = 2;`);
  expect(ambient.indexOf("declare module")).toBe(source.indexOf("declare module"));
  expect(ambient.trim()).toBe('declare module "m" {\n  const b: 1;\n}');
  expect(cellSource(ts, source, () => true)).toMatchObject({ text: source, ambient: "" });
});
