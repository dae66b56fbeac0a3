import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { jupyterDataFolder } from "../session/jupyter-paths";
import { CommandError } from "./command-error";
import { installKernelspec, removeKernelspec } from "./kernelspec";

interface Place {
  /** Folder that holds the kernelspecs. */
  folder: string;
  name: string;
  /** The folder in words, such as "for this user". */
  words: string;
}

/** `codebook install`. */
export function installCommand(args: string[]): void {
  const { folder, name, words } = choosePlace(args);
  const root = path.resolve(__dirname, "../../..");
  const main = path.join(root, "lib", "kernel", "main.js");
  const logos = path.join(root, "kernel", "kernelspec");
  if (!existsSync(main)) throw new CommandError(`${main} is not there: build it first, with npm run build`);
  const target = path.join(folder, name);
  try {
    installKernelspec(target, { node: process.execPath, main, logos });
  } catch (error) {
    throw explainFailure(error, target);
  }
  console.log(`Installed the kernel "TypeScript (Codebook)" ${words}: ${target}`);
}

/** `codebook uninstall`. */
export function uninstallCommand(args: string[]): void {
  const { folder, name, words } = choosePlace(args);
  const target = path.join(folder, name);
  if (!existsSync(target)) throw new CommandError(`no kernel "${name}" is installed ${words} (${target})`);
  try {
    removeKernelspec(target);
  } catch (error) {
    throw explainFailure(error, target);
  }
  console.log(`Removed ${target}`);
}

function choosePlace(args: string[]): Place {
  const { values } = parseArgs({
    args,
    options: {
      user: { type: "boolean" },
      "sys-prefix": { type: "boolean" },
      prefix: { type: "string" },
      name: { type: "string" },
    },
  });
  const chosen = [values.user, values["sys-prefix"], values.prefix !== undefined].filter(Boolean).length;
  if (chosen > 1) throw new CommandError("--user, --sys-prefix and --prefix exclude each other; give one");
  const name = (values.name ?? "codebook").toLowerCase();
  if (!/^[a-z0-9._-]+$/.test(name) || /^\.+$/.test(name))
    throw new CommandError(
      `the name ${JSON.stringify(values.name)} does not do; Jupyter takes letters, digits, ".", "-" and "_"`,
    );
  if (values.prefix === "") throw new CommandError("--prefix needs a folder");
  if (values.prefix !== undefined) {
    const prefix = path.resolve(values.prefix);
    return { folder: kernelsBelow(prefix), name, words: `in ${prefix}` };
  }
  if (values["sys-prefix"]) {
    const prefix = pythonPrefix();
    return { folder: kernelsBelow(prefix), name, words: `in the Python environment ${prefix}` };
  }
  return { folder: path.join(jupyterDataFolder(), "kernels"), name, words: "for this user" };
}

const kernelsBelow = (prefix: string): string => path.join(prefix, "share", "jupyter", "kernels");

/** `sys.prefix` of the Python environment that is active. */
function pythonPrefix(): string {
  for (const variable of ["VIRTUAL_ENV", "CONDA_PREFIX"]) {
    const prefix = process.env[variable];
    if (prefix && existsSync(prefix) && statSync(prefix).isDirectory()) return prefix;
  }
  for (const python of ["python3", "python"]) {
    const { status, stdout } = spawnSync(python, ["-c", "import sys; print(sys.prefix)"], { encoding: "utf8" });
    if (status === 0 && stdout.trim()) return stdout.trim();
  }
  throw new CommandError(
    "--sys-prefix: no Python was found; activate an environment, or name its folder with --prefix",
  );
}

function explainFailure(error: unknown, target: string): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EACCES" || code === "EPERM" || code === "EROFS")
    return new CommandError(
      `${target} may not be written (${firstBarrier(target)}); try --user, or --prefix with a folder of yours`,
    );
  if (code === "ENOSPC") return new Error(`${target}: the disk is full`);
  if (code === "ENOTDIR" || code === "EEXIST") return new Error(`${target}: a file is in the way (${message})`);
  return error instanceof Error ? error : new Error(String(error));
}

/** The nearest folder above `target` that exists: the one that could not be written to. */
function firstBarrier(target: string): string {
  let folder = path.dirname(target);
  while (!existsSync(folder) && path.dirname(folder) !== folder) folder = path.dirname(folder);
  try {
    accessSync(folder, constants.W_OK);
    return `${folder} is read-only`;
  } catch {
    return `${folder} belongs to somebody else`;
  }
}
