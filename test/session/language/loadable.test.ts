import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canLoad } from "../../../kernel/session/language/loadable";

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "loadable-")));
  const add = (name: string, exports: unknown) => {
    const home = join(folder, "node_modules", name);
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "package.json"), JSON.stringify({ name, exports }));
    writeFileSync(join(home, "a.js"), "");
  };
  add("for-import", { import: "./a.js" });
  add("with-paths", { "./part": { import: "./a.js" }, "./many/*": { import: "./*.js" } });
  writeFileSync(join(folder, "own.ts"), "");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ["node:fs", true],
  ["fs", true],
  ["./own", true],
  ["./own.ts", true],
  ["./other", false],
  ["codebook", true],
  ["for-import", true],
  ["for-import/inner", false],
  ["with-paths/part", true],
  ["with-paths/many/a", true],
  ["with-paths/none", false],
  ["not-there", false],
  ["data:text/javascript,1", true],
])("%s can be loaded: %p", (name, expected) => {
  expect(canLoad(name, folder)).toBe(expected);
});
