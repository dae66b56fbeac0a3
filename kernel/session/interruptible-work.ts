import { Interrupted } from "./cell";

/** Milliseconds in which the language may end an interrupted cell in its own way, `finally` blocks included. */
const SETTLE_MS = 1_000;
/** Milliseconds for the same after a termination: with the stack, the code that would end the cell is often gone. */
const SETTLE_TERMINATED_MS = 20;

/** Running code as an interrupt sees it. */
export interface Stoppable {
  readonly request: number;
  /** Stops the code: "interrupt" after it was asked to stop, "terminated" after its JavaScript was stopped by force. What it awaits rejects with
   *  `reason`. */
  stop(how: "interrupt" | "terminated", reason: Error): void;
}

/** Starts `work` from a macrotask of its own, so that a termination destroys the stack of the work alone. When the work is stopped and does
 *  not settle, perhaps because its code is gone, the outcome rejects with `Interrupted` all the same. */
export function runInterruptibly<T>(options: {
  request: number;
  work: () => Promise<T>;
  interrupt: (reason: Error) => void;
  setUserPhase: (user: boolean) => void;
}): { outcome: Promise<T>; stoppable: Stoppable } {
  let timer: NodeJS.Timeout | undefined;
  let stoppedBeforeStart = false;
  let settle: { resolve: (value: T) => void; reject: (error: unknown) => void } | undefined;
  const outcome = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
    setImmediate(() => {
      if (stoppedBeforeStart) {
        reject(new Interrupted());
        return;
      }
      options.setUserPhase(true);
      try {
        options.work().then(resolve, reject);
      } catch (error) {
        reject(error);
      }
    });
  }).finally(() => {
    options.setUserPhase(false);
    clearTimeout(timer);
  });
  const stoppable: Stoppable = {
    request: options.request,
    stop: (how, reason) => {
      stoppedBeforeStart = true;
      options.interrupt(reason);
      clearTimeout(timer);
      const wait = how === "terminated" ? SETTLE_TERMINATED_MS : SETTLE_MS;
      timer = setTimeout(() => settle?.reject(reason), wait);
    },
  };
  return { outcome, stoppable };
}
