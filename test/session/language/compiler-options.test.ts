import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { compilerOptions, hasLegacyDecorators, nodeLibraries } from "../../../kernel/session/language/compiler-options";

let folder: string;
beforeEach(() => (folder = realpathSync(mkdtempSync(join(tmpdir(), "options-")))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const configured = (text: string) => {
  writeFileSync(join(folder, "tsconfig.json"), text);
  return compilerOptions(ts, ts.sys, folder);
};

test("each library that a Node has is a file of TypeScript's, and what it lacks is left out", () => {
  const full = { groupBy: 1, withResolvers: 1, try: 1, fromAsync: 1, isError: 1, from: 1, waitAsync: 1, pause: 1 };
  const prototype = { resize: 1, unicodeSets: 1, isWellFormed: 1, union: 1 };
  const all = new Proxy({}, { get: () => ({ ...full, prototype }) });
  const names = nodeLibraries(all);
  expect(names).toHaveLength(17);
  for (const name of names) expect(ts.sys.fileExists(join(require.resolve("typescript"), "..", name))).toBe(true);
  expect(nodeLibraries({})).toEqual(["lib.es2023.d.ts", "lib.esnext.decorators.d.ts"]);
});

test("the running Node has what its libraries say", () => {
  const names = nodeLibraries();
  expect(names.includes("lib.es2024.object.d.ts")).toBe("groupBy" in Object);
  expect(names.includes("lib.esnext.collection.d.ts")).toBe("union" in Set.prototype);
});

test("cells are not strict unless the folder's tsconfig.json says so", () => {
  expect(compilerOptions(ts, ts.sys, folder).options.strict).toBeUndefined();
  const { options, problems } = configured(
    '{ "compilerOptions": { "strict": true, "jsx": "react-jsx", "outDir": "x", "module": "commonjs" } }',
  );
  expect(problems).toEqual([]);
  expect(options).toMatchObject({
    strict: true,
    jsx: ts.JsxEmit.ReactJSX,
    outDir: "outDir",
    module: ts.ModuleKind.ESNext,
  });
});

test("JSX that a build would keep is translated, for a cell runs as it is", () => {
  expect(configured('{ "compilerOptions": { "jsx": "preserve" } }').options.jsx).toBe(ts.JsxEmit.React);
});

test("what is wrong with tsconfig.json is said, by the word that is wrong", () => {
  expect(configured('{ "compilerOptions": { "strct": true } }').problems.join()).toMatch("'strct'");
  expect(configured("{ nothing").problems).not.toEqual([]);
});

test("decorators are those of the standard unless tsconfig.json asks for the old ones", () => {
  expect(hasLegacyDecorators(ts, folder)).toBe(false);
  configured('{ "compilerOptions": { "experimentalDecorators": true } }');
  expect(hasLegacyDecorators(ts, folder)).toBe(true);
});
