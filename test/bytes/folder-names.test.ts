/** The folders beside one that is written: their names, and the mending of a torn swap. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { besideFolder, foldersBeside, mendFolder, realFolder } from "../../kernel/bytes/folder-names";

let root: string;
let target: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "codebook-names-"));
  target = join(root, "small");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const [a, b] = ["0123456789abcdef", "fedcba9876543210"];

test("the names of each stage are found again, and others are not", async () => {
  const own = (["partial", "whole", "old"] as const).map((stage) => besideFolder(target, stage, a));
  expect(own.map((path) => basename(path))).toEqual([`small.partial-${a}`, `small.whole-${a}`, `small.old-${a}`]);
  for (const name of [...own, `${target}.whole-0123`, `${target}.other-${a}`, `${target}s.old-${a}`]) mkdirSync(name);
  expect(await foldersBeside(target)).toEqual({ partial: [own[0]], whole: [own[1]], old: [own[2]] });
});

test("long names differ where their ends do", () => {
  const [one, two] = ["x", "y"].map((end) => basename(besideFolder(join(root, "n".repeat(230) + end), "old", a)));
  expect(one).not.toBe(two);
  expect(one.length).toBeLessThan(100);
});

test("a folder without the name gets it, the one of the torn swap first", async () => {
  expect(await mendFolder(target)).toBeUndefined();
  for (const path of [
    besideFolder(target, "whole", a),
    besideFolder(target, "whole", b),
    besideFolder(target, "old", a),
  ])
    mkdirSync(path);
  mkdirSync(join(besideFolder(target, "whole", a), "right"));
  expect(await mendFolder(target)).toBe(await realFolder(target));
  expect(readdirSync(target)).toEqual(["right"]);
  expect(await mendFolder(target)).toBeUndefined();
});

const asRoot = process.getuid?.() === 0;
(asRoot ? test.skip : test)("where nothing may be renamed, the folder is told where it is", async () => {
  mkdirSync(besideFolder(target, "whole", a));
  chmodSync(root, 0o500);
  expect(await mendFolder(target)).toBe(besideFolder(target, "whole", a));
  chmodSync(root, 0o700);
});
