/** The cell that code belongs to, also when it runs later from a timer or a promise: its output, and whether it was
 *  interrupted. Asynchronous code carries its cell by AsyncLocalStorage; synchronous code pays nothing.
 *
 *  An interrupt reaches asynchronous code at its awaits, which emit.ts turns into `resume(await pause(x))`:
 *  an await that was pending throws the reason when it goes on (one at the top level of the cell at once, so that its
 *  `finally` runs). Awaits that begin after the interrupt work for a second, for clean-up; later ones never go on, which
 *  ends loops that catch the reason. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { CellOutput } from "./types";

const graceMilliseconds = 1000;

const redirected = new AsyncLocalStorage<CellOutput>();

/** Runs `work`, and all that it starts, with another place for what it prints and shows than the cell's output. */
export function withOutput<T>(output: CellOutput, work: () => T): T {
  return redirected.run(output, work);
}

/** A value that clean-up code awaits after the interrupt. */
class Exempt {
  constructor(readonly value: unknown) {}
}

/** True for a value that `await` would wait for. A proxy that throws when it is asked counts as none. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  try {
    return typeof (value as { then?: unknown }).then === "function";
  } catch {
    return false;
  }
}

/** A cell that code belongs to. */
export class CellContext {
  /** Why the cell was interrupted, once it was. */
  reason: Error | undefined;
  /** The line of the top-level await that began last. */
  awaitLine: number | undefined;
  private stoppedAt = 0;
  private readonly pending = new Set<(reason: Error) => void>();
  private undo: (() => void) | undefined;

  constructor(
    readonly name: string,
    private readonly ownOutput: CellOutput,
  ) {}

  /** Where the running code prints and shows: the cell's output, or the one that `withOutput` put in its place. */
  get output(): CellOutput {
    return redirected.getStore() ?? this.ownOutput;
  }

  get stopped(): boolean {
    return this.reason !== undefined;
  }

  /** Has `undo` called when the cell ends early, by an error or an interrupt. */
  onEarlyEnd(undo: () => void): void {
    this.undo = undo;
  }

  /** Notes that the cell ran to its end. */
  finished(): void {
    this.undo = undefined;
  }

  /** Notes that the cell has its result. */
  end(): void {
    this.undo?.();
    this.undo = undefined;
  }

  /** True for the very error that the interrupt threw. */
  isReason(error: unknown): boolean {
    return this.reason !== undefined && error === this.reason;
  }

  stop(reason: Error): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.stoppedAt = performance.now();
    for (const reject of [...this.pending]) reject(reason);
    this.pending.clear();
  }

  throwIfStopped(): void {
    if (this.reason !== undefined) throw this.reason;
  }

  /** The value for which an await that begins after the interrupt waits. */
  cleanUp(value: unknown): unknown {
    if (performance.now() - this.stoppedAt > graceMilliseconds) return new Promise(() => undefined);
    return isThenable(value) ? Promise.resolve(value).then((result) => new Exempt(result)) : new Exempt(value);
  }

  /** Settles as the promise does, or rejects with the interrupt, whichever comes first. */
  race(value: PromiseLike<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.pending.add(reject);
      const end = () => this.pending.delete(reject);
      value.then(
        (result) => (end(), resolve(result)),
        (error: unknown) => (end(), reject(error)),
      );
    });
  }
}

const storage = new AsyncLocalStorage<CellContext>();

/** Runs `body`, and all that it starts, as part of a cell. */
export function runInCell<T>(context: CellContext, body: () => T): T {
  return storage.run(context, body);
}

/** The cell that the running code belongs to; `undefined` outside cells. */
export function currentCell(): CellContext | undefined {
  return storage.getStore();
}

/** Called before an await inside a function, with the awaited value; returns the value to await. */
export function pause(value: unknown): unknown {
  const context = storage.getStore();
  return context === undefined || !context.stopped ? value : context.cleanUp(value);
}

/** Called before an await at the top level of a cell, on a line counted from 1; returns the value to await. */
export function pauseCell(value: unknown, line?: number): unknown {
  const context = storage.getStore();
  if (context === undefined) return value;
  context.awaitLine = line;
  if (context.stopped) return context.cleanUp(value);
  return isThenable(value) ? context.race(value) : value;
}

/** Called after an await, with its value, which it returns; throws when the cell was interrupted. */
export function resume(value?: unknown): unknown {
  if (value instanceof Exempt) return value.value;
  const context = storage.getStore();
  if (context !== undefined && context.stopped) context.throwIfStopped();
  return value;
}

type AnyIterator = AsyncIterator<unknown> | Iterator<unknown>;

/** The iterable that a `for await` at the top level of a cell goes over: `source`, with a pending step that the interrupt ends. */
export function iterate(source: unknown): AsyncIterable<unknown> {
  const iterable = source as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  const start = (iterable[Symbol.asyncIterator] ?? iterable[Symbol.iterator]) as
    ((this: unknown) => AnyIterator) | undefined;
  if (typeof start !== "function") throw new TypeError("the value after `of` is not iterable");
  const iterator = start.call(iterable);
  const isAsync = iterable[Symbol.asyncIterator] !== undefined;
  const step = async (result: IteratorResult<unknown> | Promise<IteratorResult<unknown>>) => {
    const { done, value } = (await pauseCell(result)) as IteratorResult<unknown>;
    return { done, value: isAsync ? value : await value } as IteratorResult<unknown>;
  };
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => step(iterator.next()),
      return: async (value?: unknown) => {
        if (iterator.return !== undefined) void (await (iterator as AsyncIterator<unknown>).return?.(value));
        return { done: true, value };
      },
    }),
  };
}
