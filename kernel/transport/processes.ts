import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** One row of the table of processes. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /** The process group: that of a detached process is its own. */
  readonly group: number;
  readonly isZombie: boolean;
}

/** The table of processes: from `/proc` on Linux, from `ps` elsewhere; empty on Windows, which has neither. */
export function processTable(): ProcessRow[] {
  if (process.platform === "win32") return [];
  if (process.platform !== "linux")
    return parsePs(execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat="], { encoding: "utf8" }));
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}

/** A row of `/proc/PID/stat`: `pid (name) state ppid pgrp …`, where the name may hold blanks and brackets. */
export function parseStat(text: string): ProcessRow {
  const [state, parent, group] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { pid: parseInt(text, 10), parent: Number(parent), group: Number(group), isZombie: state === "Z" };
}

/** The rows of `ps -o pid=,ppid=,pgid=,stat=`. */
export function parsePs(text: string): ProcessRow[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => {
    const [pid, parent, group, state] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), group: Number(group), isZombie: state.startsWith("Z") };
  });
}

/** The processes that `root` started, and theirs, without those that are detached (in another group than `root`) and without `spared` ones. */
export function descendants(
  table: readonly ProcessRow[],
  root: number,
  spared: ReadonlySet<number> = new Set(),
): number[] {
  const group = table.find(({ pid }) => pid === root)?.group;
  const found: number[] = [];
  for (let above = [root]; above.length > 0;) {
    const parents = new Set(above);
    above = table
      .filter((row) => parents.has(row.parent) && row.group === group && !row.isZombie && !spared.has(row.pid))
      .map(({ pid }) => pid);
    found.push(...above);
  }
  return found;
}

/** Sends a signal to processes; those that are gone do not matter. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

const PATIENCE_MS = 300;
const LOOK_MS = 10;

/** Ends what this process started and did not detach: asks first, and kills after 0.3 s. Blocks this thread until they are gone. */
export function endDescendants(): void {
  const living = (): number[] => descendants(processTable(), process.pid);
  const first = living();
  signalAll(first, "SIGTERM");
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; waited < PATIENCE_MS && living().length > 0; waited += LOOK_MS)
    Atomics.wait(pause, 0, 0, LOOK_MS);
  if (first.length > 0) signalAll(living(), "SIGKILL");
}
