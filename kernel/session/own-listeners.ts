type Listener = (...values: unknown[]) => void;
interface Emitter {
  eventNames(): (string | symbol)[];
  rawListeners(event: string | symbol): unknown[];
  on(event: string | symbol, listener: Listener): unknown;
  removeAllListeners: (...events: (string | symbol)[]) => unknown;
}

/** Keeps the listeners that an emitter has now when its `removeAllListeners` is called: those that are added later go. A cell that clears the
 *  process's listeners means its own, and the kernel would not outlive the next signal or stray error without its own. */
export function keepListeners(emitter: Emitter): void {
  const kept = emitter.eventNames().map((event) => [event, emitter.rawListeners(event) as Listener[]] as const);
  const original = emitter.removeAllListeners;
  emitter.removeAllListeners = function (this: Emitter, ...events: (string | symbol)[]): unknown {
    const result = Reflect.apply(original, this, events);
    for (const [event, listeners] of kept) {
      if (events.length > 0 && events[0] !== event) continue;
      for (const listener of listeners) this.on(event, listener);
    }
    return result;
  };
}
