import { CancelledError } from "../../kernel/errors";
import { pause, throwIfStopped } from "../../kernel/bytes/pause";

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
