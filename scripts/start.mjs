// npm start                          sets everything up and opens JupyterLab on the first example
// npm start -- --execute [NOTEBOOK]  runs a notebook through the real kernel, without a browser, into out/
// npm start -- --port N --no-browser --app lab|notebook
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { basename, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { SetupError, fail } from "./setup/console.mjs";
import { root, setUp, venvBin } from "./setup/index.mjs";

const firstExample = join("examples", "01-what-four-bits-cost.ipynb");

async function main() {
  const { values, positionals } = readArguments();
  const notebook = resolve(positionals[0] ?? join(root, firstExample));
  if (!existsSync(notebook))
    throw new SetupError(`There is no notebook ${notebook}.`, "Name one of examples/, or none for the first.");
  if (values.app !== "lab" && values.app !== "notebook")
    throw new SetupError(`--app is "${values.app}".`, "It takes lab or notebook.");
  const port = values.execute ? undefined : await choosePort(values.port);
  console.log("Codebook: setting up");
  const start = performance.now();
  await setUp();
  console.log(`  ready in ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  process.exitCode = values.execute ? execute(notebook) : await openLab(notebook, values, port);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        execute: { type: "boolean" },
        port: { type: "string" },
        "no-browser": { type: "boolean" },
        app: { type: "string", default: "lab" },
      },
    });
  } catch (error) {
    throw new SetupError(
      `${error.message}.`,
      "Usage: npm start -- [--execute [NOTEBOOK]] [--port N] [--no-browser] [--app lab|notebook]",
    );
  }
}

/** Runs the notebook in its own folder, writes out/NAME.ipynb and out/NAME.html, prints the tables. Exit code 1 when a cell fails. */
function execute(notebook) {
  const out = join(root, "out");
  mkdirSync(out, { recursive: true });
  const name = basename(notebook, ".ipynb");
  console.log(`Running ${relative(root, notebook)} through the kernel`);
  const result = spawnSync(
    venvBin("python"),
    [join(root, "scripts", "python", "execute.py"), notebook, join(out, name)],
    {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, CODEBOOK_MODELS: process.env.CODEBOOK_MODELS ?? join(root, "models") },
    },
  );
  return result.status ?? 1;
}

async function openLab(notebook, { app, "no-browser": noBrowser }, port) {
  const path = relative(root, notebook);
  const args = [app, `--port=${port}`, "--ServerApp.port_retries=0", `--ServerApp.root_dir=${root}`];
  if (noBrowser) args.push("--no-browser");
  if (process.getuid?.() === 0) args.push("--allow-root");
  if (!path.startsWith(".."))
    args.push(
      app === "lab" ? `--LabApp.default_url=/lab/tree/${path}` : `--JupyterNotebookApp.default_url=/notebooks/${path}`,
    );
  console.log(
    `Opening ${path} in ${app === "lab" ? "JupyterLab" : "Jupyter Notebook"} on port ${port}; stop it with Ctrl+C.\n`,
  );
  const server = spawn(venvBin("jupyter"), args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, CODEBOOK_MODELS: process.env.CODEBOOK_MODELS ?? join(root, "models") },
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => server.kill(signal));
  return new Promise((done) => server.on("close", (code) => done(code ?? 0)));
}

/** The port asked for, or the first free one from 8888 on. */
async function choosePort(asked) {
  if (asked !== undefined) {
    const port = Number(asked);
    if (!Number.isInteger(port) || port < 1 || port > 65535)
      throw new SetupError(`--port is "${asked}".`, "It takes a number from 1 to 65535.");
    if (await isFree(port)) return port;
    throw new SetupError(
      `Port ${port} is taken.`,
      `Close the program that listens there, or choose another one: npm start -- --port ${port + 1}`,
    );
  }
  for (let port = 8888; port < 8908; port++) if (await isFree(port)) return port;
  throw new SetupError("Ports 8888 to 8907 are all taken.", "Choose another one: npm start -- --port 9000");
}

function isFree(port) {
  return new Promise((done) => {
    const probe = createServer();
    probe.once("error", () => done(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => done(true)));
  });
}

main().catch(fail);
