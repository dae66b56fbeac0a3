import { setImmediate } from "node:timers/promises";
import { CancelledError } from "../errors";

/** Gives the event loop a turn: timers, sockets and an interrupt get through between two slices of long work. */
export async function pause(): Promise<void> {
  await setImmediate();
}

/** Throws `CancelledError` when `signal` has fired; `task` is named in the message ("reading model.safetensors"). */
export function throwIfStopped(signal: AbortSignal | undefined, task: string): void {
  if (signal?.aborted) throw new CancelledError(task);
}
