import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { findPython, pythonPrefix } from "../../kernel/cli/python";

const environment = process.env;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "codebook-python-"));
  process.env = { ...environment, CODEBOOK_PYTHON_PREFIX: "", VIRTUAL_ENV: "", CONDA_PREFIX: "" };
});
afterEach(() => {
  process.env = environment;
  rmSync(folder, { recursive: true, force: true });
});

test("the environment whose package runs the command comes first, then the active one", () => {
  const [own, active] = ["own", "active"].map((name) => path.join(folder, name));
  process.env.VIRTUAL_ENV = active;
  mkdirSync(active);
  expect(pythonPrefix()).toBe(active);
  process.env.CODEBOOK_PYTHON_PREFIX = own;
  expect(pythonPrefix()).toBe(active); // the other is no folder
  mkdirSync(own);
  expect(pythonPrefix()).toBe(own);
});

test("the program is that of the environment where it has one, else the one on the PATH", () => {
  const bin = path.join(folder, "bin");
  mkdirSync(bin);
  process.env.VIRTUAL_ENV = folder;
  expect(findPython()).toMatch(/^python3?$/);
  const program = path.join(bin, "python");
  writeFileSync(program, "#!/bin/sh\n");
  chmodSync(program, 0o755);
  expect(findPython()).toBe(program);
  process.env.PATH = "/nowhere";
  rmSync(program);
  expect(() => findPython()).toThrow(/no Python was found/);
});
