import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mappedPaths } from "../../../kernel/session/language/path-mapping";

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** Where `name` may lie, in a folder whose tsconfig.json has these options. */
function mapped(compilerOptions: object | undefined, name: string): string[] {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "paths-")));
  folders.push(folder);
  if (compilerOptions !== undefined) writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  return mappedPaths(name, folder).map((file) => file.slice(folder.length + 1));
}

const paths = { "@/*": ["src/*", "other/*"], "@/deep/*": ["deep/*"], exact: ["one.ts"], "*.css": ["styles/*"] };

test.each([
  [{ paths }, "@/a/b", ["src/a/b", "other/a/b"]],
  [{ paths }, "@/deep/a", ["deep/a"]],
  [{ paths }, "exact", ["one.ts"]],
  [{ paths }, "exact/more", []],
  [{ paths }, "main.css", ["styles/main"]],
  [{ paths, baseUrl: "base" }, "@/a", ["base/src/a", "base/other/a"]],
  [{ baseUrl: "base" }, "anything", ["base/anything"]],
  [{ paths }, "./@/a", []],
  [undefined, "@/a", []],
])("with %j, %s lies at %j", (options, name, expected) => {
  expect(mapped(options, name)).toEqual(expected);
});
