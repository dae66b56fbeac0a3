/** How a file of the user's is compiled: as what, and with which imports. */
import { compileFile } from "../../../kernel/session/language/local-code";

const compiled = (text: string, name = "a.ts") => compileFile(`/folder/${name}`, name, text);

test.each([
  ["export const a = 1;", "a.ts", "es"],
  ['import "./b";', "a.js", "es"],
  ["await 1;", "a.ts", "es"],
  ["for await (const x of []) x;", "a.ts", "es"],
  ["console.log(import.meta.url);", "a.ts", "es"],
  ["console.log(1);", "a.mjs", "es"],
  ["namespace N { export const a = 1 }\nexport import b = N.a;", "a.ts", "es"],
  ["exports.a = 1;", "a.js", "commonjs"],
  ["module.exports = 1;", "a.ts", "commonjs"],
  ['import fs from "fs"; module.exports = fs;', "a.ts", "commonjs"],
  ['import fs = require("fs"); export const a = fs;', "a.ts", "commonjs"],
  ["const a = 1; export = a;", "a.ts", "commonjs"],
  ["export const a = 1;", "a.cts", "commonjs"],
  ["const f = async () => { await 1; };", "a.ts", "commonjs"],
  ["export const a = <b/>;", "a.tsx", "commonjs"],
  ["const a = 1;", "a.ts", "commonjs"],
])("%s in %s is %s", (text, name, kind) => {
  expect(compiled(text, name).kind).toBe(kind);
});

test("imports are variables of their own names, in the order of the file; those of types alone are none", () => {
  const { taken, order, script } = compiled(`
import { a as x, type T } from "./m";
import * as n from "n";
import d from "d";
import type Q from "q";
import { U } from "./types";
import "./side";
export * from "./o";
export { x as y, n };
export const z: U = d(x) as T;`);
  expect(order).toEqual(["./m", "n", "d", "./side", "./o"]);
  expect(taken).toEqual([
    { specifier: "./m", bindings: [["a", "x"]], handedOn: [["a", "y"]] },
    { specifier: "n", bindings: [["*", "n"]], handedOn: [["*", "n"]] },
    { specifier: "d", bindings: [["default", "d"]], handedOn: [] },
    { specifier: "./side", bindings: [], handedOn: [] },
  ]);
  expect(script).toContain("z = d(x)");
  expect(script.split("\n")[0]).toContain("let x, n, d;");
});

test("in JavaScript each import counts, for it may be needed for what it does", () => {
  expect(compiled('import { a } from "./m";', "a.js").order).toEqual(["./m"]);
  expect(compiled('import { a } from "./m"; export {};', "a.ts").order).toEqual([]);
});

test("a file that cannot be parsed says where", () => {
  expect(() => compiled("const a = 1;\nconst b = ;")).toThrow(
    expect.objectContaining({ name: "SyntaxError", message: "a.ts, line 2:11 - Expression expected." }),
  );
});
