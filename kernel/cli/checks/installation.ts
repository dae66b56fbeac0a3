/** Checks of what an installation consists of: Node, the kernel as Jupyter knows it, Jupyter, the extension. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { packageVersion, untestedNode } from "../../version";
import type { Finding } from "./finding";
import { findPython } from "../python";

const load = createRequire(__filename);

/** The package whose native part must load. */
const sockets = "zeromq";

/** Node, its version, and whether the sockets of ZeroMQ load in it. */
export function checkEngine(version = process.versions.node, loads: (name: string) => unknown = load): Finding {
  const what = "Node";
  try {
    loads(sockets);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    return { state: "broken", what, text: `${version} (${process.execPath}): ZeroMQ does not load: ${reason}` };
  }
  const untested = untestedNode(version);
  return untested === undefined
    ? { state: "ok", what, text: `${version} (${process.execPath})` }
    : { state: "note", what, text: `${untested} (${process.execPath})` };
}

/** The kernelspec that Jupyter finds first, and whether what it starts is there. */
export function checkKernelspec(folders: readonly string[]): Finding {
  const what = "Kernel";
  const found = folders.map((folder) => path.join(folder, "kernels", "codebook")).find((folder) => existsSync(folder));
  if (found === undefined) return { state: "broken", what, text: "Jupyter does not know it: codebook install --user" };
  const file = path.join(found, "kernel.json");
  const spec = jsonOf(file);
  const argv = Array.isArray(spec?.argv) ? (spec.argv as unknown[]).map(String) : [];
  if (argv.length === 0) return { state: "broken", what, text: `${file} is no kernelspec: codebook install --user` };
  const missing = argv.filter((word) => path.isAbsolute(word)).find((word) => !existsSync(word));
  if (missing !== undefined)
    return { state: "broken", what, text: `${file} starts ${missing}, which is not there: codebook install --user` };
  return { state: "ok", what, text: found };
}

/** JupyterLab in the Python environment. */
export function checkJupyter(prefix: string | undefined): Finding {
  const what = "JupyterLab";
  if (prefix === undefined) return { state: "note", what, text: "no Python was found" };
  const { status, stdout } = spawnSync(findPython(), ["-c", "import jupyterlab; print(jupyterlab.__version__)"], {
    encoding: "utf8",
  });
  if (status !== 0) return { state: "note", what, text: `not in ${prefix}: pip install jupyterlab` };
  const version = stdout.trim();
  return Number.parseInt(version, 10) === 4
    ? { state: "ok", what, text: `${version} in ${prefix}` }
    : { state: "broken", what, text: `${version} in ${prefix}; the views are for 4: pip install "jupyterlab>=4.6,<5"` };
}

/** The extension that JupyterLab finds first, and its version beside the kernel's. */
export function checkExtension(folders: readonly string[]): Finding {
  const what = "Views";
  const found = folders
    .map((folder) => path.join(folder, "labextensions", "jupyterlab-codebook"))
    .find((folder) => existsSync(path.join(folder, "package.json")));
  if (found === undefined)
    return {
      state: "note",
      what,
      text: "JupyterLab has no extension of Codebook, so figures are static: pip install jupyterlab-codebook",
    };
  const version = jsonOf(path.join(found, "package.json"))?.version;
  return version === packageVersion
    ? { state: "ok", what, text: `${found}, version ${packageVersion}` }
    : {
        state: "broken",
        what,
        text: `${found} has version ${String(version)}, the kernel ${packageVersion}: pip install jupyterlab-codebook==${packageVersion}`,
      };
}

function jsonOf(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
