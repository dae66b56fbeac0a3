/** What a transport does about interrupts, questions, printed text and the end of the kernel. */
import { watchInterruptSignals } from "../../kernel/transport/signals";
import { OutputWriter } from "../../kernel/transport/ring";
import { Word, type ToTransport, type TransportMessage } from "../../kernel/transport/shared";
import { settled, type FakeSocket } from "./fakes";
import { endAll, served } from "./served";

jest.mock("../../kernel/transport/signals");
afterEach(() => {
  endAll();
  delete process.env.JPY_PARENT_PID;
});

const interrupts = (told: readonly { kind: string }[]) => told.filter(({ kind }) => kind !== "request");

describe("an interrupt", () => {
  test.each(["execute_request", "comm_open", "comm_msg", "comm_close"])("stops a %s, which runs code", async (type) => {
    const { ask, order, told } = served();
    await ask(type);
    await order("interrupt_request");
    expect(interrupts(told)).toEqual([{ kind: "interrupt", request: 1 }]);
  });

  test("comes from the terminal too: by the main thread, or by those who watch while it is busy", async () => {
    const { ask, post, finish, told } = served();
    await ask("execute_request");
    post({ kind: "signal" });
    expect(interrupts(told)).toEqual([{ kind: "interrupt", request: 1 }]);
    finish(1);
    jest.mocked(watchInterruptSignals).mockClear();
    await jest.advanceTimersByTimeAsync(300);
    expect(watchInterruptSignals).toHaveBeenCalledTimes(1);
    await ask("execute_request");
    jest.mocked(watchInterruptSignals).mock.calls[0][0]();
    expect(interrupts(told).at(-1)).toEqual({ kind: "interrupt", request: 2 });
  });

  test("stops no request that runs none of the user's code; where nothing runs the session hears of it all the same", async () => {
    const { ask, order, told, finish } = served();
    await order("interrupt_request");
    await ask("complete_request");
    await order("interrupt_request");
    finish(1);
    await order("interrupt_request");
    expect(interrupts(told)).toEqual(Array(3).fill({ kind: "interrupt", request: 0 }));
  });

  test("terminates a main thread that is silent, and none that says it is alive, or that has finished", async () => {
    const { ask, order, post, finish, inspected, memory } = served();
    Atomics.store(memory.control, Word.phase, 1);
    await ask("execute_request");
    await order("interrupt_request");
    post({ kind: "alive", request: 1 });
    await jest.advanceTimersByTimeAsync(1_000);
    expect(inspected).toEqual([]);
    await order("interrupt_request");
    finish(1);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(inspected).toEqual([]);
    await ask("execute_request");
    await order("interrupt_request");
    await jest.advanceTimersByTimeAsync(60);
    expect(inspected).toEqual(["Runtime.terminateExecution"]);
  });

  test("ends the question that stands", async () => {
    const { ask, order, post, answer, reply } = served();
    await ask("execute_request");
    post({ kind: "input", request: 1, prompt: "?", password: false });
    await settled();
    await order("interrupt_request");
    expect(answer()).toEqual({ failure: "interrupted" });
    await reply("late");
    expect(answer()).toBeUndefined();
  });
});

describe("a question", () => {
  test("of a cell that has ended is refused, so that nobody waits for its answer", async () => {
    const { ask, finish, post, answer, stdin } = served();
    await ask("execute_request");
    finish(1);
    post({ kind: "input", request: 1, prompt: "?", password: false });
    expect(answer()).toEqual({ failure: "unreachable" });
    await ask("execute_request");
    post({ kind: "input", request: 1, prompt: "?", password: false });
    expect(answer()).toEqual({ failure: "unreachable" });
    await settled();
    expect(stdin.sent).toEqual([]);
  });

  test("that a cell left behind takes no answer", async () => {
    const { ask, finish, post, answer, reply } = served();
    await ask("execute_request");
    post({ kind: "input", request: 1, prompt: "?", password: false });
    await settled();
    finish(1);
    await reply("late");
    expect(answer()).toBeUndefined();
  });

  test("is answered by the client whose cell asks, not by another with the key", async () => {
    const { ask, post, answer, reply } = served();
    await ask("execute_request", {}, "one");
    post({ kind: "input", request: 1, prompt: "?", password: false });
    await settled();
    await reply("of another", "two");
    expect(answer()).toBeUndefined();
    await reply("own", "one");
    expect(answer()).toEqual({ value: "own" });
  });
});

