import { chmodSync, cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Flags that Node needs for interrupts that keep the session's state. */
const NODE_FLAGS = ["--no-force-async-hooks-checks"];

/** The files that a kernelspec names. */
export interface KernelspecFiles {
  /** Absolute path of the Node that runs the kernel; Jupyter's search path may lead to another one, or to none. */
  node: string;
  /** Absolute path of lib/kernel/main.js. */
  main: string;
  /** Folder with the logos. */
  logos: string;
}

/** Content of kernel.json. */
export function kernelspec({ node, main }: Pick<KernelspecFiles, "node" | "main">): object {
  return {
    argv: [node, ...NODE_FLAGS, main, "{connection_file}"],
    display_name: "TypeScript (Codebook)",
    language: "typescript",
    interrupt_mode: "message",
    env: {},
    metadata: { debugger: false, supported_encryption: ["curve"] },
  };
}

/** Writes the kernelspec folder `target` whole or not at all; replaces an older one. */
export function installKernelspec(target: string, files: KernelspecFiles): void {
  const parent = path.dirname(target);
  mkdirSync(parent, { recursive: true });
  const fresh = mkdtempSync(path.join(parent, ".codebook-"));
  try {
    writeFileSync(path.join(fresh, "kernel.json"), JSON.stringify(kernelspec(files), null, 2) + "\n", { mode: 0o644 });
    for (const logo of ["logo-svg.svg", "logo-32x32.png", "logo-64x64.png"])
      cpSync(path.join(files.logos, logo), path.join(fresh, logo));
    chmodSync(fresh, 0o755);
    rmSync(target, { recursive: true, force: true });
    renameSync(fresh, target);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
}

/** Removes the kernelspec folder `target`, which must exist. */
export function removeKernelspec(target: string): void {
  rmSync(target, { recursive: true });
}
