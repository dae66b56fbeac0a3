/** The outside references and example models that tests compare with, and whether they are on this machine. `npm test` fetches the models
 *  and llama.cpp's library; `npm run references` installs the large Python libraries. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../..");

/** llama.cpp's libraries, from npm's @node-llama-cpp/linux-x64: libggml-base.so and its sisters. */
export const llamaFolder = join(root, ".references/node_modules/@node-llama-cpp/linux-x64/bins/linux-x64");
export const ggmlLibrary = join(llamaFolder, "libggml-base.so");

/** Models that other people published, from scripts/setup/real-files.mjs. */
export const realFiles = join(root, ".references/files");

export const miniLm = join(root, "models/all-MiniLM-L6-v2");
export const smolLm = join(root, "models/SmolLM2-135M-Instruct/SmolLM2-135M-Instruct.Q4_1.gguf");

/** The Python of the large references, else the one of the tests. */
const ownPython = join(root, ".references/python/bin/python");
export const referencePython = existsSync(ownPython) ? ownPython : (process.env.CODEBOOK_PYTHON ?? "python3");

/** Whether `referencePython` has all of these. It looks for them and does not load them, which takes some of them many seconds. */
export function hasModules(...modules: readonly string[]): boolean {
  const script = "import importlib.util as u, sys; sys.exit(not all(u.find_spec(name) for name in sys.argv[1:]))";
  return spawnSync(referencePython, ["-c", script, ...modules], { timeout: 120_000 }).status === 0;
}

/** `it` where all that is needed (paths, or whether there is something) is there. Elsewhere the test is counted as skipped; with
 *  CODEBOOK_SKIP_NOTHING set, as in continuous integration, it runs and fails for want of the reference. */
export function itWith(...needed: readonly (string | boolean)[]): jest.It {
  const isThere = needed.every((one) => (typeof one === "string" ? existsSync(one) : one));
  return isThere || process.env.CODEBOOK_SKIP_NOTHING ? it : it.skip;
}
