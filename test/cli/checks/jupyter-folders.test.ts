import path from "node:path";
import { jupyterFolders } from "../../../kernel/cli/checks/jupyter-folders";

test("Jupyter's folders stand in its order, each once", () => {
  const environment = { JUPYTER_PATH: ["/a", "/b"].join(path.delimiter), JUPYTER_DATA_DIR: "/data" };
  expect(jupyterFolders("/env", environment, "linux")).toEqual([
    "/a",
    "/b",
    path.join("/env", "share", "jupyter"),
    "/data",
    "/usr/local/share/jupyter",
    "/usr/share/jupyter",
  ]);
  expect(jupyterFolders(undefined, { JUPYTER_DATA_DIR: "/usr/share/jupyter" }, "linux")).toEqual([
    "/usr/share/jupyter",
    "/usr/local/share/jupyter",
  ]);
});
