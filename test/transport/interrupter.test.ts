/** The interrupter asks, waits, and terminates only what is stuck in the user's code. The inspector is a stand-in. */
import inspector from "node:inspector";
import { Interrupter } from "../../kernel/transport/interrupter";
import { Phase, Word } from "../../kernel/transport/shared";

const posted: string[] = [];
let connections = 0;
jest.spyOn(inspector.Session.prototype, "connectToMainThread").mockImplementation(() => void connections++);
jest.spyOn(inspector.Session.prototype, "disconnect").mockImplementation(() => void connections--);
(jest.spyOn(inspector.Session.prototype, "post") as jest.SpyInstance).mockImplementation(
  (method: string, done: () => void) => {
    posted.push(method);
    done();
  },
);

beforeEach(() => {
  jest.useFakeTimers();
  posted.length = 0;
});
afterEach(() => jest.useRealTimers());
afterAll(() => jest.restoreAllMocks());

function interrupter(phase: number = Phase.user) {
  const control = new Int32Array(new SharedArrayBuffer(Word.count * 4));
  Atomics.store(control, Word.phase, phase);
  const told: [string, number][] = [];
  const own = new Interrupter(control, (kind, request) => told.push([kind, request]));
  own.prepare();
  return { own, told, control };
}

describe("an interrupt", () => {
  test("asks first, and terminates nothing that answers", () => {
    const { own, told } = interrupter();
    own.interrupt(7);
    expect(told).toEqual([["interrupt", 7]]);
    own.answered(7);
    jest.advanceTimersByTime(10_000);
    expect([told.length, posted]).toEqual([1, []]);
  });

  test("terminates code that does not answer in time, again and again until it does", () => {
    const { own, told } = interrupter();
    own.interrupt(7);
    jest.advanceTimersByTime(59);
    expect(posted).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(posted).toEqual(["Runtime.terminateExecution"]);
    expect(told).toEqual([
      ["interrupt", 7],
      ["terminated", 7],
    ]);
    jest.advanceTimersByTime(100);
    expect(posted.length).toBe(2);
    own.answered(7);
    jest.advanceTimersByTime(10_000);
    expect(posted.length).toBe(2);
  });

  test("leaves the kernel's own work alone until the user's code runs", () => {
    const { own, control } = interrupter(Phase.kernel);
    own.interrupt(7);
    jest.advanceTimersByTime(1_000);
    expect(posted).toEqual([]);
    Atomics.store(control, Word.phase, Phase.user);
    jest.advanceTimersByTime(20);
    expect(posted.length).toBe(1);
  });

  test("of the same request is asked once; of a later one anew", () => {
    const { own, told } = interrupter();
    own.interrupt(7);
    own.interrupt(7);
    expect(told.length).toBe(1);
    own.answered(7);
    own.interrupt(7);
    expect(told.length).toBe(2);
    own.interrupt(8);
    expect(told.at(-1)).toEqual(["interrupt", 8]);
  });

  test("of a later request stops both that did not answer: they share a thread", () => {
    const { own, told } = interrupter();
    own.interrupt(7);
    jest.advanceTimersByTime(40);
    own.interrupt(8);
    jest.advanceTimersByTime(59);
    expect(posted).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(told).toEqual([
      ["interrupt", 7],
      ["interrupt", 8],
      ["terminated", 7],
      ["terminated", 8],
    ]);
    own.answered(7);
    jest.advanceTimersByTime(100);
    expect(told.slice(4)).toEqual([["terminated", 8]]);
    own.answered(8);
    jest.advanceTimersByTime(10_000);
    expect(posted.length).toBe(2);
  });

  test("is a word that code which prints can see, until all have answered", () => {
    const { own, control } = interrupter();
    const word = () => Atomics.load(control, Word.interrupt);
    own.interrupt(7);
    own.interrupt(8);
    own.answered(7);
    expect(word()).toBe(1);
    own.answered(8);
    expect(word()).toBe(0);
    own.answered(8);
    own.interrupt(9);
    expect(word()).toBe(1);
  });

  test("that was answered while the code was stopped is told, and not repeated", () => {
    const { own, told } = interrupter();
    let done: () => void = () => undefined;
    jest
      .mocked(inspector.Session.prototype.post as unknown as (method: string, done: () => void) => void)
      .mockImplementationOnce((method, callback) => {
        posted.push(method);
        done = callback;
      });
    own.interrupt(7);
    jest.advanceTimersByTime(60);
    own.answered(7);
    done();
    expect(told.at(-1)).toEqual(["terminated", 7]);
    jest.advanceTimersByTime(10_000);
    expect(posted.length).toBe(1);
  });

  test("without a connection waits for one", () => {
    const control = new Int32Array(new SharedArrayBuffer(Word.count * 4));
    Atomics.store(control, Word.phase, Phase.user);
    const own = new Interrupter(control, () => undefined);
    own.interrupt(7);
    jest.advanceTimersByTime(1_000);
    expect(posted).toEqual([]);
    own.prepare();
    jest.advanceTimersByTime(20);
    expect(posted).toEqual(["Runtime.terminateExecution"]);
  });

  test("is not settled by the answer of another request", () => {
    const { own } = interrupter();
    own.interrupt(7);
    own.answered(6);
    jest.advanceTimersByTime(60);
    expect(posted.length).toBe(1);
  });

  test("connects once, and lets go when it is closed", () => {
    connections = 0;
    const { own } = interrupter();
    own.prepare();
    expect(connections).toBe(1);
    own.interrupt(7);
    own.close();
    expect(connections).toBe(0);
    jest.advanceTimersByTime(1_000);
    expect(posted).toEqual([]);
  });
});
