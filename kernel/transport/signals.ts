import { parentPort, Worker, isMainThread, workerData } from "node:worker_threads";
import vm from "node:vm";

/** Sees SIGINT while the main thread is busy. Node runs signal handlers on the main thread's event loop, which a busy cell
 *  does not turn; but code run by `vm` with `breakOnSigint` is stopped by a SIGINT in any thread. So a thread of its own
 *  sleeps in such code, and every signal wakes it.
 *
 *  When the last such run of the process ends, Node puts back the default action, which ends the process. A signal that comes while
 *  a run starts anew stops the run around it, so runs are nested; and signals that follow each other within microseconds can end a
 *  whole thread, so several threads watch, each is started again when it ends, and only the youngest is told of a signal. */
export function watchInterruptSignals(onSignal: () => void): void {
  const watch = (): void => {
    const worker = new Worker(__filename, { workerData: "signals", stdout: false, stderr: false });
    worker.on("message", onSignal);
    worker.on("error", () => undefined);
    worker.on("exit", () => {
      onSignal();
      watch();
    });
    worker.unref();
  };
  for (let i = 0; i < threads; i++) watch();
}

const threads = 3;
const nesting = 8;

if (!isMainThread && workerData === "signals") {
  const scope = globalThis as typeof globalThis & { codebookWatch?: (depth: number) => void };
  const word = new Int32Array(new SharedArrayBuffer(4));
  scope.codebookWatch = (depth) => {
    if (depth === nesting) return void Atomics.wait(word, 0, 0);
    const inside = new vm.Script(`codebookWatch(${depth + 1})`);
    for (;;) {
      try {
        inside.runInThisContext({ breakOnSigint: true });
      } catch {
        parentPort?.postMessage("interrupt");
      }
    }
  };
  scope.codebookWatch(0);
}
