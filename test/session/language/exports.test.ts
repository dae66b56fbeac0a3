import { cellTypeScript } from "../../../kernel/session/language/tslab";
import { withoutExports } from "../../../kernel/session/language/exports";

const strip = (source: string) => withoutExports(cellTypeScript(), source);

test.each([
  ["export const a = 1;", "       const a = 1;"],
  ["export default function f() {}", "               function f() {}"],
  ["export default 1 + 1;", "               1 + 1;"],
  ["export { a };", "             "],
  ['export { a } from "m";', 'import { a } from "m";'],
  ['export * as m from "m";', 'import * as m from "m";'],
  ["export async function f() {}", "       async function f() {}"],
  ["export class A {}", "       class A {}"],
  ["const a = 1;\nexport {\n  a,\n};\na", "const a = 1;\n        \n    \n  \na"],
])("%j becomes %j", (source, expected) => {
  expect(strip(source)).toBe(expected);
  expect(strip(source).length).toBe(source.length);
});

test.each(["const exported = 1;", "'export const a'", "// export const a", "a.export", "x = { export: 1 }"])(
  "%j stays",
  (source) => {
    expect(strip(source)).toBe(source);
  },
);

test("lines and columns of what is left are those that were written", () => {
  const source = "export const a = 1;\r\n\texport default a;\r\nthrow a";
  const stripped = strip(source);
  for (const word of ["const a", "throw a"]) expect(stripped.indexOf(word)).toBe(source.indexOf(word));
  expect(stripped.match(/\r\n/g)?.length).toBe(2);
});
