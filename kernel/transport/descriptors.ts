import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** The ends of the pipes that took the place of the standard streams, as file descriptors of this process. */
export interface TakenStreams {
  /** Where to read what code beneath JavaScript writes: children with `stdio: "inherit"`, `fs.writeSync(1, …)`, native code. */
  readonly stdout?: number;
  /** Absent where the old stderr cannot be kept for the kernel's own words: it stays as it is. */
  readonly stderr?: number;
  /** The stderr that this process was started with, for the kernel's own words. */
  readonly log: number;
}

/** Puts pipes in the place of the standard streams, so that what is written beneath JavaScript can be shown in the cell. Node cannot duplicate
 *  a descriptor, but `open` takes the lowest free number: so this must run before any other thread opens files. On Windows, and where
 *  `mkfifo` is missing, the streams stay as they are. */
export function takeStreams(): TakenStreams {
  if (process.platform === "win32") return { log: 2 };
  const folder = mkdtempSync(path.join(tmpdir(), "codebook-"));
  try {
    const [out, error] = [path.join(folder, "stdout"), path.join(folder, "stderr")];
    execFileSync("mkfifo", ["-m", "600", out, error], { stdio: "ignore" });
    const stdout = takePlace(out, 1);
    const log = reopened(2);
    if (log === undefined) return { stdout, log: 2 };
    return { stdout, stderr: takePlace(error, 2), log };
  } catch {
    return { log: 2 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Puts the writing end of a FIFO in the place of `descriptor`; returns the reading end, which does not block. */
function takePlace(fifo: string, descriptor: number): number {
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  closeSync(descriptor);
  const writer = openSync(fifo, constants.O_WRONLY);
  if (writer !== descriptor) throw new Error(`descriptor ${descriptor} became ${writer}`);
  return reader;
}

/** A further descriptor of the same file; undefined for a socket, which cannot be opened. */
function reopened(descriptor: number): number | undefined {
  try {
    return openSync(`/dev/fd/${descriptor}`, "a");
  } catch {
    return undefined;
  }
}
