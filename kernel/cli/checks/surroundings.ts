/** Checks of what lies around an installation: TensorFlow, models, the history, the disk. */
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fetchedModelsFolder, historyFolder } from "../../session/jupyter-paths";
import type { Finding } from "./finding";

const load = createRequire(__filename);

/** What runs tfjs: the native TensorFlow, which is fetched apart, or WebAssembly, which is here. */
export function checkTensorFlow(resolve: (name: string) => string = (name) => load.resolve(name)): Finding {
  const what = "TensorFlow";
  try {
    const folder = path.dirname(resolve("@tensorflow/tfjs-node/package.json"));
    if (existsSync(path.join(folder, "lib", "napi-v8", "tfjs_binding.node")))
      return { state: "ok", what, text: `native, in ${folder}` };
  } catch {
    // The package is not here: the note below says what runs instead.
  }
  return {
    state: "note",
    what,
    text: "layers train on WebAssembly; the native TensorFlow is about 5 times as fast, and is for a clone of Codebook: npm run native",
  };
}

/** Models that `open` finds by name. */
export function checkModels(folders: readonly string[] = [path.resolve("models"), fetchedModelsFolder()]): Finding {
  const names = folders
    .flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []))
    .filter((name) => !name.startsWith("."));
  return names.length > 0
    ? { state: "ok", what: "Models", text: [...new Set(names)].join(", ") }
    : {
        state: "note",
        what: "Models",
        text: "none by name yet: codebook fetch all-MiniLM-L6-v2 gets one to begin with",
      };
}

/** The folder of the history of cells. */
export function checkHistory(folder: string = historyFolder()): Finding {
  const what = "History";
  let there = path.resolve(folder);
  while (!existsSync(there)) there = path.dirname(there);
  try {
    accessSync(there, constants.W_OK);
    return { state: "ok", what, text: folder };
  } catch {
    return {
      state: "note",
      what,
      text: `${there} may not be written, so cells are kept for a session only: CODEBOOK_HISTORY names another folder`,
    };
  }
}

/** Bytes below which models and checkpoints soon do not fit. */
const scarceBytes = 2e9;

/** Free space where the command was called. */
export function checkDisk(folder: string, statfs: (folder: string) => { bavail: number; bsize: number }): Finding {
  const { bavail, bsize } = statfs(folder);
  const free = bavail * bsize;
  const text = `${(free / 1e9).toFixed(1)} GB free in ${folder}`;
  return free < scarceBytes
    ? { state: "note", what: "Disk", text: `${text}; models and checkpoints need room` }
    : { state: "ok", what: "Disk", text };
}
