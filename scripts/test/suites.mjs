// The suites of npm test.
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { root, venvBin } from "../setup/index.mjs";
import { jest, program, pytest } from "./run.mjs";

const native = join(root, "node_modules", "@tensorflow", "tfjs-node", "lib", "napi-v8", "tfjs_binding.node");

/** Files of the suite "unit": all but those of other suites. Many of its tests wait for other programs: two at a time also where there are
 *  two cores. */
export const unitArgs = [
  `--maxWorkers=${Math.max(2, availableParallelism() - 1)}`,
  "--testPathIgnorePatterns",
  "lib/test/(browser|train|notebooks|wheel)/",
];

/** Each suite by its name: a function of { output, env }. */
export const suites = {
  lint: (context) => program("lint", process.execPath, [join(root, "scripts", "lint.mjs")], context),
  unit: (context) => jest("unit", unitArgs, context),
  async train({ output, env }) {
    const on = (backend) =>
      jest(`train on ${backend}`, ["lib/test/train/"], { output, env: { ...env, CODEBOOK_TF_BACKEND: backend } });
    await on("wasm");
    if (existsSync(native)) await on("tensorflow");
    else
      output.write(
        "The tensorflow backend is not installed (npm run native gets it): its run of these tests is left out.\n\n",
      );
  },
  protocol: (context) => pytest("protocol", venvBin("python"), context),
  notebooks: (context) => jest("notebooks", ["--runInBand", "lib/test/notebooks/"], context),
  wheel: (context) => jest("wheel", ["--runInBand", "lib/test/wheel/"], context),
  browser: (context) => jest("browser", ["--runInBand", "lib/test/browser/"], context),
};
