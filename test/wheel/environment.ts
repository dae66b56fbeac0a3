/** A Python environment that holds the wheel and nothing of this checkout: `pip install jupyterlab-codebook[node]` as a user does it, then used
 *  from a folder of its own, with no Node on the PATH and none of the variables that lead to this checkout. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { python, root } from "../browser/site";

/** The environment and a folder to work in. */
export interface Environment {
  readonly wheel: string;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Absolute path of a program of the environment. */
  program(name: string): string;
  /** Runs a program of the environment in the folder; resolves to what it printed, and its exit code. */
  run(name: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<{ code: number | null; said: string }>;
  remove(): void;
}

/** Packages beside the wheel: what opens, runs and parametrizes notebooks. */
const beside = ["jupyterlab==4.6.6", "nbclient==0.11.0", "papermill==2.7.0"];

/** Builds the wheel and installs it. */
export function makeEnvironment(): Environment {
  execFileSync(process.execPath, [join(root, "scripts", "wheel.mjs"), "--built"], { cwd: root, stdio: "pipe" });
  const built = join(root, "out", "wheel");
  const wheel = join(built, readdirSync(built).find((name) => name.endsWith(".whl")) ?? "no wheel");
  const place = mkdtempSync(join(os.tmpdir(), "codebook wheel ü-")); // Folders of users have such names.
  const folder = join(place, "work");
  mkdirSync(folder);
  const home = join(place, "env");
  execFileSync(python, ["-m", "venv", home]);
  const program = (name: string): string => join(home, "bin", name);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  execFileSync(program("python"), [...pip, `${wheel}[node]`, ...beside], { stdio: "pipe" });
  const env = {
    PATH: [join(home, "bin"), "/bin"].join(":"),
    HOME: join(place, "home"),
    LANG: "C.UTF-8",
  };
  mkdirSync(env.HOME);
  if (existsSync("/bin/node")) env.PATH = join(home, "bin");
  const run: Environment["run"] = (name, args, more = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(program(name), args, { cwd: folder, env: { ...env, ...more }, timeout: 120_000 });
      let said = "";
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (said += data.toString()));
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, said }));
    });
  return { wheel, folder, env, program, run, remove: () => rmSync(place, { recursive: true, force: true }) };
}
