import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { jupyterDataFolder } from "../../kernel/session/jupyter-paths";

const root = path.resolve(__dirname, "../../..");
let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), "codebook-cli-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function codebook(args: string[], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [path.join(root, "lib", "kernel", "cli.js"), ...args], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, VIRTUAL_ENV: "", CONDA_PREFIX: "", ...env },
  });
}

const specs = (prefix: string): string => path.join(prefix, "share", "jupyter", "kernels");

test("installs a kernelspec with absolute paths and logos, and removes it", () => {
  expect(codebook(["install", "--prefix", folder]).status).toBe(0);
  const spec = path.join(specs(folder), "codebook");
  const { argv, ...rest } = JSON.parse(readFileSync(path.join(spec, "kernel.json"), "utf8"));
  expect(argv).toEqual([
    process.execPath,
    "--no-force-async-hooks-checks",
    path.join(root, "lib", "kernel", "main.js"),
    "{connection_file}",
  ]);
  expect(existsSync(argv[2])).toBe(true);
  expect(rest).toEqual({
    display_name: "TypeScript (Codebook)",
    language: "typescript",
    interrupt_mode: "message",
    env: {},
    metadata: { debugger: false, supported_encryption: ["curve"] },
  });
  expect(readdirSync(spec).sort()).toEqual(["kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"]);
  expect(statSync(spec).mode & 0o777).toBe(0o755);
  expect(codebook(["uninstall", "--prefix", folder]).status).toBe(0);
  expect(readdirSync(specs(folder))).toEqual([]);
});

test("installs again over an older one, and under another name", () => {
  const old = path.join(specs(folder), "codebook");
  mkdirSync(old, { recursive: true });
  writeFileSync(path.join(old, "left-over"), "");
  expect(codebook(["install", "--prefix", folder]).status).toBe(0);
  expect(codebook(["install", "--prefix", folder, "--name", "codebook-dev"]).status).toBe(0);
  expect(readdirSync(specs(folder)).sort()).toEqual(["codebook", "codebook-dev"]);
  expect(existsSync(path.join(old, "left-over"))).toBe(false);
});

test("the logos have the sizes in their names", () => {
  for (const size of [32, 64]) {
    const png = readFileSync(path.join(root, "kernel", "kernelspec", `logo-${size}x${size}.png`));
    expect([png.toString("latin1", 1, 4), png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual(["PNG", size, size]);
  }
});

test("for the user, for the active environment", () => {
  expect(codebook(["install"], { JUPYTER_DATA_DIR: path.join(folder, "data") }).stdout).toContain("for this user");
  expect(readdirSync(path.join(folder, "data", "kernels"))).toEqual(["codebook"]);
  expect(codebook(["install", "--sys-prefix"], { VIRTUAL_ENV: folder }).status).toBe(0);
  expect(readdirSync(specs(folder))).toEqual(["codebook"]);
});

test.each([
  [["instal"], 'there is no command "instal"; did you mean "install"?'],
  [["install", "--user", "--prefix", "x"], "exclude each other"],
  [["install", "--name", "a b"], 'the name "a b" does not do'],
  [["install", "--name", ".."], "does not do"],
  [["install", "--prefx", "x"], "--prefx"],
  [["uninstall", "--prefix", "nowhere"], 'no kernel "codebook" is installed in'],
])("%j: one clear sentence, exit code 1", (args, problem) => {
  const { status, stderr } = codebook(args);
  expect(status).toBe(1);
  expect(stderr).toContain(problem);
  expect(stderr).not.toContain("    at ");
});

test("a file in the way, and nothing half-installed", () => {
  writeFileSync(path.join(folder, "share"), "");
  const { status, stderr } = codebook(["install", "--prefix", folder]);
  expect(status).toBe(1);
  expect(stderr).toContain("a file is in the way");
});

test("help and version", () => {
  expect(codebook(["--help"])).toMatchObject({ status: 0, stdout: expect.stringContaining("codebook install") });
  expect(codebook(["install", "--help"]).stdout).toContain("--sys-prefix");
  expect(codebook([]).status).toBe(1);
  expect(codebook(["--version"]).stdout.trim()).toMatch(/^\d+\.\d+\.\d+/);
});

test("Jupyter's data folder on each system", () => {
  expect(jupyterDataFolder({}, "linux", "/home/a")).toBe("/home/a/.local/share/jupyter");
  expect(jupyterDataFolder({ XDG_DATA_HOME: "/x" }, "linux", "/home/a")).toBe("/x/jupyter");
  expect(jupyterDataFolder({}, "darwin", "/Users/a")).toBe("/Users/a/Library/Jupyter");
  expect(jupyterDataFolder({ JUPYTER_DATA_DIR: "/d" }, "linux", "/home/a")).toBe("/d");
});
