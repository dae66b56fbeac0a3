// From a fresh clone to something that runs: packages, .venv, build, kernelspec, labextension, models.
// Each step knows when it has nothing to do, and a step that was cut off is done again.
import { spawnSync } from "node:child_process";
import fs, { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SetupError, step } from "./console.mjs";
import { fetchModels } from "./models.mjs";
import { run } from "./process.mjs";
import { fetchLlama } from "./references.mjs";
import { digest, isStamped, writeStamp } from "./stamp.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const venv = join(root, ".venv");
const windows = process.platform === "win32";
/** A program of .venv. */
export const venvBin = (name) => join(venv, windows ? "Scripts" : "bin", windows ? `${name}.exe` : name);

/** Brings the checkout up to date. `tests`: also the references that the tests compare with. */
export async function setUp({ tests = false } = {}) {
  checkNode();
  const python = findPython();
  await step("npm packages", installNpmPackages);
  await step("Python packages in .venv", () => installPythonPackages(python, tests));
  await step("kernel, SIMD modules, extension", build);
  await step("kernel and extension in .venv", installIntoVenv);
  await fetchModels(root, venvBin("python"));
  if (tests) await fetchLlama(root);
}

export function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new SetupError(
      `Codebook needs Node 20.19 or newer; this is ${process.versions.node}.`,
      "Install a newer Node from https://nodejs.org and run the command again.",
    );
}

/** The first Python ≥ 3.10 with the venv module. */
export function findPython() {
  const candidates = process.env.PYTHON
    ? [process.env.PYTHON]
    : ["python3", "python", "python3.13", "python3.12", "python3.11", "python3.10"];
  const probe = "import sys; print('%d.%d' % sys.version_info[:2]); import venv, ensurepip";
  let old;
  let withoutVenv;
  for (const name of candidates) {
    const found = spawnSync(name, ["-c", probe], { encoding: "utf8" });
    if (found.error) continue;
    const [major, minor] = found.stdout.trim().split(".").map(Number);
    if (major === 3 && minor >= 10) {
      if (found.status === 0) return name;
      withoutVenv ??= found.stdout.trim();
    } else if (major) old ??= found.stdout.trim();
  }
  if (withoutVenv)
    throw new SetupError(
      `Python ${withoutVenv} has no venv module.`,
      `Install it (on Debian and Ubuntu: apt install python3-venv) and run the command again.`,
    );
  if (old)
    throw new SetupError(
      `Codebook needs Python 3.10 or newer; found ${old}.`,
      "Install a newer Python, or name one with PYTHON=/path/to/python.",
    );
  throw new SetupError(
    "No Python was found.",
    "Install Python 3.10 or newer (https://www.python.org), or name one with PYTHON=/path/to/python.",
  );
}

function checkDisk(gigabytes) {
  const { bavail, bsize } = fs.statfsSync(root);
  const free = (bavail * bsize) / 1e9;
  if (free < gigabytes)
    throw new SetupError(
      `Only ${free.toFixed(1)} GB are free on this disk; this step needs about ${gigabytes} GB.`,
      "Free some space and run the command again.",
    );
}

async function installNpmPackages() {
  const stamp = join(root, "node_modules", ".codebook-stamp");
  const value = digest(root, ["package-lock.json"], process.version);
  if (isStamped(stamp, value)) return false;
  checkDisk(3);
  const npm = process.env.npm_execpath;
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  const remedy = "Run the command again; if it fails once more, delete node_modules first.";
  await (npm && /\.c?js$/.test(npm)
    ? run(process.execPath, [npm, ...args], { cwd: root, remedy })
    : run(windows ? "npm.cmd" : "npm", args, { cwd: root, remedy, shell: windows }));
  writeStamp(stamp, value);
  return undefined;
}

async function installPythonPackages(python, tests) {
  const requirements = tests ? "requirements-test.txt" : "requirements.txt";
  const value = digest(root, ["requirements.txt"]);
  const testsValue = digest(root, ["requirements.txt", "requirements-test.txt"]);
  const stamp = join(venv, ".codebook-stamp");
  const works = () => spawnSync(venvBin("python"), ["-m", "pip", "--version"]).status === 0;
  if (existsSync(venv) && !works()) rmSync(venv, { recursive: true, force: true });
  if (isStamped(stamp, testsValue) || (!tests && isStamped(stamp, value))) return false;
  checkDisk(2);
  if (!existsSync(venv))
    await run(python, ["-m", "venv", venv], {
      remedy: "Check that this Python's venv module works: python3 -m venv /tmp/try.",
    });
  await run(
    venvBin("python"),
    ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", join(root, requirements)],
    {
      cwd: root,
      remedy: "Run the command again; if it fails once more, delete .venv first.",
    },
  );
  writeStamp(stamp, tests ? testsValue : value);
  return undefined;
}

const sources = [
  "kernel",
  "extension",
  "test",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "tsconfig.base.json",
  "scripts/build.mjs",
  "scripts/methods.mjs",
  "scripts/seam.mjs",
  "requirements.txt",
];

async function build() {
  const stamp = join(root, "lib", ".codebook-stamp");
  const value = digest(root, sources, process.version);
  if (isStamped(stamp, value)) return false;
  rmSync(stamp, { force: true });
  await run(process.execPath, [join(root, "scripts", "build.mjs")], {
    cwd: root,
    remedy: "This is an error in the sources: the lines above name the file.",
  });
  writeStamp(stamp, value);
  return undefined;
}

async function installIntoVenv() {
  const stamp = join(venv, ".codebook-installed");
  const value = digest(root, ["lib/.codebook-stamp", "install.json"], process.execPath, root);
  if (isStamped(stamp, value)) return false;
  await run(process.execPath, [join(root, "lib", "kernel", "cli.js"), "install", "--prefix", venv]);
  writeStamp(stamp, value);
  return undefined;
}
