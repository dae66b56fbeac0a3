import childProcess from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { CommandError } from "../../kernel/cli/command-error";
import { installCommand, uninstallCommand } from "../../kernel/cli/install";
import * as specFiles from "../../kernel/cli/kernelspec";

const root = path.resolve(__dirname, "../../..");
const environment = process.env;
let folder: string;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), "codebook-cli-"));
  process.env = { ...environment, VIRTUAL_ENV: "", CONDA_PREFIX: "", JUPYTER_DATA_DIR: path.join(folder, "data") };
  said = [];
  jest.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = environment;
  rmSync(folder, { recursive: true, force: true });
});

const specs = (prefix: string): string => path.join(prefix, "share", "jupyter", "kernels");
const viewsOf = (prefix: string): string =>
  path.join(prefix, "share", "jupyter", "labextensions", "jupyterlab-codebook");
const installed = 'Installed the kernel "TypeScript (Codebook)"';

test("the program, as a user runs it, installs a kernelspec with absolute paths and logos, and removes it", () => {
  const codebook = (...args: string[]) =>
    childProcess.execFileSync(process.execPath, [
      path.join(root, "lib", "kernel", "cli.js"),
      ...args,
      "--prefix",
      folder,
    ]);
  codebook("install");
  const spec = path.join(specs(folder), "codebook");
  const { argv, ...rest } = JSON.parse(readFileSync(path.join(spec, "kernel.json"), "utf8")) as { argv: string[] };
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
  codebook("uninstall");
  expect(readdirSync(folder, { recursive: true })).toEqual(["share"]);
});

test("installs again over an older one, and under another name, in small letters", () => {
  const old = path.join(specs(folder), "codebook");
  mkdirSync(old, { recursive: true });
  writeFileSync(path.join(old, "left-over"), "");
  installCommand(["--prefix", folder]);
  installCommand(["--prefix", folder, "--name", "Codebook-Dev.1_2"]);
  expect(readdirSync(specs(folder)).sort()).toEqual(["codebook", "codebook-dev.1_2"]);
  expect(existsSync(path.join(old, "left-over"))).toBe(false);
  const views = `Installed the views for JupyterLab and Notebook in ${folder}: ${viewsOf(folder)}`;
  expect(said).toEqual([
    views,
    `${installed} in ${folder}: ${old}`,
    views,
    `${installed} in ${folder}: ${path.join(specs(folder), "codebook-dev.1_2")}`,
  ]);
  uninstallCommand(["--prefix", folder, "--name", "codebook-dev.1_2"]);
  expect(said.slice(4)).toEqual([`Removed ${path.join(specs(folder), "codebook-dev.1_2")}`]);
  expect(readdirSync(specs(folder))).toEqual(["codebook"]);
  expect(existsSync(viewsOf(folder))).toBe(true); // The other kernel needs them.
  uninstallCommand(["--prefix", folder]);
  expect(said.slice(5)).toEqual([old, viewsOf(folder)].map((removed) => `Removed ${removed}`));
});

test("what is uninstalled leaves nothing: views, their settings, history and fetched models of this user go too", () => {
  const settings = path.join(folder, "config", "lab", "user-settings", "jupyterlab-codebook");
  process.env.JUPYTER_CONFIG_DIR = path.join(folder, "config");
  mkdirSync(settings, { recursive: true });
  installCommand([]);
  const data = path.join(folder, "data");
  expect(readdirSync(data).sort()).toEqual(["kernels", "labextensions"]);
  expect(readdirSync(path.join(data, "labextensions", "jupyterlab-codebook"))).toEqual(
    expect.arrayContaining(["package.json", "static", "install.json"]),
  );
  mkdirSync(path.join(data, "codebook", "history"), { recursive: true });
  uninstallCommand(["--keep-data"]);
  expect(readdirSync(path.join(data, "codebook"))).toEqual(["history"]);
  expect(existsSync(settings)).toBe(true);
  uninstallCommand([]);
  expect([existsSync(data), existsSync(settings)]).toEqual([false, false]);
  expect(() => uninstallCommand([])).toThrow(CommandError);
});

test("views whose kernel is gone already are uninstalled too", () => {
  installCommand(["--prefix", folder]);
  rmSync(path.join(specs(folder), "codebook"), { recursive: true });
  uninstallCommand(["--prefix", folder]);
  expect(readdirSync(folder, { recursive: true })).toEqual(["share"]);
});

test("a relative prefix starts at the folder where the command runs", () => {
  installCommand(["--prefix", path.join(path.relative(process.cwd(), folder), "here")]);
  expect(readdirSync(specs(path.join(folder, "here")))).toEqual(["codebook"]);
});

