import os from "node:os";
import path from "node:path";
import { jupyterDataFolder } from "../../session/jupyter-paths";

/** The folders in which Jupyter looks for kernels and extensions, in its order: JUPYTER_PATH, this user's, that of the Python environment, those
 *  of the machine. Source: jupyter_core, `jupyter_path`, with the environment's folder first, as it is in a virtual environment. */
export function jupyterFolders(
  prefix: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string[] {
  const given = (environment.JUPYTER_PATH ?? "").split(path.delimiter).filter((folder) => folder !== "");
  const own = prefix === undefined ? [] : [path.join(prefix, "share", "jupyter")];
  const machine =
    platform === "win32"
      ? [path.join(environment.PROGRAMDATA ?? path.join(os.homedir(), "ProgramData"), "jupyter")]
      : ["/usr/local/share/jupyter", "/usr/share/jupyter"];
  return [...new Set([...given, ...own, jupyterDataFolder(environment, platform), ...machine])];
}
