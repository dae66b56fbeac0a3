// npm run native            gets the native TensorFlow for @tensorflow/tfjs-node: its own download, else a build against a PyPI wheel
// npm run native -- --wheel  goes to the wheel at once;  --force  does it again although it is there
//
// The second way needs a C++ compiler, make, Python with pip and Node's headers; it downloads 230 MB (kept in deps/), takes about half a
// minute after that, and needs 1.2 GB of disk while it works, 0.7 GB when done. Either way the work is done on a copy of the package
// beside it; the package itself changes only once the copy has been seen to compute.
import { createHash } from "node:crypto";
import { cpSync, createReadStream, existsSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, statfsSync, statSync, symlinkSync, writeFileSync } from "node:fs"; // prettier-ignore
import { delimiter, dirname, join } from "node:path";
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { SetupError, fail, step } from "./setup/console.mjs";
import { findPython, root, venvBin } from "./setup/index.mjs";
import { run } from "./setup/process.mjs";

const scope = join(root, "node_modules", "@tensorflow");
const packageFolder = join(scope, "tfjs-node");
const copy = join(scope, ".tfjs-node.partial");
const downloads = join(root, "deps");

/** One wheel for every Python at hand: only its libraries and headers are used. Runs on glibc 2.17 and later. */
const wheel = {
  name: "tensorflow-cpu",
  version: "2.18.1",
  sha256: "810c75d7149d2da0cb2092187817b0dcabb80728ca9f9cf3a61f3f42fadd1298",
  tags: ["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--platform", "manylinux2014_x86_64"],
  bytes: 230_236_181,
};

/** Bytes free that the wheel, its unpacked libraries and the build take together. */
const buildBytes = 1_200_000_000;

/** The headers that the binding includes, by folder, and the two libraries. */
const wheelParts = [
  "tensorflow/include/tensorflow/c/",
  "tensorflow/include/tensorflow/core/platform/",
  "tensorflow/include/tsl/",
  "tensorflow/include/xla/tsl/",
  "tensorflow/libtensorflow_cc.so.2",
  "tensorflow/libtensorflow_framework.so.2",
];

const unpack = `
import sys, zipfile
wheel, target, *parts = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(target, [name for name in archive.namelist() if name.startswith(tuple(parts))])
`;

const check = `
const tf = require(process.argv[1]);
const [sum] = tf.tidy(() => tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).sum().dataSync());
if (tf.getBackend() !== "tensorflow" || sum !== 12) throw new Error("the product of two matrices came out wrong: " + sum);
console.log("TensorFlow " + tf.backend().binding.TF_Version);
`;

