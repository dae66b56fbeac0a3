import { syncBuiltinESMExports } from "node:module";
import { mainGlobal, mainProcess } from "./language/realm";

/** Whatever an interrupt can have stopped. */
export interface Interruptible {
  /** True when an interrupt ended what was started at `time` (milliseconds of `performance.now`). */
  hasStopped(time: number): boolean;
}

type Timer = (callback: unknown, ...rest: unknown[]) => unknown;
type Timers = Record<string, Timer>;

const pairs = { setTimeout: "clearTimeout", setInterval: "clearInterval", setImmediate: "clearImmediate" } as const;

/** Makes timers and immediates end with the cell that set them, when it is interrupted. `cellOf` gives the cell that calls; its timers hold on
 *  to it. Returns the way back. */
export function watchTimers(cellOf: () => Interruptible | undefined): () => void {
  const modules = [mainGlobal as unknown as Timers, builtin()];
  const undo: (() => void)[] = [];
  for (const [name, clearName] of Object.entries(pairs)) {
    const original = mainGlobal[name] as Timer;
    const watched = ending(original, mainGlobal[clearName] as (handle: unknown) => void, cellOf);
    for (const module of modules) {
      const before = Object.getOwnPropertyDescriptor(module, name);
      Object.defineProperty(module, name, { ...before, value: watched });
      if (before) undo.push(() => Object.defineProperty(module, name, before));
    }
  }
  syncBuiltinESMExports();
  return () => {
    for (const restore of undo) restore();
    syncBuiltinESMExports();
  };
}

const builtin = (): Timers =>
  (mainProcess as unknown as { getBuiltinModule(id: string): Timers }).getBuiltinModule("node:timers");

function ending(original: Timer, clear: (handle: unknown) => void, cellOf: () => Interruptible | undefined): Timer {
  const watched = function (callback: unknown, ...rest: unknown[]): unknown {
    const cell = cellOf();
    if (cell === undefined || typeof callback !== "function") return original(callback, ...rest);
    const began = performance.now();
    const handle = original(
      function (this: unknown, ...values: unknown[]): unknown {
        if (!cell.hasStopped(began)) return Reflect.apply(callback, this, values);
        return clear(handle);
      },
      ...rest,
    );
    return handle;
  };
  // Its name, length, and what util.promisify makes of it stay.
  return Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
}