describe("printed text", () => {
  const display = (text: string): TransportMessage => ({
    kind: "publish",
    request: 1,
    type: "display_data",
    content: JSON.stringify({ text }),
    metadata: "{}",
    buffers: [],
    size: 0,
  });
  const texts = (iopub: FakeSocket) => iopub.sent.flatMap(({ content }) => content.text ?? []);

  test("keeps its place among what is shown", async () => {
    const { iopub, writer, post } = served();
    writer.write(1, "stdout", "a");
    post(display("b"));
    writer.write(1, "stdout", "c");
    post(display("d"));
    await settled();
    expect(texts(iopub)).toEqual(["a", "b", "c", "d"]);
  });

  test("that was printed after a message is not sent before it, however late the message comes", async () => {
    const { iopub, memory, numbered, receive } = served();
    const underWay: ToTransport[] = [];
    const writer = new OutputWriter(memory, () => underWay.push(numbered({ kind: "output" })));
    writer.write(1, "stdout", "first");
    underWay.push(numbered(display("second")));
    writer.write(1, "stdout", "third");
    expect(underWay.map(({ kind }) => kind)).toEqual(["output", "publish"]);
    receive(underWay[0]);
    await jest.advanceTimersByTimeAsync(100);
    expect(texts(iopub)).toEqual([]);
    receive(underWay[1]);
    await jest.advanceTimersByTimeAsync(100);
    expect(texts(iopub)).toEqual(["first", "second", "third"]);
  });

  test("stays in the ring while subscribers are behind, and goes out when they have caught up", async () => {
    const { iopub, writer, memory, post } = served();
    await settled();
    let release: () => void = () => undefined;
    const send = iopub.send.bind(iopub);
    iopub.send = async (frames) => {
      await new Promise<void>((resolve) => (release = resolve));
      return send(frames);
    };
    for (let i = 0; i < 34; i++) post(display("shown"));
    writer.write(1, "stdout", "printed");
    const unread = () => Atomics.load(memory.control, Word.written) - Atomics.load(memory.control, Word.read);
    await jest.advanceTimersByTimeAsync(100);
    expect(unread()).toBe(12 + "printed".length);
    iopub.send = send;
    release();
    await jest.advanceTimersByTimeAsync(100);
    expect(unread()).toBe(0);
    expect(texts(iopub).at(-1)).toBe("printed");
  });
});

