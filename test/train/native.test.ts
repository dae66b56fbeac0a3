import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasNativeBinding } from "./support";

const root = join(__dirname, "..", "..", "..");
const partial = join(root, "node_modules", "@tensorflow", ".tfjs-node.partial");

function native(args: string[], env: NodeJS.ProcessEnv = process.env) {
  const script = join(root, "scripts", "native.mjs");
  return spawnSync(process.execPath, [script, ...args], { encoding: "utf8", env, timeout: 60_000 });
}

test("an unknown option is named, with the usage", () => {
  const { status, stderr } = native(["--weel"]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/--weel.*Usage: npm run native/s);
});

const onLinux = process.platform === "linux" && process.arch === "x64" ? test : test.skip;

onLinux("without a compiler it says so in one sentence and leaves the package as it was", () => {
  const before = hasNativeBinding();
  const python = spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout.trim();
  const path = mkdtempSync(join(tmpdir(), "codebook-path-"));
  symlinkSync(python, join(path, "python3"));
  // Node's headers are there, so that the compiler is what is missing.
  mkdirSync(join(path, "include", "node"), { recursive: true });
  writeFileSync(join(path, "include", "node", "node_api.h"), "");
  const env = { ...process.env, CXX: "", PATH: path, npm_config_nodedir: path };
  const { status, stderr } = native(["--wheel", "--force"], env);
  rmSync(path, { recursive: true });
  expect(status).toBe(1);
  expect(stderr.trim()).toMatch(/^There is no C\+\+ compiler.*\.$/s);
  expect(stderr).not.toMatch(/\n +at /);
  expect(existsSync(partial)).toBe(false);
  expect(hasNativeBinding()).toBe(before);
});
