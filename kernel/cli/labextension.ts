import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import path from "node:path";

/** Copies the built extension to `target`, with the note for JupyterLab on who installed it; whole or not at all, in place of an older one. */
export function installExtension(target: string, built: string, note: string): void {
  const parent = path.dirname(target);
  mkdirSync(parent, { recursive: true });
  const fresh = mkdtempSync(path.join(parent, ".codebook-"));
  try {
    for (const name of readdirSync(built)) cpSync(path.join(built, name), path.join(fresh, name), { recursive: true });
    if (existsSync(note)) cpSync(note, path.join(fresh, "install.json"));
    chmodSync(fresh, 0o755);
    rmSync(target, { recursive: true, force: true });
    renameSync(fresh, target);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
}
