import { Inbox } from "../../kernel/transport/inbox";
import { OutputWriter } from "../../kernel/transport/ring";
import { createSharedMemory, Word, type ToTransport, type TransportMessage } from "../../kernel/transport/shared";
import { settled } from "./fakes";

function inbox() {
  const memory = createSharedMemory(1 << 20);
  const { control } = memory;
  const seen: string[] = [];
  const state = { behind: false };
  const own = new Inbox(memory, {
    handle: (message) => seen.push(message.kind),
    print: (_, __, text) => seen.push(text),
    isBehind: () => state.behind,
  });
  const numbered = (message: TransportMessage): ToTransport => {
    const number = (Atomics.add(control, Word.posted, 1) + 1) | 0;
    if (message.kind === "publish") Atomics.add(control, Word.held, message.size);
    return { ...message, number, written: Atomics.load(control, Word.written) };
  };
  const post = (message: TransportMessage) => own.receive(numbered(message));
  const writer = new OutputWriter(memory, () => post({ kind: "output" }));
  const display: TransportMessage = {
    kind: "publish",
    request: 1,
    type: "d",
    content: "",
    metadata: "",
    buffers: [],
    size: 9,
  };
  const quiet = new OutputWriter(memory, () => undefined);
  return {
    own,
    control,
    seen,
    state,
    numbered,
    post,
    print: (text: string) => writer.write(1, "stdout", text),
    /** Prints, and wakes nobody. */
    printQuietly: (text: string) => quiet.write(1, "stdout", text),
    display,
  };
}
const held = (control: Int32Array) => [Atomics.load(control, Word.processed), Atomics.load(control, Word.held)];

beforeEach(() => jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"] }));
afterEach(() => jest.useRealTimers());

test("text and messages are dealt with in the order in which they came", () => {
  const { own, seen, numbered, printQuietly, display } = inbox();
  printQuietly("a");
  const late = numbered(display);
  printQuietly("b");
  own.readAhead();
  expect(seen).toEqual([]);
  own.receive(late);
  expect(seen.filter((one) => one !== "output")).toEqual(["a", "publish", "b"]);
});

test("while subscribers are behind, prints and displays wait; the end of a request does not", async () => {
  const { control, seen, state, post, print, display } = inbox();
  state.behind = true;
  print("a");
  post({ kind: "finish", request: 1, abortQueued: false });
  post(display);
  print("b");
  await settled();
  expect(seen.filter((one) => one !== "output")).toEqual(["a", "finish"]);
  expect(held(control)[1]).toBe(9);
  state.behind = false;
  await jest.advanceTimersByTimeAsync(5);
  expect(seen.filter((one) => one !== "output")).toEqual(["a", "finish", "publish", "b"]);
  expect(held(control)).toEqual([Atomics.load(control, Word.posted), 0]);
});

test("a flush waits for nobody", () => {
  const { own, seen, state, post, print, display } = inbox();
  state.behind = true;
  post(display);
  print("a");
  own.flush();
  expect(seen.filter((one) => one !== "output")).toEqual(["publish", "a"]);
});

test("long work is done in turns, between which other work is", async () => {
  const { seen, state, post, printQuietly, display } = inbox();
  let now = 0;
  jest.spyOn(performance, "now").mockImplementation(() => (now += 3));
  state.behind = true;
  for (let i = 0; i < 10; i++) post(display);
  state.behind = false;
  jest.advanceTimersByTime(5);
  expect(seen.length).toBeLessThan(10);
  await settled();
  expect(seen.length).toBe(10);
  printQuietly("x".repeat(600_000));
  post({ kind: "output" });
  expect(seen.filter((one) => one.startsWith("x")).join("").length).toBeLessThan(600_000);
  await settled();
  expect(seen.filter((one) => one.startsWith("x")).join("").length).toBe(600_000);
});

test("bytes of a message that was never posted are forgotten", () => {
  const { control, post, display } = inbox();
  Atomics.add(control, Word.held, 1_000);
  post(display);
  post({ kind: "output" });
  expect(held(control)).toEqual([2, 0]);
});

test("text is read ahead only where no message comes before it", () => {
  const { own, seen, numbered, printQuietly } = inbox();
  printQuietly("a");
  own.readAhead();
  expect(seen).toEqual(["a"]);
  const late = numbered({ kind: "output" });
  printQuietly("b");
  own.readAhead();
  expect(seen).toEqual(["a"]);
  own.receive(late);
  expect(seen).toEqual(["a", "output", "b"]);
});
