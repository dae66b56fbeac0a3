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

/** Long work that yields where others may go first, done in turns: the event loop goes round at each. `CancelledError` when the signal fires;
 *  `task` names the work there. */
export async function inTurns<Result>(
  work: Generator<void, Result>,
  signal: AbortSignal | undefined,
  task: string,
): Promise<Result> {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
    await pause();
    throwIfStopped(signal, task);
  }
}

/** The same work at once. */
export function atOnce<Result>(work: Generator<void, Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** The results of many small steps, with a turn for others behind each ten thousand. */
export function* mapWithTurns<Item, Result>(
  items: readonly Item[],
  step: (item: Item, at: number) => Result,
): Generator<void, Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at++) {
    results.push(step(items[at], at));
    if (at % stepsInTurn === stepsInTurn - 1) yield;
  }
  return results;
}

/** Steps of some microseconds each. */
const stepsInTurn = 10_000;
