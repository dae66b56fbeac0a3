import { CancelledError } from "../../kernel/errors";
import { atOnce, inTurns, mapWithTurns, pause, throwIfStopped } from "../../kernel/bytes/pause";

test("a pause gives the event loop a turn: what waits for one has it", async () => {
  const order: string[] = [];
  setImmediate(() => order.push("what waited"));
  await pause();
  order.push("the work");
  expect(order).toEqual(["what waited", "the work"]);
});

test("work is stopped by a signal that fired, by that alone", () => {
  expect(() => throwIfStopped(undefined, "reading")).not.toThrow();
  expect(() => throwIfStopped(new AbortController().signal, "reading")).not.toThrow();
  expect(() => throwIfStopped(AbortSignal.abort(), "reading a.bin")).toThrow(new CancelledError("reading a.bin"));
});

function* three(done: string[]): Generator<void, string> {
  for (const step of ["one", "two", "three"]) {
    done.push(step);
    yield;
  }
  return "over";
}

test("work that yields lets others in between its steps, or is done at once", async () => {
  const done: string[] = [];
  setImmediate(() => done.push("another"));
  expect(await inTurns(three(done), undefined, "counting")).toBe("over");
  expect(done).toEqual(["one", "another", "two", "three"]);
  const alone: string[] = [];
  setImmediate(() => alone.push("another"));
  expect(atOnce(three(alone))).toBe("over");
  expect(alone).toEqual(["one", "two", "three"]);
});

test("work in turns ends at the turn in which the signal fires", async () => {
  const done: string[] = [];
  const stop = new AbortController();
  setImmediate(() => stop.abort());
  await expect(inTurns(three(done), stop.signal, "counting")).rejects.toThrow(new CancelledError("counting"));
  expect(done).toEqual(["one"]);
});

test("many small steps give a turn behind each ten thousand", () => {
  const items = Array.from({ length: 25_000 }, (_, i) => i);
  const work = mapWithTurns(items, (item, at) => item + at);
  expect([work.next().done, work.next().done]).toEqual([false, false]);
  const { done, value } = work.next();
  expect(done).toBe(true);
  expect((value as number[])[24_999]).toBe(49_998);
});
