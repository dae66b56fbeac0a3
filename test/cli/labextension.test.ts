import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { installExtension } from "../../kernel/cli/labextension";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "codebook-views-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("the built files and the note stand in place of an older extension", () => {
  const built = path.join(folder, "built");
  mkdirSync(path.join(built, "static"), { recursive: true });
  writeFileSync(path.join(built, "package.json"), "{}");
  writeFileSync(path.join(built, "static", "remote.js"), "1");
  const target = path.join(folder, "labextensions", "jupyterlab-codebook");
  mkdirSync(target, { recursive: true });
  writeFileSync(path.join(target, "old.js"), "0");
  writeFileSync(path.join(folder, "install.json"), '{"packageManager":"python"}');
  installExtension(target, built, path.join(folder, "install.json"));
  expect((readdirSync(target, { recursive: true }) as string[]).sort()).toEqual([
    "install.json",
    "package.json",
    "static",
    path.join("static", "remote.js"),
  ]);
  expect(readFileSync(path.join(target, "install.json"), "utf8")).toContain("python");
  expect(readdirSync(path.dirname(target))).toEqual(["jupyterlab-codebook"]);
});

test("where it cannot be read, the older one stays and nothing is left beside it", () => {
  const target = path.join(folder, "labextensions", "jupyterlab-codebook");
  mkdirSync(target, { recursive: true });
  expect(() => installExtension(target, path.join(folder, "missing"), "")).toThrow(/ENOENT/);
  expect(readdirSync(path.dirname(target))).toEqual(["jupyterlab-codebook"]);
});
