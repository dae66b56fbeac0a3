// The outside references that are too large for every test run: llama.cpp's library (30 MB, with every test set-up on Linux x64) and the
// Python libraries of requirements-references.txt (npm run references). Both live in .references/, apart from what Codebook itself needs.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SetupError, step } from "./console.mjs";
import { run } from "./process.mjs";
import { digest, isStamped, writeStamp } from "./stamp.mjs";

const llama = {
  package: "@node-llama-cpp/linux-x64",
  version: "3.22.1",
  library: "bins/linux-x64/libggml-base.so",
  sha256: "6c342c8aeb20cb31a18099d6f79de4de6703814d1cfd5c4d754a8643087e486e",
};

/** llama.cpp's prebuilt library, out of an npm package; elsewhere than on Linux x64 there is none, and its comparisons are skipped. */
export async function fetchLlama(root) {
  if (process.platform !== "linux" || process.arch !== "x64") return;
  const folder = join(root, ".references");
  const library = join(folder, "node_modules", llama.package, llama.library);
  await step(`llama.cpp's library ${llama.version}`, async () => {
    if (existsSync(library) && sha256(library) === llama.sha256) return false;
    mkdirSync(folder, { recursive: true });
    // A package of its own, so that npm does not look for one in the folders above.
    writeFileSync(join(folder, "package.json"), `${JSON.stringify({ name: "references", private: true })}\n`);
    const args = ["install", "--prefix", folder, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
    await run("npm", [...args, "--no-package-lock", `${llama.package}@${llama.version}`], { cwd: folder });
    const found = sha256(library);
    if (found === llama.sha256) return undefined;
    rmSync(library, { force: true });
    throw new SetupError(
      `${llama.library} of ${llama.package}@${llama.version} has SHA-256 ${found}, not ${llama.sha256}.`,
      "Check the package registry that npm uses.",
    );
  });
}

function sha256(file) {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** torch, transformers, compressed-tensors and the other large libraries, in an environment of their own. */
export async function installReferences(root, python) {
  await step("Python references in .references/python (about 6 GB)", async () => {
    const venv = join(root, ".references", "python");
    const value = digest(root, ["requirements-references.txt"]);
    const stamp = join(venv, ".codebook-stamp");
    if (isStamped(stamp, value)) return false;
    const own = join(venv, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
    if (!existsSync(own)) await run(python, ["-m", "venv", venv]);
    const list = join(root, "requirements-references.txt");
    await run(own, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", list], {
      cwd: root,
      remedy: "Run the command again; if it fails once more, delete .references first.",
    });
    writeStamp(stamp, value);
    return undefined;
  });
}
