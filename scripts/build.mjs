// Builds everything into lib/: the kernel, the SIMD modules, the extension, the tests.
//   node scripts/build.mjs [kernel] [simd] [labextension]      (all when none is named)
// The SIMD part also writes kernel/simd/generated, what TypeScript knows of those modules (scripts/seam.mjs), and the
// kernel part the tables of methods (scripts/methods.mjs).
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeMethods } from "./methods.mjs";
import { entriesOf, modulesOf, writeSeam } from "./seam.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const wanted = new Set(process.argv.slice(2));
const part = (name) => wanted.size === 0 || wanted.has(name);
const node = (script, ...args) =>
  execFileSync(process.execPath, [join(root, "node_modules", script), ...args], { cwd: root, stdio: "inherit" });

if (part("simd")) {
  await writeSeam();
  mkdirSync(join(root, "lib", "kernel", "simd"), { recursive: true });
  for (const name of modulesOf()) {
    // Planes work where the batches of an archive lie, in memory that threads hand on to each other. Others have a memory of their own
    // thread: copying into one that is shared takes twice the time.
    const memory = name === "planes" ? ["--enable", "threads", "--sharedMemory"] : [];
    // prettier-ignore
    node("assemblyscript/bin/asc.js", ...entriesOf(name), "--outFile", `lib/kernel/simd/${name}.wasm`,
      "-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", "--importMemory", "--initialMemory", "1",
      "--maximumMemory", "65536", "--disableWarning", "112", ...memory); // vectors pass between files, not to JavaScript
  }
}
if (part("kernel")) {
  await writeMethods();
  node("typescript/bin/tsc", "-b");
  chmodSync(join(root, "lib", "kernel", "cli.js"), 0o755); // so that npx codebook runs it
}
if (part("labextension")) {
  const python = join(root, ".venv", process.platform === "win32" ? "Scripts" : "bin", "jupyter-builder");
  if (existsSync(python)) execFileSync(python, ["build", "."], { cwd: root, stdio: "inherit" });
  else console.log("No .venv yet: the JupyterLab extension is built by npm start.");
}
