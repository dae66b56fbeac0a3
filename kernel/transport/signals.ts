import { parentPort, Worker, isMainThread, workerData } from "node:worker_threads";
import vm from "node:vm";

/** Sees SIGINT while the main thread is busy. Node runs signal handlers on the main thread's event loop, which a busy cell
 *  does not turn; but code run by `vm` with `breakOnSigint` is stopped by a SIGINT in any thread. So a thread of its own
 *  sleeps in such code, and every signal wakes it. Two runs are nested, because Node would forget our handler for an
 *  instant between two runs, and a second Ctrl+C just then would end the process: the outer run keeps it. */
export function watchInterruptSignals(onSignal: () => void): void {
  const worker = new Worker(__filename, { workerData: "signals", stdout: false, stderr: false });
  worker.on("message", onSignal);
  worker.unref();
}

if (!isMainThread && workerData === "signals") {
  const scope = globalThis as typeof globalThis & { sleep?: () => void };
  const word = new Int32Array(new SharedArrayBuffer(4));
  const sleepInside = vm.runInThisContext("(word) => Atomics.wait(word, 0, 0)") as (word: Int32Array) => void;
  Object.assign(scope, {
    codebookSleep: () => sleepInside(word),
    codebookWatch: () => {
      try {
        vm.runInThisContext("codebookSleep()", { breakOnSigint: true });
      } catch {
        parentPort?.postMessage("interrupt");
      }
    },
  });
  for (;;) {
    try {
      vm.runInThisContext("for (;;) codebookWatch()", { breakOnSigint: true });
    } catch {
      parentPort?.postMessage("interrupt");
    }
  }
}
