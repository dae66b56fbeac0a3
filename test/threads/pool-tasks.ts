import { NonFiniteError } from "../../kernel/errors";
import { taskModule } from "../../kernel/threads/tasks";
import { transferring } from "../../kernel/threads/transferring";

/** What the pool's tests run on its threads. */
export const tasks = taskModule(__filename, {
  double: (x: number) => 2 * x,
  fill: (length: number) => transferring({ data: new Float32Array(length).fill(0.5), note: "moved" }),
  own: (weights: Float32Array) => weights.length,
  increment: (cells: Int32Array) => Atomics.add(cells, 0, 1),
  forever: () => {
    for (;;);
  },
  never: () => new Promise(() => undefined),
  refuse: () => {
    throw new NonFiniteError("block.0.weight", 17, NaN, "linear");
  },
  fail: () => {
    throw new RangeError("Array buffer allocation failed");
  },
  exit: () => process.exit(3),
  exhaust: () => {
    const kept: unknown[] = [];
    for (;;) kept.push(new Array(1e5).fill(kept.length).map(String));
  },
  throwLater: () => {
    setTimeout(() => {
      throw new Error("outside the task");
    });
    return new Promise(() => undefined);
  },
  /** The file names of the modules that the thread has loaded. */
  loaded: (folder: string) => Object.keys(require.cache).filter((file) => file.startsWith(folder)),
});
