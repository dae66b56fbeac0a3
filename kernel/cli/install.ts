import { accessSync, constants, existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { jupyterDataFolder, ownDataFolder, viewSettingsFolder } from "../session/jupyter-paths";
import { CommandError } from "./command-error";
import { installExtension } from "./labextension";
import { installKernelspec, removeKernelspec } from "./kernelspec";
import { pythonPrefix } from "./python";

interface Place {
  /** Folder that holds the kernelspecs. */
  folder: string;
  /** Folder that holds the extensions of JupyterLab. */
  extensions: string;
  name: string;
  /** The folder in words, such as "for this user". */
  words: string;
  /** It is this user's own. */
  isUser: boolean;
}

/** `codebook install`: the kernel, and the views where this package carries them. */
export function installCommand(args: string[]): void {
  const { folder, name, words, extensions } = choosePlace(args);
  const root = path.resolve(__dirname, "../../..");
  const main = path.join(root, "lib", "kernel", "main.js");
  const logos = path.join(root, "kernel", "kernelspec");
  if (!existsSync(main)) throw new CommandError(`${main} is not there: build it first, with npm run build`);
  const target = path.join(folder, name);
  whole(target, () => installKernelspec(target, { node: process.execPath, main, logos }));
  const views = path.join(root, "lib", "labextension");
  if (existsSync(views)) {
    const home = path.join(extensions, extensionName);
    whole(home, () => installExtension(home, views, path.join(root, "install.json")));
    console.log(`Installed the views for JupyterLab and Notebook ${words}: ${home}`);
  }
  console.log(`Installed the kernel "TypeScript (Codebook)" ${words}: ${target}`);
}

/** Does `work`; its failure is explained by the folder that it was to write. */
function whole(target: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw explainFailure(error, target);
  }
}

/** `codebook uninstall`: kernelspec and views, and for this user all that Codebook kept: the history of cells, fetched models, settings of the
 *  views. What kernels share stays while another one of Codebook is installed there; folders that are empty then go too. */
export function uninstallCommand(args: string[]): void {
  const keepsData = args.includes("--keep-data");
  const { folder, name, words, isUser, extensions } = choosePlace(args.filter((word) => word !== "--keep-data"));
  const target = path.join(folder, name);
  const isLast = !otherKernels(folder, name).length;
  const removed: [place: string, note: string][] = [[target, ""]];
  if (isLast) removed.push([path.join(extensions, extensionName), ""]);
  if (isLast && isUser && !keepsData)
    removed.push(
      [ownDataFolder(), ": the history of cells, fetched models"],
      [path.join(viewSettingsFolder(), extensionName), ": settings of the views"],
    );
  const there = removed.filter(([place]) => existsSync(place));
  if (there.length === 0) throw new CommandError(`no kernel "${name}" is installed ${words} (${target})`);
  for (const [place, note] of there)
    whole(place, () => {
      if (place === target) removeKernelspec(place);
      else rmSync(place, { recursive: true });
      console.log(`Removed ${place}${note}`);
    });
  for (const emptied of [folder, extensions, path.dirname(folder)]) removeEmpty(emptied);
  if (process.env.CODEBOOK_PYTHON_PREFIX !== undefined)
    console.log("pip uninstall jupyterlab-codebook takes the rest.");
}

/** Names of other kernels of Codebook beside this one. */
function otherKernels(folder: string, name: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((other) => {
    const file = path.join(folder, other, "kernel.json");
    return other !== name && existsSync(file) && readFileSync(file, "utf8").includes('"TypeScript (Codebook)"');
  });
}

/** Takes a folder away that holds nothing. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It holds something, or is not there: both are as they should be.
  }
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
    return { ...below(path.join(prefix, "share", "jupyter")), name, words: `in ${prefix}`, isUser: false };
  }
  if (values["sys-prefix"]) {
    const prefix = pythonPrefix();
    if (prefix === undefined)
      throw new CommandError(
        "--sys-prefix: no Python was found; activate an environment, or name its folder with --prefix",
      );
    return {
      ...below(path.join(prefix, "share", "jupyter")),
      name,
      words: `in the Python environment ${prefix}`,
      isUser: false,
    };
  }
  return { ...below(jupyterDataFolder()), name, words: "for this user", isUser: true };
}

/** Where Jupyter looks below a folder of its data. */
const below = (data: string) => ({ folder: path.join(data, "kernels"), extensions: path.join(data, "labextensions") });

const extensionName = "jupyterlab-codebook";

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
