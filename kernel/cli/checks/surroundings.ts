/** Checks of what lies around an installation: TensorFlow, models, the history, the disk. */
import { accessSync, constants, existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { modelFolders } from "../../open/locate";
import { historyFolder } from "../../session/jupyter-paths";
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
export function checkModels(folders: readonly string[] = modelFolders()): Finding {
  const what = "Models";
  const names: string[] = [];
  for (const folder of folders.filter((one) => existsSync(one))) {
    try {
      names.push(...readdirSync(folder).filter((name) => !name.startsWith(".")));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      const text = `${folder} cannot be read (${code}), so open() finds nothing in it: give yourself the right to, or move it away`;
      return { state: "broken", what, text };
    }
  }
  return names.length > 0
    ? { state: "ok", what, text: [...new Set(names)].join(", ") }
    : { state: "note", what, text: "none by name yet: codebook fetch all-MiniLM-L6-v2 gets one to begin with" };
}

/** The folder of the history of cells. */
export function checkHistory(folder: string = historyFolder()): Finding {
  const there = nearestFolder(folder);
  try {
    if (!statSync(there).isDirectory()) throw new Error("a file is in the way");
    accessSync(there, constants.W_OK | constants.X_OK);
    return { state: "ok", what: "History", text: folder };
  } catch {
    return {
      state: "note",
      what: "History",
      text: `${there} may not be written, so cells are kept for a session only: CODEBOOK_HISTORY names another folder`,
    };
  }
}

/** Bytes below which models and checkpoints soon do not fit, and below which nothing does. */
const scarceBytes = 2e9;
const leastBytes = 5e7;

/** Free space where the command was called, and where history and fetched models lie. */
export function checkDisk(
  folders: readonly string[],
  statfs: (folder: string) => { bavail: number; bsize: number },
): Finding {
  const what = "Disk";
  const free = folders.map((folder) => {
    const there = nearestFolder(folder);
    const { bavail, bsize } = statfs(there);
    return { there, bytes: bavail * bsize };
  });
  const least = free.reduce((a, b) => (b.bytes < a.bytes ? b : a));
  const amount = least.bytes < 1e8 ? `${(least.bytes / 1e6).toFixed(1)} MB` : `${(least.bytes / 1e9).toFixed(1)} GB`;
  const text = `${amount} free in ${least.there}`;
  if (least.bytes < leastBytes) return { state: "broken", what, text: `${text}; nothing can be saved: make room` };
  return least.bytes < scarceBytes
    ? { state: "note", what, text: `${text}; models and checkpoints need room` }
    : { state: "ok", what, text };
}

/** A folder, or the first above it that exists. */
function nearestFolder(folder: string): string {
  let there = path.resolve(folder);
  while (!existsSync(there) && path.dirname(there) !== there) there = path.dirname(there);
  return there;
}
