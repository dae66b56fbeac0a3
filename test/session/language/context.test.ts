import {
  CellContext,
  currentCell,
  isThenable,
  iterate,
  pause,
  pauseCell,
  resume,
  runInCell,
} from "../../../kernel/session/language/context";
import { Recorder } from "../notebook";

const context = () => new CellContext("Cell [1]", new Recorder());
const reason = new Error("interrupted");

describe("isThenable", () => {
  test("is true of promises and of whatever has a then, false of the rest", () => {
    expect(isThenable(Promise.resolve())).toBe(true);
    expect(isThenable({ then: () => undefined })).toBe(true);
    expect(isThenable(Object.assign(() => undefined, { then: () => undefined }))).toBe(true);
    for (const value of [null, undefined, 1, "then", {}, { then: 1 }]) expect(isThenable(value)).toBe(false);
  });

  test("is false of a value that throws when it is asked", () => {
    expect(
      isThenable({
        get then() {
          throw new Error("no");
        },
      }),
    ).toBe(false);
  });
});

describe("a cell's context", () => {
  test("is carried through awaits and timers", async () => {
    const own = context();
    const seen: unknown[] = [];
    await runInCell(own, async () => {
      seen.push(currentCell());
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.push(currentCell());
    });
    expect(seen).toEqual([own, own]);
    expect(currentCell()).toBeUndefined();
  });

  test("keeps the first reason of an interrupt", () => {
    const own = context();
    own.stop(reason);
    own.stop(new Error("second"));
    expect([own.stopped, own.isReason(reason), own.isReason(new Error("second"))]).toEqual([true, true, false]);
    expect(() => own.throwIfStopped()).toThrow(reason);
  });

  test("has no reason before it was stopped: an undefined that is thrown is none", () => {
    const own = context();
    expect(own.isReason(undefined)).toBe(false);
    expect(() => own.throwIfStopped()).not.toThrow();
  });

  test("undoes what an early end asks for, once, and nothing when the cell reached its end", () => {
    let undone = 0;
    const early = context();
    early.onEarlyEnd(() => undone++);
    early.end();
    early.end();
    expect(undone).toBe(1);
    const whole = context();
    whole.onEarlyEnd(() => undone++);
    whole.finished();
    whole.end();
    expect(undone).toBe(1);
  });
});

describe("awaits", () => {
  test("outside of a cell are left alone", () => {
    const promise = Promise.resolve(1);
    expect(pause(promise)).toBe(promise);
    expect(pauseCell(promise)).toBe(promise);
    expect(resume(1)).toBe(1);
  });

  test("at the top level throw the reason as soon as the cell is stopped", async () => {
    const own = context();
    const waiting = runInCell(own, async () => resume(await pauseCell(new Promise(() => undefined), 3)));
    own.stop(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(own.awaitLine).toBe(3);
  });

  test("inside a function throw the reason when they go on", async () => {
    const own = context();
    let release: (value: number) => void = () => undefined;
    const waiting = runInCell(own, async () =>
      resume(await pause(new Promise<number>((resolve) => (release = resolve)))),
    );
    own.stop(reason);
    release(1);
    await expect(waiting).rejects.toBe(reason);
  });

  test("give their value, and throw what they wait for throws, where nothing is stopped", async () => {
    const own = context();
    expect(await runInCell(own, async () => resume(await pauseCell(Promise.resolve(7))))).toBe(7);
    const failed = new Error("of its own");
    await expect(runInCell(own, async () => resume(await pauseCell(Promise.reject(failed))))).rejects.toBe(failed);
  });

  test("that begin after the interrupt work, for clean-up", async () => {
    const own = context();
    own.stop(reason);
    expect(await runInCell(own, async () => resume(await pause(Promise.resolve("cleaned"))))).toBe("cleaned");
    expect(await runInCell(own, async () => resume(await pauseCell(Promise.resolve("cleaned"))))).toBe("cleaned");
  });
});

describe("for await", () => {
  const all = async (source: unknown) => {
    const seen: unknown[] = [];
    for await (const value of iterate(source)) seen.push(value);
    return seen;
  };

  test("goes over asynchronous and plain iterables, and waits for promises in a plain one", async () => {
    async function* numbers() {
      yield 1;
      yield 2;
    }
    expect(await all(numbers())).toEqual([1, 2]);
    expect(await all([3, Promise.resolve(4)])).toEqual([3, 4]);
  });

  test("says what cannot be gone over", () => {
    expect(() => iterate(5)).toThrow("the value after `of` is not iterable");
  });

  test("ends its pending step with the interrupt", async () => {
    const own = context();
    const endless = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
    const waiting = runInCell(own, () => all(endless));
    await new Promise((resolve) => setImmediate(resolve));
    own.stop(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  test("closes the source when the loop is left", async () => {
    let closed = 0;
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: 1 }),
        return: async () => (closed++, { done: true, value: undefined }),
      }),
    };
    for await (const value of iterate(source)) {
      expect(value).toBe(1);
      break;
    }
    expect(closed).toBe(1);
  });
});
