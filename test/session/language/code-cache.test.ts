import { chmodSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cachedFunction, codeCacheFolder, writeCodeCaches } from "../../../kernel/session/language/code-cache";

let folder: string;
let script: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "code-")));
  script = join(folder, "script.js");
  writeFileSync(script, "return a + 1;");
});
afterEach(() => {
  writeCodeCaches(); // What a test left to be written is not the next one's.
  rmSync(folder, { recursive: true, force: true });
});

const cache = () => join(folder, "cache");
const call = () => cachedFunction(script, ["a"], cache())(1);

test("a script runs the same without a cache, with one, and with one that is broken", () => {
  expect(call()).toBe(2);
  const [file] = writeCodeCaches();
  expect(file).toContain(cache());
  expect(call()).toBe(2);
  // V8 took it: there is nothing to write.
  expect(writeCodeCaches()).toEqual([]);
  writeFileSync(file ?? "", "no code at all");
  expect(call()).toBe(2);
  expect(readdirSync(cache())).toHaveLength(1);
});

test("the cache of a text is not that of another", () => {
  call();
  writeCodeCaches();
  writeFileSync(script, "return a + 2;");
  expect(call()).toBe(3);
});

(process.platform === "win32" ? test.skip : test)("a cache that others may write is not read", () => {
  call();
  const [file = ""] = writeCodeCaches();
  chmodSync(file, 0o666);
  expect(call()).toBe(2);
  expect(writeCodeCaches()).toEqual([file]);
});

test("a folder that cannot be made costs nothing but time", () => {
  const blocked = join(script, "inside");
  expect(cachedFunction(script, ["a"], blocked)(1)).toBe(2);
  expect(writeCodeCaches()).toEqual([]);
  expect(existsSync(blocked)).toBe(false);
});

test("the folder is the user's, another by name, or none", () => {
  expect(codeCacheFolder({ XDG_CACHE_HOME: "/c" })).toBe(join("/c", "codebook", "code"));
  expect(codeCacheFolder({ CODEBOOK_CODE_CACHE: "/x" })).toBe("/x");
  expect(codeCacheFolder({ CODEBOOK_CODE_CACHE: "" })).toBeUndefined();
  expect(codeCacheFolder({})).toMatch(/codebook.code$/);
});
