/** Checks of what an installation consists of: Node, the kernel as Jupyter knows it, Jupyter, the extension. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { jupyterDataFolder } from "../../session/jupyter-paths";
import { oldNode, packageVersion, untestedNode } from "../../version";
import type { Finding } from "./finding";
import type { PythonFacts } from "./python-facts";

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
    const text = `${version} (${process.execPath}): ZeroMQ does not load: ${reason}; install Node 22 or 24 of this machine's system and processor`;
    return { state: "broken", what, text };
  }
  const untested = untestedNode(version);
  return untested === undefined
    ? { state: "ok", what, text: `${version} (${process.execPath})` }
    : { state: "note", what, text: `${untested} (${process.execPath})` };
}

/** The kernelspec that Jupyter finds first, and whether what it starts is there, in a Node that can run it, and of this version. */
export function checkKernelspec(folders: readonly string[], python?: PythonFacts): Finding {
  const what = "Kernel";
  const broken = (text: string): Finding => ({ state: "broken", what, text: `${text}: codebook install --user` });
  const found = folders.map((folder) => path.join(folder, "kernels", "codebook")).find((folder) => existsSync(folder));
  if (found === undefined) return broken("Jupyter does not know it");
  const file = path.join(found, "kernel.json");
  const spec = jsonOf(file);
  const argv = Array.isArray(spec?.argv) ? (spec.argv as unknown[]).map(String) : [];
  if (argv.length === 0) return broken(`${file} is no kernelspec`);
  const missing = argv.filter((word) => path.isAbsolute(word)).find((word) => !existsSync(word));
  if (missing !== undefined) return broken(`${file} starts ${missing}, which is not there`);
  if (argv.includes(launcher) && python !== undefined && !python.launches)
    return broken(`${file} starts the Python package jupyterlab_codebook, which this Python does not have`);
  const main = argv.find((word) => word.endsWith("main.js"));
  if (main === undefined) return { state: "ok", what, text: found };
  const other = jsonOf(path.join(path.dirname(main), "..", "..", "package.json"))?.version;
  if (other !== packageVersion) return broken(`${file} starts Codebook ${String(other)}, this is ${packageVersion}`);
  const old = oldNode(spawnSync(argv[0], ["--version"], { encoding: "utf8" }).stdout.trim());
  return old === undefined ? { state: "ok", what, text: found } : broken(`${file} starts ${argv[0]}: ${old}`);
}

/** What the kernelspec of the wheel names instead of a file. */
const launcher = "jupyterlab_codebook.launch";

/** JupyterLab in the Python environment. */
export function checkJupyter(prefix: string | undefined, python: PythonFacts | undefined): Finding {
  const what = "JupyterLab";
  if (prefix === undefined || python === undefined)
    return { state: "note", what, text: "no Python was found; activate the environment that JupyterLab is in" };
  const { lab } = python;
  if (lab === undefined) return { state: "note", what, text: `not in ${prefix}: pip install jupyterlab` };
  return Number.parseInt(lab, 10) === 4
    ? { state: "ok", what, text: `${lab} in ${prefix}` }
    : { state: "broken", what, text: `${lab} in ${prefix}; the views are for 4: pip install "jupyterlab>=4.6,<5"` };
}

/** The extension that JupyterLab finds first, its version beside the kernel's, and whether settings turn it off. */
export function checkExtension(folders: readonly string[], settings: readonly string[] = []): Finding {
  const what = "Views";
  const found = folders
    .map((folder) => path.join(folder, "labextensions", extension))
    .find((folder) => existsSync(path.join(folder, "package.json")));
  if (found === undefined)
    return {
      state: "note",
      what,
      text: "JupyterLab has no extension of Codebook, so figures are static: pip install jupyterlab-codebook",
    };
  const version = jsonOf(path.join(found, "package.json"))?.version;
  if (version !== packageVersion) {
    const shadows = found.startsWith(jupyterDataFolder() + path.sep);
    const remedy = shadows
      ? "codebook uninstall --user --keep-data takes it away"
      : `pip install jupyterlab-codebook==${packageVersion}`;
    const text = `${found} has version ${String(version)}, the kernel ${packageVersion}: ${remedy}`;
    return { state: "broken", what, text };
  }
  const turnedOff = settings.map((folder) => path.join(folder, "labconfig", "page_config.json")).find(isTurnedOff);
  if (turnedOff !== undefined) {
    const text = `${turnedOff} turns them off, so figures are static: jupyter labextension enable ${extension}`;
    return { state: "note", what, text };
  }
  return { state: "ok", what, text: `${found}, version ${packageVersion}` };
}

const extension = "jupyterlab-codebook";

/** Whether a page_config.json of JupyterLab names the extension, or a part of it, among those that are not loaded. */
function isTurnedOff(file: string): boolean {
  const disabled: unknown = jsonOf(file)?.disabledExtensions;
  if (typeof disabled !== "object" || disabled === null) return false;
  const entries: (readonly [unknown, unknown])[] = Array.isArray(disabled)
    ? disabled.map((name: unknown) => [name, true])
    : Object.entries(disabled);
  return entries.some(([name, is]) => is === true && String(name).split(":")[0] === extension);
}

function jsonOf(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