describe("a shutdown", () => {
  const kill = () => jest.spyOn(process, "kill").mockReturnValue(true);

  test("interrupts what still runs, and kills a process that does not end", async () => {
    const killed = kill();
    const { ask, order, told, isClosed, shell } = served();
    await ask("execute_request");
    await order("shutdown_request", { restart: true });
    expect(interrupts(told)).toEqual([{ kind: "shutdown", restart: true }]);
    await jest.advanceTimersByTimeAsync(150);
    expect(interrupts(told).slice(1)).toEqual([{ kind: "interrupt", request: 1 }]);
    expect([isClosed(), shell.closed]).toEqual([false, false]);
    await jest.advanceTimersByTimeAsync(1_200 + 600);
    expect([isClosed(), shell.closed]).toEqual([true, true]);
    expect(killed.mock.calls).toEqual([[process.pid, "SIGKILL"]]);
  });

  test("answers a question that stands, so that its cell can end", async () => {
    const { ask, order, post, answer } = served();
    await ask("execute_request");
    post({ kind: "input", request: 1, prompt: "?", password: false });
    await settled();
    await order("shutdown_request");
    expect(answer()).toEqual({ failure: "interrupted" });
  });

  test("starts nothing that was queued", async () => {
    const { ask, order, finish, told } = served();
    await ask("execute_request");
    await ask("execute_request");
    await order("shutdown_request");
    finish(1);
    expect(told.filter(({ kind }) => kind === "request")).toHaveLength(1);
  });

  test("starts nobody who watches for signals", async () => {
    jest.mocked(watchInterruptSignals).mockClear();
    kill();
    const { order } = served();
    await order("shutdown_request");
    await jest.advanceTimersByTimeAsync(300);
    expect(watchInterruptSignals).not.toHaveBeenCalled();
  });

  test("follows when the Jupyter server that started the kernel is gone, and only then", async () => {
    const parent = process.ppid;
    process.env.JPY_PARENT_PID = String(parent);
    kill();
    const { told } = served();
    await jest.advanceTimersByTimeAsync(5_000);
    expect(told).toEqual([]);
    const ppid = jest.replaceProperty(process, "ppid", 1);
    await jest.advanceTimersByTimeAsync(5_000);
    ppid.restore();
    expect(told).toEqual([{ kind: "shutdown", restart: false }]);
  });

  test("does not follow another process than the one that started the kernel", async () => {
    process.env.JPY_PARENT_PID = String(process.ppid + 1);
    const { told } = served();
    const ppid = jest.replaceProperty(process, "ppid", 1);
    await jest.advanceTimersByTimeAsync(5_000);
    ppid.restore();
    expect(told).toEqual([]);
  });
});

describe("the end", () => {
  const lastWords = "the end";

  test("sends the last words to the cell that runs, and then closes every socket", async () => {
    const { ask, post, iopub, isClosed, ...sockets } = served();
    const cell = await ask("execute_request");
    post({ kind: "exit", lastWords });
    await jest.advanceTimersByTimeAsync(100);
    expect(iopub.sent.slice(-2)).toMatchObject([
      { type: "stream", parent: cell.header, content: { name: "stderr", text: lastWords } },
      { type: "status", parent: cell.header, content: { execution_state: "idle" } },
    ]);
    expect(sockets.shell.sent).toMatchObject([
      { type: "execute_reply", content: { status: "error", ename: "KernelEnded", evalue: lastWords } },
    ]);
    const { shell, control, stdin, heartbeat } = sockets;
    expect([shell, control, stdin, iopub, heartbeat].map(({ closed }) => closed)).toEqual(Array(5).fill(true));
    expect(isClosed()).toBe(true);
  });

  test("sends them to the last cell where none runs, and none where there are none", async () => {
    const first = served();
    const cell = await first.ask("execute_request");
    first.finish(1);
    first.post({ kind: "exit", lastWords });
    await jest.advanceTimersByTimeAsync(100);
    expect(first.iopub.sent.at(-1)).toMatchObject({ type: "stream", parent: cell.header });
    const second = served();
    second.post({ kind: "exit", lastWords: undefined });
    await jest.advanceTimersByTimeAsync(100);
    expect(second.iopub.sent.map(({ type }) => type)).toEqual(["status"]);
  });

  test("waits for what is on its way, but not for ever", async () => {
    const { iopub, post, isClosed } = served();
    await settled();
    iopub.send = () => new Promise(() => undefined);
    post({ kind: "exit", lastWords });
    await jest.advanceTimersByTimeAsync(499);
    expect([isClosed(), iopub.closed]).toEqual([false, false]);
    await jest.advanceTimersByTimeAsync(60);
    expect([isClosed(), iopub.closed]).toEqual([true, true]);
  });

  test("comes once", async () => {
    const { post, iopub } = served();
    post({ kind: "exit", lastWords: undefined });
    await jest.advanceTimersByTimeAsync(100);
    const sent = iopub.raw.length;
    post({ kind: "exit", lastWords });
    await jest.advanceTimersByTimeAsync(100);
    expect(iopub.raw.length).toBe(sent);
  });
});
