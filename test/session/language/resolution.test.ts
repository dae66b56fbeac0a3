/** What a name means, beyond what modules.test.ts asks of a whole session. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kernelRoot } from "../../../kernel/session/language/packages";
import { codeOf, isLocal, resolveModule } from "../../../kernel/session/language/resolution";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "resolution-")));
  writeFileSync(join(folder, "a.ts"), "0");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a question mark after a file's name makes no other file of it", () => {
  expect(resolveModule("./a.ts?v=2", folder, folder)).toBe(join(folder, "a.ts"));
  writeFileSync(join(folder, "b?.ts"), "0");
  expect(resolveModule("./b?.ts", folder, folder)).toBe(join(folder, "b?.ts"));
});

test("a missing package is to be installed in the notebook's folder, whoever asks", () => {
  expect(() => resolveModule("nothing-of-this-name", join(folder, "deep"), folder)).toThrow(
    `install it with \`npm install nothing-of-this-name\` in ${folder}`,
  );
});

test("the user's own files are those outside node_modules and the kernel", () => {
  const own = ["a.ts", "b.mjs", "c.json"].map((name) => isLocal(join(folder, name)));
  const others = ["node_modules/p/m.js", "a.txt"].map((name) => isLocal(join(folder, name)));
  expect([own, others]).toEqual([
    [true, true, true],
    [false, false],
  ]);
  expect([isLocal("node:fs"), isLocal(join(kernelRoot, "lib", "kernel", "index.js"))]).toEqual([false, false]);
});

test("an error's code is read from anything", () => {
  expect([codeOf({ code: "X" }), codeOf(null), codeOf(new Error("none"))]).toEqual(["X", undefined, undefined]);
});
