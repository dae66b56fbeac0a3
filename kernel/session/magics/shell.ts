/** Commands of the shell in a cell: `!npm install d3`. */
import { spawn, type ChildProcess } from "node:child_process";
import type { CellOutput } from "../language/types";

/** Milliseconds that an interrupted command has to end by itself. */
const graceMilliseconds = 1000;

const running = new Set<ChildProcess>();
let watched = false;

/** Sends a signal to a command and to all that it started. */
function signalAll(child: ChildProcess, signal: NodeJS.Signals): void {
  const { pid } = child;
  if (pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill(signal);
    else process.kill(-pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

function watchExit(): void {
  if (watched) return;
  watched = true;
  process.on("exit", () => running.forEach((child) => signalAll(child, "SIGKILL")));
}

/** Runs a command in a shell, in the folder of the notebook. What it prints appears as it comes; it cannot ask for input. An interrupt of the
 *  cell reaches it and what it started, and so does the end of the kernel. Where it fails, a line says with which code; the cell goes on, as
 *  in IPython. Throws what the shell itself throws. */
export function runShell(command: string, output: Pick<CellOutput, "stream" | "signal">): Promise<void> {
  watchExit();
  return new Promise((resolve, reject) => {
    const child = spawn(command, {
      shell: true,
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that a signal reaches all that the shell starts.
      detached: process.platform !== "win32",
      windowsHide: true,
    });
    running.add(child);
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8");
      child[name].on("data", (text: string) => output.stream(name, text));
    }
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      signalAll(child, "SIGINT");
      timer = setTimeout(() => signalAll(child, "SIGKILL"), graceMilliseconds);
    };
    const end = (): void => {
      clearTimeout(timer);
      running.delete(child);
      output.signal.removeEventListener("abort", stop);
    };
    if (output.signal.aborted) stop();
    else output.signal.addEventListener("abort", stop, { once: true });
    child.on("error", (error) => {
      end();
      reject(error);
    });
    child.on("close", (code, signal) => {
      end();
      if (code !== 0 && !output.signal.aborted) output.stream("stderr", `The command ended with ${code ?? signal}.\n`);
      resolve();
    });
  });
}
