import path from "node:path";
import { historyFolder, jupyterDataFolder, viewSettingsFolder } from "../../kernel/session/jupyter-paths";

const home = path.resolve("/home/someone");

test.each([
  [{}, "linux", path.join(home, ".local", "share", "jupyter")],
  [{ XDG_DATA_HOME: "/data" }, "linux", path.join("/data", "jupyter")],
  [{ XDG_DATA_HOME: "" }, "linux", path.join(home, ".local", "share", "jupyter")],
  [{ XDG_DATA_HOME: "/data" }, "darwin", path.join(home, "Library", "Jupyter")],
  [{}, "win32", path.join(home, "AppData", "Roaming", "jupyter")],
  [{ APPDATA: "/roaming" }, "win32", path.join("/roaming", "jupyter")],
  [{ JUPYTER_DATA_DIR: "/own", XDG_DATA_HOME: "/data" }, "linux", path.resolve("/own")],
] as const)("with %p on %s the data folder is %s", (environment, platform, folder) => {
  expect(jupyterDataFolder(environment, platform, home)).toBe(folder);
});

test("the history lies in the data folder, or where CODEBOOK_HISTORY says", () => {
  expect(historyFolder({ JUPYTER_DATA_DIR: "/own" })).toBe(path.join(path.resolve("/own"), "codebook", "history"));
  expect(historyFolder({ JUPYTER_DATA_DIR: "/own", CODEBOOK_HISTORY: "/elsewhere" })).toBe("/elsewhere");
});

test("settings of the views lie in Jupyter's settings, or where JupyterLab was told", () => {
  expect(viewSettingsFolder({}, home)).toBe(path.join(home, ".jupyter", "lab", "user-settings"));
  expect(viewSettingsFolder({ JUPYTER_CONFIG_DIR: "/c" }, home)).toBe(path.join("/c", "lab", "user-settings"));
  expect(viewSettingsFolder({ JUPYTER_CONFIG_DIR: "/c", JUPYTERLAB_SETTINGS_DIR: "/s" }, home)).toBe("/s");
});
