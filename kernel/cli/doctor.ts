import { statfsSync } from "node:fs";
import { parseArgs } from "node:util";
import { ownDataFolder } from "../session/jupyter-paths";
import { packageVersion } from "../version";
import type { Finding } from "./checks/finding";
import { checkEngine, checkExtension, checkJupyter, checkKernelspec } from "./checks/installation";
import { checkDisk, checkHistory, checkModels, checkTensorFlow } from "./checks/surroundings";
import { jupyterFolders } from "./checks/jupyter-folders";
import { askPython } from "./checks/python-facts";
import { pythonPrefix } from "./python";

const marks: Readonly<Record<Finding["state"], string>> = { ok: "ok   ", note: "note ", broken: "!!   " };

/** `codebook doctor`: looks at all that an installed Codebook needs and prints a line for each; the exit code is 1 where something is broken. */
export function doctorCommand(args: string[]): void {
  parseArgs({ args, options: {} });
  const prefix = pythonPrefix();
  const python = askPython();
  const folders = python?.folders ?? jupyterFolders(prefix);
  const findings = [
    attempt("Node", () => checkEngine()),
    attempt("Kernel", () => checkKernelspec(folders, python)),
    attempt("JupyterLab", () => checkJupyter(prefix, python)),
    attempt("Views", () => checkExtension(folders, python?.settings)),
    attempt("TensorFlow", () => checkTensorFlow()),
    attempt("Models", () => checkModels()),
    attempt("History", () => checkHistory()),
    attempt("Disk", () => checkDisk([process.cwd(), ownDataFolder()], (folder) => statfsSync(folder))),
  ];
  console.log(`Codebook ${packageVersion}`);
  for (const { state, what, text } of findings) console.log(`${marks[state]}${what}: ${text}`);
  if (findings.some(({ state }) => state === "broken")) process.exitCode = 1;
}

/** What a check finds; one that cannot look is broken itself, and the others go on. */
export function attempt(what: string, check: () => Finding): Finding {
  try {
    return check();
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    const isGone = code === "ENOENT" && syscall === "uv_cwd";
    return { state: "broken", what, text: isGone ? "this folder is gone: go to one that exists" : message };
  }
}
