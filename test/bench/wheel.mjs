// The kernel of an installed wheel beside that of the source tree: ready, first cell, first import of the library.
//   node test/bench/wheel.mjs [PYTHON]     alone; PYTHON has jupyter_client (default: .venv's)
// The wheel is made if out/wheel has none of this version, and installed into an environment of its own. The fastest of nine starts each, in
// turns, so that what else the machine does falls on both; less is better.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { limited, summary } from "./timing.mjs";

export const name = "wheel";

export async function run({ python, root, rounds = 9 }) {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const wheel = join(root, "out", "wheel", `jupyterlab_codebook-${version}-py3-none-any.whl`);
  const silently = { cwd: root, stdio: ["ignore", "ignore", "inherit"] };
  if (!existsSync(wheel)) execFileSync(process.execPath, [join(root, "scripts", "wheel.mjs"), "--built"], silently);
  const folder = mkdtempSync(join(tmpdir(), "codebook-bench-wheel-"));
  try {
    execFileSync(python, ["-m", "venv", folder], silently);
    const installed = join(folder, ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]));
    execFileSync(installed, ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel], silently);
    const script = join(dirname(fileURLToPath(import.meta.url)), "wheel.py");
    const args = [
      script,
      "--root",
      root,
      "--node",
      process.execPath,
      "--installed",
      installed,
      "--rounds",
      `${rounds}`,
    ];
    return rowsOf(JSON.parse(execFileSync(python, args, { encoding: "utf8", cwd: folder })));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Rows of the seconds of both kernels; "ready" has the limit. */
export function rowsOf({ wheel, source }) {
  return ["ready", "first cell", "import"].flatMap((what) => {
    const [ours, tree] = [wheel, source].map((times) => summary(times[what].map((seconds) => seconds * 1000)));
    const ratio = tree.milliseconds / ours.milliseconds;
    const label = { ready: "start to ready", import: 'first cell that imports "codebook"' }[what] ?? what;
    return [
      {
        what: label,
        who: "wheel",
        ...ours,
        ratio,
        against: "source tree",
        ...(what === "ready" && limited("no later than from the source tree", ours.milliseconds <= tree.milliseconds)),
      },
      { what: label, who: "source tree", ...tree },
    ];
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
  console.table(await run({ python: process.argv[2] ?? join(root, ".venv", "bin", "python"), root }));
}
