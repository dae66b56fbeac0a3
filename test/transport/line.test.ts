/** The main thread's end of the line, with a transport thread that is a stand-in. */
import { EventEmitter } from "node:events";
import type * as Threads from "node:worker_threads";
import { TransportLine } from "../../kernel/transport/line";
import { Phase, Word, type ToTransport, type TransportData } from "../../kernel/transport/shared";

const { Worker: Thread } = jest.requireActual<typeof Threads>("node:worker_threads");

/** A thread that is started and does nothing but keep what it is sent. */
class FakeThread extends EventEmitter {
  readonly received: ToTransport[] = [];
  /** Called with every message, on the thread that posts it. */
  onPost: (message: ToTransport) => void = () => undefined;

  constructor(
    readonly file: string,
    readonly options: Omit<Threads.WorkerOptions, "workerData"> & { workerData: TransportData },
  ) {
    super();
    started.push(this);
  }

  postMessage(message: ToTransport): void {
    this.received.push(message);
    this.onPost(message);
  }
}
const started: FakeThread[] = [];
const mockThread = (file: string, options: FakeThread["options"]) => new FakeThread(file, options);
jest.mock("node:worker_threads", () => ({
  ...jest.requireActual<typeof Threads>("node:worker_threads"),
  Worker: function (file: string, options: FakeThread["options"]) {
    return mockThread(file, options);
  },
}));

const ports: Threads.MessagePort[] = [];
afterEach(() => ports.splice(0).forEach((port) => port.close()));

function line() {
  const own = new TransportLine("kernel.json");
  const thread = started.at(-1) as FakeThread;
  const { memory, stdin } = thread.options.workerData;
  ports.push(stdin);
  return { line: own, thread, control: memory.control, stdin, memory };
}

/** Runs `code` on a real thread, with `data` as its workerData. */
function onAnotherThread(code: string, data: object, transferList: Threads.MessagePort[] = []) {
  return new Thread(`const { control, port } = require("node:worker_threads").workerData; ${code}`, {
    eval: true,
    workerData: data,
    transferList,
  });
}

describe("the line to the transport thread", () => {
  test("starts it with the connection file and the port of the answers, and with Node's flags of this process", () => {
    const { thread, stdin } = line();
    expect(thread.file).toMatch(/[/\\]thread\.js$/);
    expect(thread.options.workerData.connectionFile).toBe("kernel.json");
    expect(thread.options.transferList).toEqual([stdin]);
    // Those of this process are inherited; given by name, Node refuses the options of V8, such as --max-old-space-size.
    expect(thread.options.execArgv).toBeUndefined();
  });

  test("hands messages on in order, those first that came before anybody listened, each once", () => {
    const { line: own, thread } = line();
    const heard: unknown[] = [];
    thread.emit("message", { kind: "interrupt", request: 1 });
    thread.emit("message", { kind: "interrupt", request: 2 });
    own.onMessage((message) => heard.push(message));
    thread.emit("message", { kind: "shutdown", restart: true });
    const all = [
      { kind: "interrupt", request: 1 },
      { kind: "interrupt", request: 2 },
      { kind: "shutdown", restart: true },
    ];
    expect(heard).toEqual(all);
    own.onMessage(() => heard.push("twice"));
    expect(heard).toEqual(all);
  });

  test("tells of a thread that could not start or broke, and of nothing else", () => {
    const { line: own, thread } = line();
    const heard: unknown[] = [];
    const failures: Error[] = [];
    own.onMessage((message) => heard.push(message));
    own.onFailure((error) => failures.push(error));
    thread.emit("message", { kind: "failed", message: "the port is taken" });
    thread.emit("error", new Error("broken"));
    thread.emit("message", { kind: "interrupt", request: 1 });
    expect(failures.map(({ message }) => message)).toEqual(["the port is taken", "broken"]);
    expect(heard).toEqual([{ kind: "interrupt", request: 1 }]);
  });

  test("numbers what it posts from 1, and says how much was printed before", () => {
    const { line: own, thread, control } = line();
    own.post({ kind: "signal" });
    own.print(4, "stdout", "text");
    own.post({ kind: "alive", request: 4 });
    // The second message is the wake-up of the print: 12 bytes of header and 4 of text lie in the ring.
    expect(thread.received).toEqual([
      { kind: "signal", number: 1, written: 0 },
      { kind: "output", number: 2, written: 16 },
      { kind: "alive", request: 4, number: 3, written: 16 },
    ]);
    expect(Atomics.load(control, Word.posted)).toBe(3);
  });

  test("counts its messages as 32-bit numbers, as the shared memory does", () => {
    const { line: own, thread, control } = line();
    Atomics.store(control, Word.posted, 2 ** 31 - 1);
    own.post({ kind: "signal" });
    expect(thread.received[0].number).toBe(-(2 ** 31));
    expect(Atomics.load(control, Word.posted)).toBe(-(2 ** 31));
  });

  test("says in which phase the main thread is, and gives the one before", () => {
    const { line: own, control } = line();
    expect(own.setPhase(Phase.user)).toBe(Phase.kernel);
    expect(Atomics.load(control, Word.phase)).toBe(Phase.user);
    expect(own.setPhase(Phase.kernel)).toBe(Phase.user);
    expect(Atomics.load(control, Word.phase)).toBe(Phase.kernel);
  });
});

describe("a question", () => {
  test("is asked with its prompt, and gives its answer, not one that was left over", () => {
    const { line: own, thread, stdin } = line();
    stdin.postMessage({ value: "left over" });
    stdin.postMessage({ value: "left over too" });
    thread.onPost = ({ kind }) => {
      if (kind === "input") stdin.postMessage({ value: "yes" });
    };
    expect(own.ask(3, "Sure?", true)).toEqual({ value: "yes" });
    expect(thread.received).toMatchObject([{ kind: "input", request: 3, prompt: "Sure?", password: true }]);
  });

  test("waits for an answer that takes its time", () => {
    const { line: own, thread, stdin, control } = line();
    thread.onPost = () => {
      onAnotherThread(
        `setTimeout(() => { port.postMessage({ value: "late" }); Atomics.add(control, ${Word.answers}, 1); ` +
          `Atomics.notify(control, ${Word.answers}); port.close(); }, 30)`,
        { control, port: stdin },
        [stdin],
      );
    };
    expect(own.ask(3, "?", false)).toEqual({ value: "late" });
  });

  test("reaches nobody once the sockets are closed", () => {
    const { line: own, control } = line();
    Atomics.store(control, Word.closed, 1);
    expect(own.ask(3, "?", false)).toEqual({ failure: "unreachable" });
  });
});

describe("the end", () => {
  test("waits until the sockets are closed, with the last words", () => {
    const { line: own, thread, control } = line();
    thread.onPost = () => {
      const code = `setTimeout(() => { Atomics.store(control, ${Word.closed}, 1); Atomics.notify(control, ${Word.closed}) }, 30)`;
      onAnotherThread(code, { control });
    };
    own.close("good-bye");
    expect(Atomics.load(control, Word.closed)).toBe(1);
    expect(thread.received).toMatchObject([{ kind: "exit", lastWords: "good-bye" }]);
  });

  test("comes once", () => {
    const { line: own, thread, control } = line();
    thread.onPost = () => void Atomics.store(control, Word.closed, 1);
    own.close();
    own.close();
    expect(thread.received).toHaveLength(1);
  });
});
