import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { CommandError } from "./command-error";

/** `sys.prefix` of the Python environment that is meant: the one whose package runs this command, the active one, or that of the Python on the
 *  PATH; `undefined` where there is none. */
export function pythonPrefix(): string | undefined {
  for (const variable of ["CODEBOOK_PYTHON_PREFIX", "VIRTUAL_ENV", "CONDA_PREFIX"]) {
    const prefix = process.env[variable];
    if (prefix && existsSync(prefix) && statSync(prefix).isDirectory()) return prefix;
  }
  for (const python of ["python3", "python"]) {
    const { status, stdout } = spawnSync(python, ["-c", "import sys; print(sys.prefix)"], { encoding: "utf8" });
    if (status === 0 && stdout.trim()) return stdout.trim();
  }
  return undefined;
}

/** The Python program of that environment, else the one on the PATH. `CommandError` where there is none. */
export function findPython(): string {
  const prefix = pythonPrefix();
  const inside = prefix && path.join(prefix, process.platform === "win32" ? "python.exe" : path.join("bin", "python"));
  if (inside && existsSync(inside)) return inside;
  for (const python of ["python3", "python"])
    if (spawnSync(python, ["--version"], { env: process.env }).status === 0) return python;
  throw new CommandError("no Python was found; activate an environment that has pip");
}
