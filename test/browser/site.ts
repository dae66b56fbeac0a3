/** A real JupyterLab or Notebook with the built extension, in temporary folders on a free port, and a Chromium with a fresh profile.
 *  Both are given a time limit and are ended by their process id. */
import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import { dirname, join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";

export const root = join(__dirname, "..", "..", "..");
export const pictures = join(root, "out", "browser");
export const python = process.env.CODEBOOK_PYTHON ?? join(root, ".venv", "bin", "python");
const browserPath = process.env.CODEBOOK_CHROMIUM ?? "/usr/bin/chromium";

export type Application = "lab" | "notebook";

export interface Site {
  readonly address: string;
  readonly folder: string;
  stop(): Promise<void>;
}

/** Another JupyterLab than that of this checkout: its Python, which has the extension itself, and what its processes see of the environment. */
export interface Installed {
  readonly python: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Starts a server whose folder holds `notebooks`, by name; `kernel` is the one it offers. */
export async function startSite(
  application: Application,
  notebooks: Readonly<Record<string, unknown>>,
  limitSeconds = 300,
  kernel = "python3",
  installed?: Installed,
): Promise<Site> {
  const temporary = mkdtempSync(join(os.tmpdir(), "codebook-site-"));
  const folder = join(temporary, "notebooks");
  mkdirSync(folder);
  for (const [name, notebook] of Object.entries(notebooks))
    writeFileSync(join(folder, name), JSON.stringify(notebook, null, 1));
  if (installed === undefined) placeBuiltExtension(join(temporary, "data", "labextensions"));
  const quiet = join(temporary, "settings", "@jupyterlab", "apputils-extension");
  mkdirSync(quiet, { recursive: true });
  writeFileSync(join(quiet, "notification.jupyterlab-settings"), '{ "fetchNews": "false", "checkForUpdates": false }');
  const port = await freePort();
  const name = application === "lab" ? "LabApp" : "JupyterNotebookApp";
  const server = spawn(
    installed?.python ?? python,
    [
      "-m",
      application === "lab" ? "jupyterlab" : "notebook",
      "--no-browser",
      "--allow-root",
      `--ServerApp.port=${port}`,
      "--ServerApp.port_retries=0",
      `--ServerApp.root_dir=${folder}`,
      "--IdentityProvider.token=t",
      "--ServerApp.password=",
      `--KernelSpecManager.allowed_kernelspecs={'${kernel}'}`,
      `--${name}.expose_app_in_browser=True`,
    ],
    {
      env: {
        ...(installed?.env ?? process.env),
        HOME: temporary,
        JUPYTER_CONFIG_DIR: join(temporary, "config"),
        JUPYTER_DATA_DIR: join(temporary, "data"),
        JUPYTER_PREFER_ENV_PATH: "0", // before what is installed beside that Python
        JUPYTER_RUNTIME_DIR: join(temporary, "runtime"),
        JUPYTERLAB_SETTINGS_DIR: join(temporary, "settings"),
        JUPYTERLAB_WORKSPACES_DIR: join(temporary, "workspaces"),
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let log = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (data: Buffer) => (log += data.toString()));
  const timer = setTimeout(() => server.kill("SIGKILL"), limitSeconds * 1000);
  const stop = async (): Promise<void> => {
    clearTimeout(timer);
    await end(server);
    rmSync(temporary, { recursive: true, force: true });
  };
  const address = `http://127.0.0.1:${port}`;
  for (let i = 0; i < 300; i++) {
    if (server.exitCode !== null) break;
    const answers = await fetch(`${address}/api/status?token=t`).then(
      (response) => response.ok,
      () => false,
    );
    if (answers) return { address, folder, stop };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await stop();
  throw new Error(`${application} did not start:\n${log.slice(-3000)}`);
}

/** The extension as it is built now, whatever is installed. */
function placeBuiltExtension(folder: string): void {
  const built = join(root, "lib", "labextension");
  if (!existsSync(join(built, "package.json"))) throw new Error("lib/labextension is not built: npm run build");
  cpSync(built, join(folder, "jupyterlab-codebook"), { recursive: true });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const hard = setTimeout(() => child.kill("SIGKILL"), 4000);
  await gone;
  clearTimeout(hard);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

/** What a page did that no test should see. */
export interface Witness {
  readonly errors: string[];
  readonly dialogs: string[];
  readonly outside: string[];
  readonly requests: string[];
}

export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly witness: Witness;
  leave(): Promise<void>;
}

/** Opens a browser that records errors, dialogs and requests. */
export async function visit(width = 1280, height = 1400): Promise<Visitor> {
  const profile = mkdtempSync(join(os.tmpdir(), "codebook-profile-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath,
    headless: true,
    viewport: { width, height },
    acceptDownloads: true,
    timeout: 60_000,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const page = context.pages()[0] ?? (await context.newPage());
  // A saved notebook is read without a kernel: the question which one to start is answered as it comes.
  await page.addInitScript(() => {
    new MutationObserver(() => {
      for (const button of document.querySelectorAll<HTMLElement>(".jp-Dialog button"))
        if (button.textContent?.includes("No Kernel")) button.click();
    }).observe(document, { childList: true, subtree: true });
  });
  const witness: Witness = { errors: [], dialogs: [], outside: [], requests: [] };
  page.on("console", (message) => {
    if (message.type() === "error") witness.errors.push(message.text().slice(0, 300));
  });
  page.on("pageerror", (error) => witness.errors.push(`page: ${String(error).slice(0, 300)}`));
  page.on("dialog", (dialog) => {
    // Leaving a page with a notebook that was not saved is what these tests do.
    if (dialog.type() === "beforeunload") return void dialog.accept();
    witness.dialogs.push(dialog.message().slice(0, 100));
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const { protocol, hostname, host } = new URL(request.url());
    witness.requests.push(request.url());
    if (!["data:", "blob:"].includes(protocol) && hostname !== "127.0.0.1") witness.outside.push(host);
  });
  return {
    page,
    context,
    witness,
    leave: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** Opens a notebook and waits until its cells are on the page. */
export async function openNotebook(page: Page, site: Site, application: Application, name: string): Promise<void> {
  const path = encodeURIComponent(name);
  await page.goto(
    application === "lab"
      ? `${site.address}/lab/tree/${path}?token=t&reset`
      : `${site.address}/notebooks/${path}?token=t`,
  );
  await page.waitForSelector(".jp-Notebook .jp-Cell", { timeout: 90_000 });
  await page.waitForTimeout(1200);
  await page.waitForSelector(".jp-Dialog", { state: "detached" });
}

export async function setTheme(page: Page, theme: "JupyterLab Light" | "JupyterLab Dark"): Promise<void> {
  await page.evaluate(async (name) => {
    const app = (
      window as unknown as { jupyterapp: { commands: { execute(id: string, args: unknown): Promise<unknown> } } }
    ).jupyterapp;
    await app.commands.execute("apputils:change-theme", { theme: name });
  }, theme);
  await page.waitForSelector(`body[data-jp-theme-name="${theme}"]`, { state: "attached" });
  await page.waitForTimeout(800);
}

/** Keeps a picture for the reader of the test's results. */
export async function keep(page: Page, name: string, selector?: string): Promise<void> {
  const path = join(pictures, `${name}.png`);
  mkdirSync(dirname(path), { recursive: true });
  if (selector) await page.locator(selector).first().screenshot({ path });
  else await page.screenshot({ path });
}
