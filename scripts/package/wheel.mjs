// The wheel: a Python package that carries the kernel, the extension and the kernelspec.
import { cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { SetupError, step } from "../setup/console.mjs";
import { root, venvBin } from "../setup/index.mjs";
import { run } from "../setup/process.mjs";
import { stage } from "./stage.mjs";

/** The largest wheel that may be made, in bytes: what `pip install` of a slow line waits for: 13 MB, and 1 MB that HDF5's WebAssembly
 *  takes for Keras files. */
export const maxWheelBytes = 14e6;

/** Makes the wheel; resolves to its path. `SetupError` where it is larger than it may be. */
export async function makeWheel() {
  await step("the package's tree", () => stage(root, join(root, "out", "package")).then(() => undefined));
  await step("kernelspec", () => writeKernelspec());
  const folder = join(root, "out", "wheel");
  rmSync(folder, { recursive: true, force: true });
  await step("wheel", () =>
    run(venvBin("python"), [
      "-m",
      "pip",
      "wheel",
      "--no-deps",
      "--quiet",
      "--disable-pip-version-check",
      "-w",
      folder,
      root,
    ]).then(() => undefined),
  );
  const file = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith(".whl")),
  );
  const bytes = statSync(file).size;
  if (bytes > maxWheelBytes)
    throw new SetupError(
      `${file} has ${(bytes / 1e6).toFixed(1)} MB, more than ${maxWheelBytes / 1e6}.`,
      "See what grew with unzip -v.",
    );
  return file;
}

/** kernel.json of an environment: Jupyter puts its own Python in place of "python", which starts Node. */
function writeKernelspec() {
  const folder = join(root, "out", "kernelspec");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, "kernel", "kernelspec"), folder, { recursive: true });
  const { kernelspec } = createRequire(import.meta.url)(join(root, "lib", "kernel", "cli", "kernelspec.js"));
  writeFileSync(
    join(folder, "kernel.json"),
    `${JSON.stringify({ ...kernelspec({ node: "", main: "" }), argv: ["python", "-m", "jupyterlab_codebook.launch", "{connection_file}"] }, undefined, 2)}\n`,
  );
}