async function main() {
  const { values } = readArguments();
  if (!existsSync(join(packageFolder, "package.json")))
    throw new SetupError("The package @tensorflow/tfjs-node is not installed.", "Run npm ci --include=optional first.");
  const present = values.force ? undefined : versionOf(packageFolder);
  if (present) return console.log(`${present} is there already (npm run native -- --force gets it again).`);
  try {
    if (values.wheel || !(await byDownload())) await byWheel();
    const version = versionOf(copy);
    if (!version) throw new SetupError("The binding was made but does not compute.", `It says: ${reasonOf(copy)}`);
    moveIntoPlace();
    console.log(`\n${version} is in place: tfBackend() takes it from now on.`);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function readArguments() {
  try {
    return parseArgs({ options: { wheel: { type: "boolean" }, force: { type: "boolean" } } });
  } catch (error) {
    throw new SetupError(`${error.message}.`, "Usage: npm run native [-- --wheel] [--force]");
  }
}

/** The package's own install script, which downloads libtensorflow and a binding. Whether it gave one that computes. */
async function byDownload() {
  freshCopy();
  const script = [join(copy, "scripts", "install.js")];
  const options = { cwd: copy, timeout: 600_000, env: { ...process.env, PATH: binPath() }, remedy: "" };
  let problem = "";
  await step("the package's own download", async () => {
    try {
      await run(process.execPath, script, { ...options, explain: (output) => new SetupError(lastError(output), "") });
      if (!versionOf(copy)) problem = reasonOf(copy);
    } catch (error) {
      problem = error.message.trim();
    }
    return problem ? `not to be had: ${problem}` : undefined;
  });
  return problem === "";
}

/** A build against the libraries and headers inside the PyPI wheel. */
async function byWheel() {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new SetupError(
      `The build against the wheel is for Linux on x64; this is ${process.platform} on ${process.arch}.`,
      "Use the wasm backend, or run this again where storage.googleapis.com can be reached.",
    );
  const python = existsSync(venvBin("python")) ? venvBin("python") : findPython();
  const headers = findHeaders();
  checkTool("a C++ compiler", [process.env.CXX, "g++", "c++", "clang++"], "Install it (Debian: apt-get install g++).");
  checkTool("make", [process.env.MAKE, "make"], "Install it (Debian: apt-get install make).");
  checkTool("pip", [[python, "-m", "pip"]], `Install it for ${python} (Debian: apt-get install python3-pip).`);
  mkdirSync(downloads, { recursive: true });
  checkDisk(await cachedWheel());
  await step(`the wheel ${wheel.name} ${wheel.version} (${Math.round(wheel.bytes / 1e6)} MB)`, async () => {
    if (await cachedWheel()) return false;
    const requirement = join(downloads, `${wheel.name}.txt`);
    writeFileSync(requirement, `${wheel.name}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
    // prettier-ignore
    await run(python, ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", ...wheel.tags,
      "--require-hashes", "--dest", downloads, "--requirement", requirement]);
    rmSync(requirement);
    if (!(await cachedWheel())) throw new SetupError("pip ended well but left no wheel.", "Run the command again.");
    return undefined;
  });
  await step("its libraries and headers", async () => {
    freshCopy();
    await run(python, ["-c", unpack, await cachedWheel(), copy, ...wheelParts]);
    layOut();
  });
  await step(`the binding, with Node's headers in ${headers}`, async () => {
    const options = ["install", "--build-from-source", `--nodedir=${headers}`];
    await run(join(root, "node_modules", ".bin", "node-pre-gyp"), options, {
      cwd: copy,
      env: { ...process.env, PATH: binPath(), npm_config_python: python, npm_config_nodedir: headers },
      remedy: "The lines above are those of the compiler; the package was left as it was.",
    });
  });
  for (const done of ["deps/include", "tensorflow", "build", "build-tmp-napi-v8"])
    rmSync(join(copy, done), { recursive: true, force: true });
}

/** deps/ as the package's binding.gyp wants it. */
function layOut() {
  const lib = join(copy, "deps", "lib");
  mkdirSync(lib, { recursive: true });
  renameSync(join(copy, "tensorflow", "include"), join(copy, "deps", "include"));
  renameSync(join(copy, "tensorflow", "libtensorflow_cc.so.2"), join(lib, "libtensorflow.so.2"));
  renameSync(join(copy, "tensorflow", "libtensorflow_framework.so.2"), join(lib, "libtensorflow_framework.so.2"));
  symlinkSync("libtensorflow.so.2", join(lib, "libtensorflow.so"));
  symlinkSync("libtensorflow.so.2", join(lib, "libtensorflow_cc.so.2"));
  symlinkSync("libtensorflow_framework.so.2", join(lib, "libtensorflow_framework.so"));
}

/** The package without what earlier runs made, beside the package, so that it finds the same dependencies. */
function freshCopy() {
  rmSync(copy, { recursive: true, force: true });
  const made = ["deps", "lib", "build", "build-tmp-napi-v8"].map((name) => join(packageFolder, name));
  cpSync(packageFolder, copy, { recursive: true, filter: (source) => !made.includes(source) });
}

/** The libraries go first: a binding without them would not load, libraries without a binding do no harm. */
function moveIntoPlace() {
  for (const part of ["lib", "deps"]) rmSync(join(packageFolder, part), { recursive: true, force: true });
  for (const part of ["deps", "lib"]) renameSync(join(copy, part), join(packageFolder, part));
}

function tryOut(folder) {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "2" };
  return spawnSync(process.execPath, ["-e", check, folder], { encoding: "utf8", timeout: 120_000, env });
}

/** "TensorFlow 2.18.1" when the binding in that package computes. */
function versionOf(folder) {
  const { status, stdout } = tryOut(folder);
  return status === 0 ? stdout.trim().split("\n").pop() : undefined;
}

function reasonOf(folder) {
  return lastError(tryOut(folder).stderr);
}

function lastError(output) {
  const line =
    output.split("\n").find((text) => /Error|error:|ENOTFOUND/.test(text)) ?? output.trim().split("\n").pop();
  return line.trim().slice(0, 200);
}

function binPath() {
  return [join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter);
}

/** The prefix under which Node's headers lie: beside Node itself, where it is configured, or in /usr. */
function findHeaders() {
  const beside = dirname(dirname(realpathSync(process.execPath)));
  const prefixes = [process.env.npm_config_nodedir, beside, process.config.variables.node_prefix, "/usr", "/usr/local"];
  const tried = [...new Set(prefixes.filter(Boolean))];
  const found = tried.find((prefix) => existsSync(join(prefix, "include", "node", "node_api.h")));
  if (found) return found;
  throw new SetupError(
    `Node's headers (include/node/node_api.h) are in none of ${tried.join(", ")}.`,
    "Install them (Debian: apt-get install libnode-dev; the archives of nodejs.org hold them), or set npm_config_nodedir to their prefix.",
  );
}

function checkTool(what, commands, remedy) {
  const known = commands.filter(Boolean).map((command) => (Array.isArray(command) ? command : [command]));
  const works = ([program, ...args]) => spawnSync(program, [...args, "--version"], { stdio: "ignore" }).status === 0;
  if (known.some(works)) return;
  throw new SetupError(
    `There is no ${what.replace(/^an? /, "")} (looked for ${known.map((c) => c.join(" ")).join(", ")}).`,
    remedy,
  );
}

function checkDisk(hasWheel) {
  const needed = buildBytes - (hasWheel ? wheel.bytes : 0);
  const { bavail, bsize } = statfsSync(root);
  if (bavail * bsize >= needed) return;
  const gigabytes = (bytes) => (bytes / 1e9).toFixed(1);
  throw new SetupError(
    `The disk has ${gigabytes(bavail * bsize)} GB free; this needs ${gigabytes(needed)} GB.`,
    "Free some and run the command again.",
  );
}

/** The downloaded wheel when its bytes are the right ones; others are removed. */
async function cachedWheel() {
  const prefix = `${wheel.name.replace("-", "_")}-${wheel.version}-`;
  const name = existsSync(downloads) ? readdirSync(downloads).find((file) => file.startsWith(prefix)) : undefined;
  if (!name) return undefined;
  const path = join(downloads, name);
  if (statSync(path).size === wheel.bytes) {
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path)) hash.update(chunk);
    if (hash.digest("hex") === wheel.sha256) return path;
  }
  rmSync(path);
  return undefined;
}

main().catch(fail);
