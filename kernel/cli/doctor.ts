import { statfsSync } from "node:fs";
import { parseArgs } from "node:util";
import { packageVersion } from "../version";
import type { Finding } from "./checks/finding";
import { checkEngine, checkExtension, checkJupyter, checkKernelspec } from "./checks/installation";
import { checkDisk, checkHistory, checkModels, checkTensorFlow } from "./checks/surroundings";
import { jupyterFolders } from "./checks/jupyter-folders";
import { pythonPrefix } from "./python";

const marks: Readonly<Record<Finding["state"], string>> = { ok: "ok   ", note: "note ", broken: "!!   " };

/** `codebook doctor`: looks at all that an installed Codebook needs and prints a line for each; the exit code is 1 where something is broken. */
export function doctorCommand(args: string[]): void {
  parseArgs({ args, options: {} });
  const prefix = pythonPrefix();
  const folders = jupyterFolders(prefix);
  const findings = [
    checkEngine(),
    checkKernelspec(folders),
    checkJupyter(prefix),
    checkExtension(folders),
    checkTensorFlow(),
    checkModels(),
    checkHistory(),
    checkDisk(process.cwd(), (folder) => statfsSync(folder)),
  ];
  console.log(`Codebook ${packageVersion}`);
  for (const { state, what, text } of findings) console.log(`${marks[state]}${what}: ${text}`);
  if (findings.some(({ state }) => state === "broken")) process.exitCode = 1;
}
