import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { attempt, doctorCommand } from "../../kernel/cli/doctor";
import { packageVersion } from "../../kernel/version";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "codebook-doctor-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("the program prints a line for each check, and writes nothing", () => {
  const program = path.resolve(__dirname, "../../kernel/cli.js");
  const env = { ...process.env, JUPYTER_DATA_DIR: path.join(folder, "data"), CODEBOOK_HISTORY: "" };
  let said = "";
  try {
    said = execFileSync(process.execPath, [program, "doctor"], { encoding: "utf8", cwd: folder, env });
  } catch (error) {
    said = (error as { stdout: string }).stdout;
  }
  const lines = said.trim().split("\n");
  expect(lines[0]).toBe(`Codebook ${packageVersion}`);
  expect(lines.slice(1).map((line) => /^(?:ok {3}|note |!! {3})([A-Za-z]+): ./.exec(line)?.[1])).toEqual([
    "Node",
    "Kernel",
    "JupyterLab",
    "Views",
    "TensorFlow",
    "Models",
    "History",
    "Disk",
  ]);
  expect(readdirSync(folder)).toEqual([]);
});

test("takes no words", () => {
  expect(() => doctorCommand(["now"])).toThrow(/Unexpected argument 'now'/);
});

test("a check that cannot look is broken itself", () => {
  const fails = (error: Error) => () => {
    throw error;
  };
  expect(attempt("Disk", fails(new Error("out of order")))).toEqual({
    state: "broken",
    what: "Disk",
    text: "out of order",
  });
  const gone = Object.assign(new Error("ENOENT"), { code: "ENOENT", syscall: "uv_cwd" });
  expect(attempt("Disk", fails(gone)).text).toBe("this folder is gone: go to one that exists");
});
