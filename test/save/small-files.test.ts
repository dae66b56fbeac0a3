import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { copySmallFiles } from "../../kernel/save/small-files";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "small-"));
  for (const name of ["from", "to"]) mkdirSync(join(folder, name));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("tokenizer and settings are copied, weights, config.json and indexes are not", async () => {
  const names = [
    "tokenizer.json",
    "vocab.txt",
    "chat_template.jinja",
    "tokenizer.model",
    "config.json",
    "model.safetensors.index.json",
    "model.safetensors",
    "README.md",
  ];
  for (const name of names) writeFileSync(join(folder, "from", name), name);
  mkdirSync(join(folder, "from", "folder.json"));
  await copySmallFiles(join(folder, "from"), join(folder, "to"));
  expect(readdirSync(join(folder, "to")).sort()).toEqual([
    "chat_template.jinja",
    "tokenizer.json",
    "tokenizer.model",
    "vocab.txt",
  ]);
});

test("a folder that is gone is told", async () => {
  await expect(copySmallFiles(join(folder, "none"), join(folder, "to"))).rejects.toMatchObject({ code: "SOURCE" });
});
