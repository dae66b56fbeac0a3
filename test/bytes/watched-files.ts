/** Node's file system with a fault at one call: a stand-in for "node:fs/promises", made by
 *
 *      jest.mock("node:fs/promises", () => jest.requireActual<typeof import("./watched-files")>("./watched-files").watchedFiles());
 *
 *  A fault throws, writes a half of what it was given ("short"), or ends all ("killed"): the call, of which a half is written, and every later
 *  one never answer, which to the disk is a process that is killed there. The disk is not waited for: nothing here outlives a power cut. */
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Fault = "ENOSPC" | "EIO" | "short" | "killed";

const state: { calls: number; at: number; fault: Fault; life: number } = { calls: 0, at: 0, fault: "EIO", life: 0 };

/** Counts calls from here on; number `at`, from 1, meets the fault, none for 0. What was killed stays dead. */
export function watch(at: number, fault: Fault): void {
  Object.assign(state, { calls: 0, at, fault, life: state.life + 1 });
  dead = false;
  for (const handle of opened) void handle.close().catch(() => undefined);
  opened.clear();
}

/** Handles that a killed process leaves open. */
const opened = new Set<Handle>();

/** The calls since `watch`. */
export function callsMade(): number {
  return state.calls;
}

let dead = false;
let tellDeath: (() => void) | undefined;

/** Runs `work` until it ends, or is killed. */
export async function untilKilled(work: () => Promise<unknown>): Promise<"killed" | "ended"> {
  const death = new Promise<"killed">((resolve) => {
    tellDeath = () => resolve("killed");
  });
  return Promise.race([death, work().then(() => "ended" as const)]);
}

/** Locks and temporary files that a killed process left name one that is gone. */
export function forgetProcesses(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) forgetProcesses(path);
    else if (entry.name.endsWith(".lock"))
      writeFileSync(path, readFileSync(path, "utf8").replace(/ \d+$/, " 999999999"));
    else if (entry.name.endsWith(".tmp"))
      renameSync(path, join(folder, entry.name.replace(/\.\d+(\.[0-9a-f]{12}\.tmp)$/, ".999999999$1")));
  }
}

/** Calls that change nothing on the disk: a kill there is one before the next call. */
const harmless = new Set([
  "realpath",
  "stat",
  "lstat",
  "readFile",
  "readdir",
  "readlink",
  "access",
  "sync",
  "datasync",
]);

const never = (): Promise<never> => new Promise(() => undefined);

async function call<Result>(
  name: string,
  life: number,
  act: () => Promise<Result>,
  half?: () => Promise<Result>,
): Promise<Result> {
  if (state.fault === "killed") {
    if (dead || life !== state.life) return never();
    if (harmless.has(name)) return act();
  }
  if (++state.calls !== state.at) return act();
  if (state.fault === "short") return half ? half() : act();
  if (state.fault === "killed") {
    dead = true;
    await half?.();
    tellDeath?.();
    return never();
  }
  throw Object.assign(new Error(`${state.fault}: in the test`), { code: state.fault });
}

interface Handle {
  write(bytes: Uint8Array, offset: number, length: number, position?: number): Promise<{ bytesWritten: number }>;
  close(): Promise<void>;
}
type Call = (...words: unknown[]) => Promise<unknown>;

const watched = [
  ...["rename", "unlink", "realpath", "stat", "lstat", "mkdir", "readFile", "readdir", "readlink", "copyFile"],
  ...["writeFile", "access", "rm", "rmdir", "link", "symlink"],
];
const watchedOnHandles = ["read", "readFile", "stat", "truncate"];

/** The stand-in. */
export function watchedFiles(): Record<string, unknown> {
  const real = jest.requireActual<Record<string, Call>>("node:fs/promises");
  const changed = Object.fromEntries(
    watched.map((name) => [name, (...words: unknown[]) => call(name, state.life, () => real[name](...words))]),
  );
  const wrapped = (handle: Handle, life: number): unknown =>
    new Proxy(handle, {
      get(target, key) {
        if (key === "write")
          return (bytes: Uint8Array, offset: number, length: number, position?: number) =>
            call(
              "write",
              life,
              () => target.write(bytes, offset, length, position),
              () => target.write(bytes, offset, Math.ceil(length / 2), position),
            );
        const member: unknown = Reflect.get(target, key, target);
        if (typeof member !== "function") return member;
        const own = member.bind(target) as Call;
        if (key === "sync" || key === "datasync") return () => call(key, life, async () => undefined);
        // A close that fails has closed all the same.
        if (key === "close")
          return () => call("stat", life, own).finally(() => own().catch(() => opened.delete(target)));
        return watchedOnHandles.includes(String(key))
          ? (...words: unknown[]) => call(key === "read" ? "readFile" : String(key), life, () => own(...words))
          : own;
      },
    });
  return {
    ...real,
    ...changed,
    open: async (...words: unknown[]) => {
      const { life } = state;
      const isRead = words[1] === "r" || words[1] === undefined;
      const handle = (await call(isRead ? "stat" : "open", life, () => real.open(...words))) as Handle;
      opened.add(handle);
      return wrapped(handle, life);
    },
  };
}
