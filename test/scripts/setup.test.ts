/** What a newcomer's machine may lack: each case ends with one sentence that names the remedy, and exit code 1. */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "..", "..", "..");
let work: string;
beforeEach(() => (work = mkdtempSync(join(tmpdir(), "codebook-setup-"))));
afterEach(() => rmSync(work, { recursive: true, force: true }));

/** A copy of what set-up reads, without anything installed. */
function bareCheckout(): string {
  const checkout = join(work, "checkout");
  mkdirSync(checkout);
  for (const name of ["package.json", "package-lock.json", ".npmrc", "requirements.txt", "scripts"])
    cpSync(join(root, name), join(checkout, name), { recursive: true });
  return checkout;
}

/** A folder that is the whole PATH: node, and a python3 that is the given shell script. */
function pathWith(python?: string): string {
  const bin = join(work, "bin");
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, "node"));
  if (python !== undefined) {
    writeFileSync(join(bin, "python3"), `#!/bin/sh\n${python}\n`);
    chmodSync(join(bin, "python3"), 0o755);
  }
  return bin;
}

function setUp(checkout: string, env: Record<string, string> = {}, nodeArguments: string[] = []) {
  const environment = { ...process.env, ...env };
  delete environment.PYTHON;
  const run = spawnSync(process.execPath, [...nodeArguments, join(checkout, "scripts", "setup.mjs")], {
    cwd: checkout,
    encoding: "utf8",
    timeout: 60_000,
    env: environment,
  });
  return { code: run.status, said: run.stderr.trim(), stack: /\n\s+at /.test(run.stderr) };
}

test("a Node that is too old", () => {
  const old = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'18.20.0'})";
  const { code, said, stack } = setUp(bareCheckout(), {}, ["--import", old]);
  expect({ code, stack }).toEqual({ code: 1, stack: false });
  expect(said).toContain("Codebook needs Node 20.19 or newer; this is 18.20.0. Install a newer Node");
});

test("no Python", () => {
  const { code, said, stack } = setUp(bareCheckout(), { PATH: pathWith() });
  expect({ code, stack }).toEqual({ code: 1, stack: false });
  expect(said).toContain("No Python was found. Install Python 3.10 or newer");
});

test("a Python that is too old", () => {
  const { code, said } = setUp(bareCheckout(), { PATH: pathWith("echo 3.8") });
  expect(code).toBe(1);
  expect(said).toContain("Codebook needs Python 3.10 or newer; found 3.8. Install a newer Python");
});

test("a Python without its venv module", () => {
  const { code, said } = setUp(bareCheckout(), { PATH: pathWith("echo 3.11; exit 1") });
  expect(code).toBe(1);
  expect(said).toContain("Python 3.11 has no venv module. Install it");
});

test("no network: nothing half-installed is taken for whole", () => {
  const checkout = bareCheckout();
  const env = {
    npm_config_registry: "http://127.0.0.1:9/",
    npm_config_fetch_retries: "0",
    npm_config_cache: join(work, "cache"),
  };
  const { code, said } = setUp(checkout, env);
  expect(code).toBe(1);
  expect(said).toContain("The package registry could not be reached. Check the network");
  expect(existsSync(join(checkout, "node_modules", ".codebook-stamp"))).toBe(false);
});

test("a port that is taken", async () => {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  const run = spawnSync(
    process.execPath,
    [join(root, "scripts", "start.mjs"), "--port", String(port), "--no-browser"],
    {
      cwd: root,
      encoding: "utf8",
      timeout: 300_000,
    },
  );
  server.close();
  expect(run.status).toBe(1);
  expect(run.stderr).toContain(`Port ${port} is taken. Close the program that listens there`);
}, 310_000);

test("a wrong word on the command line", () => {
  const run = spawnSync(process.execPath, [join(root, "scripts", "start.mjs"), "--prot", "9000"], {
    cwd: root,
    encoding: "utf8",
    timeout: 60_000,
  });
  expect(run.status).toBe(1);
  expect(run.stderr).toContain("Usage: npm start -- [--execute [NOTEBOOK]]");
});

test("no work folder is left among the models", () => {
  const models = join(root, "models");
  const left = existsSync(models) ? readdirSync(models).filter((name) => name.startsWith(".fetch-")) : [];
  expect(left).toEqual([]);
});
