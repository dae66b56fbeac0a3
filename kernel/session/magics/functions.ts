/** The functions that lines with magics call: `$time`, `$timed`, `$who`, `$shell`. */
import type { CellOutput } from "../language/types";
import { startClock } from "./clock";
import { runShell } from "./shell";

/** What the functions ask of the session. */
export interface MagicSurroundings {
  /** The output of the cell that calls; throws where there is none. */
  readonly output: () => CellOutput;
  /** The names of the notebook, in the order in which they came. */
  readonly names: () => readonly string[];
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";

/** Gives cells the functions of magics, until the function that comes back is called. */
export function installMagics(target: object, { output, names }: MagicSurroundings): () => void {
  let latest: () => string = startClock();
  const start = (): ((value: unknown) => unknown) => {
    const clock = startClock();
    latest = clock;
    const print = (value: unknown): unknown => {
      output().stream("stdout", clock());
      return value;
    };
    return (value) => (isThenable(value) ? value.then(print) : print(value));
  };
  const functions: Record<string, PropertyDescriptor> = {
    // Reading the name starts the clock, because it is read before the expression in its brackets runs.
    $time: { get: start },
    $timed: { value: () => output().stream("stdout", latest()) },
    $who: {
      value: () => {
        const all = names();
        output().stream("stdout", all.length === 0 ? "There are no names yet.\n" : `${all.join("  ")}\n`);
      },
    },
    $shell: { value: (command: string) => runShell(command, output()) },
  };
  for (const [name, property] of Object.entries(functions))
    Object.defineProperty(target, name, { ...property, configurable: true, enumerable: false });
  return () => Object.keys(functions).forEach((name) => Reflect.deleteProperty(target, name));
}
