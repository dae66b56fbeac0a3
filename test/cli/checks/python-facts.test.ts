import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { askPython } from "../../../kernel/cli/checks/python-facts";

const environment = process.env;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "codebook-python-"));
  mkdirSync(path.join(folder, "bin"));
  process.env = { ...environment, CODEBOOK_PYTHON_PREFIX: folder, JUPYTER_DATA_DIR: path.join(folder, "data") };
});
afterEach(() => {
  process.env = environment;
  rmSync(folder, { recursive: true, force: true });
});

/** Puts a program in the place of the environment's Python. */
function python(script: string): void {
  writeFileSync(path.join(folder, "bin", "python"), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(folder, "bin", "python"), 0o755);
}

test("the folders are those that Jupyter itself names, this user's among them", () => {
  const own = process.env.CODEBOOK_PYTHON ?? path.resolve(__dirname, "../../../../.venv/bin/python");
  python(`exec '${own}' "$@"`);
  const facts = askPython();
  expect(facts?.folders).toContain(path.join(folder, "data"));
  expect(facts?.settings?.length).toBeGreaterThan(0);
  expect(facts?.lab).toMatch(/^4\./);
});

test("what the script prints is what is known; a Python that fails, or speaks of other things, knows nothing", () => {
  python(`echo '{"launches": true}'`);
  expect(askPython()).toEqual({ launches: true });
  python("exit 1");
  expect(askPython()).toBeUndefined();
  python("echo hello");
  expect(askPython()).toBeUndefined();
});
