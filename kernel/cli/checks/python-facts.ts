/** What the Python of an environment knows of Jupyter: asked once, of Jupyter's own code. */
import { spawnSync } from "node:child_process";
import path from "node:path";
import { findPython } from "../python";

/** The answers of a Python. */
export interface PythonFacts {
  /** Where Jupyter looks for kernels and extensions, in its order; nothing where Jupyter is not there. */
  readonly folders?: readonly string[];
  /** Where Jupyter looks for settings, in its order. */
  readonly settings?: readonly string[];
  /** Version of JupyterLab. */
  readonly lab?: string;
  /** It can start the kernel of the wheel: `python -m jupyterlab_codebook.launch`. */
  readonly launches: boolean;
}

const script = `
import importlib.metadata, importlib.util, json
facts = {"launches": importlib.util.find_spec("jupyterlab_codebook") is not None}
try:
    from jupyter_core.paths import jupyter_config_path, jupyter_path
    facts.update(folders=jupyter_path(), settings=jupyter_config_path())
    facts["lab"] = importlib.metadata.version("jupyterlab")
except ImportError:
    pass
print(json.dumps(facts))
`;

/** Asks the Python that `findPython` finds; `undefined` where there is none, or none that answers. */
export function askPython(): PythonFacts | undefined {
  // In the outermost folder, because Python takes modules from the folder it runs in.
  const how = { encoding: "utf8", cwd: path.resolve("/") } as const;
  try {
    const { status, stdout } = spawnSync(findPython(), ["-c", script], { ...how, env: process.env });
    return status === 0 ? (JSON.parse(stdout) as PythonFacts) : undefined;
  } catch {
    return undefined;
  }
}
