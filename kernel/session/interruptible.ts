import { Interrupted } from "./cell";

/** The language gets this long to end an interrupted cell in its own way (its `finally` blocks). */
const SETTLE_MS = 1_000;
/** After a termination the stack is gone, and with it, often, whoever would have ended the cell. */
const SETTLE_TERMINATED_MS = 20;

/** What an interrupt needs of the code that is running. */
export interface Stoppable {
  readonly request: number;
  /** "interrupt": it was asked to stop; "terminated": its JavaScript was stopped by force. */
  stop(how: "interrupt" | "terminated"): void;
}

/** Starts `work` from a macrotask of its own, so that a termination takes nothing with it but the work's own stack. When it
 *  is stopped and does not settle, the outcome rejects with `Interrupted` all the same: code may be gone. */
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
    stop: (how) => {
      stoppedBeforeStart = true;
      const reason = new Interrupted();
      options.interrupt(reason);
      clearTimeout(timer);
      const wait = how === "terminated" ? SETTLE_TERMINATED_MS : SETTLE_MS;
      timer = setTimeout(() => settle?.reject(reason), wait);
    },
  };
  return { outcome, stoppable };
}
