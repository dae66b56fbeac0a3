import { parentPort } from "node:worker_threads";
import { CodebookError } from "../errors";
import type { TaskModule } from "./tasks";
import { Transferring } from "./transferring";

/** The inside of a pool's thread: loads the module of a task when the first of them arrives, and answers one task at a time. */

/** A task that the pool sends to a thread. */
export interface ToWorker {
  /** The module's file, which exports `tasks`. */
  readonly module: string;
  readonly task: string;
  readonly argument: unknown;
}
/** What the thread answers. */
export type FromWorker = { readonly value: unknown } | { readonly error: SerializedError };

/** An error in a form that survives the way between threads with its class, its fields, and its stack. */
export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

function serialize(thrown: unknown): SerializedError {
  if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown), stack: undefined, fields: {} };
  const fields =
    thrown instanceof CodebookError
      ? Object.fromEntries(Object.entries(thrown).filter(([, value]) => ["string", "number"].includes(typeof value)))
      : {};
  return { name: thrown.name, message: thrown.message, stack: thrown.stack, fields };
}

if (parentPort) {
  const port = parentPort;
  port.on("message", ({ module, task, argument }: ToWorker) => {
    // A module that cannot be loaded ends the thread, and the pool says so.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { functions } = (require(module) as { readonly tasks: TaskModule }).tasks;
    void (async () => {
      try {
        if (!Object.hasOwn(functions, task)) throw new Error(`the worker has no task "${task}"`);
        const result = await functions[task](argument as never);
        if (result instanceof Transferring) port.postMessage({ value: result.value }, result.buffers);
        else port.postMessage({ value: result });
      } catch (thrown) {
        port.postMessage({ error: serialize(thrown) });
      }
    })();
  });
}
