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

/** Where Codebook keeps what is this user's: the history of cells, and models that `codebook fetch` got. */
export function ownDataFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return path.join(jupyterDataFolder(environment), "codebook");
}

/** Where the sessions' input history is kept; `CODEBOOK_HISTORY` names another folder. */
export function historyFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.CODEBOOK_HISTORY || path.join(ownDataFolder(environment), "history");
}

/** Where models lie that `codebook fetch` got: `open` finds them by name. */
export function fetchedModelsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return path.join(ownDataFolder(environment), "models");
}

/** Where JupyterLab keeps this user's settings of extensions, a folder each. Source: jupyterlab.commands, `get_user_settings_dir`. */
export function viewSettingsFolder(environment: NodeJS.ProcessEnv = process.env, home: string = os.homedir()): string {
  const own = environment.JUPYTERLAB_SETTINGS_DIR;
  return own || path.join(environment.JUPYTER_CONFIG_DIR || path.join(home, ".jupyter"), "lab", "user-settings");
}
