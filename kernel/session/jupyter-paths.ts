import os from "node:os";
import path from "node:path";

/** Jupyter's data folder of this user (what `jupyter --data-dir` prints). */
export function jupyterDataFolder(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = os.homedir(),
): string {
  if (environment.JUPYTER_DATA_DIR) return path.resolve(environment.JUPYTER_DATA_DIR);
  if (platform === "darwin") return path.join(home, "Library", "Jupyter");
  if (platform === "win32") return path.join(environment.APPDATA ?? path.join(home, "AppData", "Roaming"), "jupyter");
  return path.join(environment.XDG_DATA_HOME || path.join(home, ".local", "share"), "jupyter");
}

/** Where the sessions' input history is kept; `CODEBOOK_HISTORY` names another folder. */
export function historyFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.CODEBOOK_HISTORY || path.join(jupyterDataFolder(environment), "codebook", "history");
}