test("the logos have the sizes in their names", () => {
  for (const size of [32, 64]) {
    const png = readFileSync(path.join(root, "kernel", "kernelspec", `logo-${size}x${size}.png`));
    expect([png.toString("latin1", 1, 4), png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual(["PNG", size, size]);
  }
});

describe("the place", () => {
  test("is this user's where nothing is said", () => {
    const target = path.join(folder, "data", "kernels", "codebook");
    for (const args of [[], ["--user"]]) {
      installCommand(args);
      expect(said.at(-1)).toBe(`${installed} for this user: ${target}`);
      expect(existsSync(path.join(target, "kernel.json"))).toBe(true);
      uninstallCommand(args);
      expect(existsSync(target)).toBe(false);
    }
  });

  test("is the environment that is active, a virtual one before conda's", () => {
    const [virtual, conda] = ["virtual", "conda"].map((name) => path.join(folder, name));
    mkdirSync(conda);
    Object.assign(process.env, { VIRTUAL_ENV: virtual, CONDA_PREFIX: conda });
    installCommand(["--sys-prefix"]); // The virtual one is no folder.
    expect(said.at(-1)).toBe(`${installed} in the Python environment ${conda}: ${path.join(specs(conda), "codebook")}`);
    mkdirSync(virtual);
    installCommand(["--sys-prefix"]);
    expect(readdirSync(specs(virtual))).toEqual(["codebook"]);
  });

  test("is the first Python's of the search path where none is active, and is asked for where there is none", () => {
    const answers: Record<string, { status: number | null; stdout?: string }> = {};
    const asked: string[][] = [];
    (jest.spyOn(childProcess, "spawnSync") as jest.SpyInstance).mockImplementation((name: string, args: string[]) => {
      asked.push([name, ...args]);
      return answers[name] ?? { status: null };
    });
    const missing = "--sys-prefix: no Python was found; activate an environment, or name its folder with --prefix";
    expect(() => installCommand(["--sys-prefix"])).toThrow(new CommandError(missing));
    expect(asked).toEqual(["python3", "python"].map((name) => [name, "-c", "import sys; print(sys.prefix)"]));
    answers.python3 = { status: 1, stdout: path.join(folder, "broken") };
    answers.python = { status: 0, stdout: " \n" };
    expect(() => installCommand(["--sys-prefix"])).toThrow(missing);
    answers.python = { status: 0, stdout: `${path.join(folder, "second")}\n` };
    installCommand(["--sys-prefix"]);
    expect(readdirSync(specs(path.join(folder, "second")))).toEqual(["codebook"]);
    answers.python3 = { status: 0, stdout: `${path.join(folder, "first")}\n` };
    installCommand(["--sys-prefix"]);
    expect(readdirSync(specs(path.join(folder, "first")))).toEqual(["codebook"]);
  });
});

test.each([
  [["--user", "--prefix", "x"], "--user, --sys-prefix and --prefix exclude each other; give one"],
  [["--user", "--sys-prefix"], "exclude each other"],
  [["--sys-prefix", "--prefix", "x"], "exclude each other"],
  [["--name", "a b"], 'the name "a b" does not do; Jupyter takes letters, digits, ".", "-" and "_"'],
  [["--name", "../up"], "does not do"],
  [["--name", "."], "does not do"],
  [["--name", ".."], "does not do"],
  [["--name", ""], "does not do"],
  [["--prefix", ""], "--prefix needs a folder"],
])("%j: one clear sentence", (args, problem) => {
  for (const command of [installCommand, uninstallCommand]) {
    expect(() => command(args)).toThrow(problem);
    expect(() => command(args)).toThrow(CommandError);
  }
  expect(readdirSync(folder)).toEqual([]);
});

test("a word that no command knows, and a kernel that is not there", () => {
  expect(() => installCommand(["--prefx", "x"])).toThrow("--prefx");
  const target = path.join(specs(folder), "codebook");
  expect(() => uninstallCommand(["--prefix", folder])).toThrow(
    new CommandError(`no kernel "codebook" is installed in ${folder} (${target})`),
  );
});

describe("what cannot be written or removed", () => {
  const failing = (code: string) => {
    const failure = Object.assign(new Error(`${code}: as the system says it`), { code });
    jest.spyOn(specFiles, "installKernelspec").mockImplementation(() => {
      throw failure;
    });
    jest.spyOn(specFiles, "removeKernelspec").mockImplementation(() => {
      throw failure;
    });
    return failure;
  };
  const raised = (command: (args: string[]) => void, prefix = folder): unknown => {
    try {
      command(["--prefix", prefix]);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  test("is a file in the way, and nothing is half-installed", () => {
    writeFileSync(path.join(folder, "share"), "");
    expect(() => installCommand(["--prefix", folder])).toThrow(
      `${path.join(specs(folder), "codebook")}: a file is in the way (`,
    );
    expect(readdirSync(folder)).toEqual(["share"]);
  });

  test.each(["EACCES", "EPERM", "EROFS"])("is said to be somebody else's, with the way out (%s)", (code) => {
    mkdirSync(path.join(specs(folder), "codebook"), { recursive: true });
    failing(code);
    for (const command of [installCommand, uninstallCommand]) {
      const error = raised(command);
      expect(error).toBeInstanceOf(CommandError);
      expect(String(error)).toContain(`${path.join(specs(folder), "codebook")} may not be written (`);
      expect(String(error)).toContain("; try --user, or --prefix with a folder of yours");
    }
  });

  test("names the nearest folder that is there, and whether it is read-only", () => {
    failing("EACCES");
    // The superuser may write everywhere, so that only one of the two sentences can be asked for.
    const sentence = process.getuid?.() === 0 ? "is read-only" : "belongs to somebody else";
    const locked = path.join(folder, "locked");
    mkdirSync(locked);
    chmodSync(locked, 0o555);
    expect(String(raised(installCommand, path.join(locked, "a", "b")))).toContain(`(${locked} ${sentence})`);
  });

  test.each(["ENOSPC", "EEXIST", "ENOTDIR"])("is explained by what the system says: %s", (code) => {
    failing(code);
    const words = code === "ENOSPC" ? "the disk is full" : `a file is in the way (${code}: as the system says it)`;
    expect(String(raised(installCommand))).toBe(`Error: ${path.join(specs(folder), "codebook")}: ${words}`);
  });

  test("is handed on where nothing is known of it", () => {
    expect(raised((args) => (failing("EIO"), installCommand(args)))).toMatchObject({ code: "EIO" });
  });

  test("follows a link to the folder of the kernels", () => {
    mkdirSync(path.join(folder, "real"));
    symlinkSync(path.join(folder, "real"), path.join(folder, "link"));
    installCommand(["--prefix", path.join(folder, "link")]);
    expect(readdirSync(specs(path.join(folder, "real")))).toEqual(["codebook"]);
  });
});
