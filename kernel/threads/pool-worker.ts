import { parentPort, workerData } from "node:worker_threads";
import { CodebookError } from "../errors";
import { Transferring } from "./transferring";

/** The inside of a pool's thread: loads the module that it was given, and answers one task at a time. */
export interface ToWorker {
  readonly task: string;
  readonly argument: unknown;
}
export type FromWorker = { readonly value: unknown } | { readonly error: SerializedError };

/** An error in a form that survives the way between threads with its class, its fields, and its place in the source. */
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

type Task = (argument: unknown) => unknown;

if (parentPort) {
  const port = parentPort;
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { tasks } = require(workerData as string) as { readonly tasks: Readonly<Record<string, Task>> };
  port.on("message", ({ task, argument }: ToWorker) => {
    void (async () => {
      try {
        if (!Object.hasOwn(tasks, task)) throw new Error(`the worker has no task "${task}"`);
        const result = await tasks[task](argument);
        if (result instanceof Transferring) port.postMessage({ value: result.value }, result.buffers);
        else port.postMessage({ value: result });
      } catch (thrown) {
        port.postMessage({ error: serialize(thrown) });
      }
    })();
  });
}
