// Runs a program with all that it starts in a group of its own, and ends the whole group after it, or at its time limit.
import { spawn } from "node:child_process";

const running = new Set();
const end = (child) => {
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
  } catch {
    // It has ended.
  }
};

/** Ends what still runs. */
export const endAll = () => running.forEach(end);

/** { status, isLate, output }: the exit code, whether the limit came first, and the last of what was printed. */
export function runFor(seconds, program, args, options) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    let isLate = false;
    let output = "";
    const keep = (piece) => (output = (output + piece).slice(-4000));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const timer = setTimeout(() => {
      isLate = true;
      end(child);
    }, seconds * 1000);
    child.on("exit", (status) => {
      clearTimeout(timer);
      running.delete(child);
      end(child); // what it started and left behind
      resolve({ status, isLate, output });
    });
    child.on("error", () => resolve({ status: 1, isLate: false, output: `${program} does not start` }));
  });
}
