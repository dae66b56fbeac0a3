/** A kernelspec of this checkout's kernel, so that notebooks run what was built here and not what happens to be installed. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "..", "..");

/** A kernelspec in a folder of its own. */
export interface OwnKernel {
  /** What programs need in their environment to find it before any other. */
  readonly environment: Readonly<Record<string, string>>;
  /** The file that its command starts: lib/kernel/main.js of this checkout. */
  readonly main: string;
  /** Takes the folder away. */
  remove(): void;
}

/** Installs "codebook" into a temporary folder, by the program that users install it with. */
export function installOwnKernel(): OwnKernel {
  const prefix = mkdtempSync(join(tmpdir(), "codebook-kernelspec-"));
  execFileSync(process.execPath, [join(root, "lib", "kernel", "cli.js"), "install", "--prefix", prefix], {
    stdio: "pipe",
  });
  const data = join(prefix, "share", "jupyter");
  const spec = readFileSync(join(data, "kernels", "codebook", "kernel.json"), "utf8");
  const { argv } = JSON.parse(spec) as { argv: string[] };
  return {
    // Jupyter looks into the folders of JUPYTER_PATH before all others.
    environment: { JUPYTER_PATH: data },
    main: argv[argv.length - 2],
    remove: () => rmSync(prefix, { recursive: true }),
  };
}
