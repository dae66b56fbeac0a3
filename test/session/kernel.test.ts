/** The life of a session, with a transport and a language that are stand-ins. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { currentHost, setHostProvider } from "../../kernel/host";
import type { JsonObject } from "../../kernel/protocol/message";
import { Kernel } from "../../kernel/session/kernel";
import type { CellOutput, CellResult, Language } from "../../kernel/session/language/types";
import type { TransportLine } from "../../kernel/transport/line";
import { Phase, type InputAnswer, type TransportMessage } from "../../kernel/transport/shared";

// What it does to Node's checks is proved by test/protocol/test_interrupt.py, in a process of its own.
jest.mock("../../kernel/session/async-checks");

type Of<Kind extends TransportMessage["kind"]> = Extract<TransportMessage, { kind: Kind }>;
type Run = (code: string, output: CellOutput) => CellResult | Promise<CellResult>;

const ok: CellResult = { status: "ok" };
const folders: string[] = [];
afterEach(() => {
  folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  setHostProvider(() => ({}));
});

function session(run: Run = () => ok, more: Partial<Language> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "session-"));
  folders.push(folder);
  const posted: TransportMessage[] = [];
  const printed: [number, string, string][] = [];
  const phases: number[] = [];
  const exits: boolean[] = [];
  const executed: { executionCount: number; silent: boolean }[] = [];
  const asked: [number, string, boolean][] = [];
  const answer: { next: InputAnswer } = { next: { value: "an answer" } };
  const interrupts: Error[] = [];
  let closed = 0;
  const line = {
    post: (message: TransportMessage) => posted.push(message),
    print: (...all: [number, string, string]) => printed.push(all),
    ask: (...all: [number, string, boolean]) => (asked.push(all), answer.next),
    setPhase: (phase: number) => (phases.push(phase), 0),
  } as unknown as TransportLine;
  const language: Language = {
    execute: async (code, { output, ...cell }) => (executed.push(cell), run(code, output)),
    evaluateExpression: async (expression) => ({
      status: "ok",
      data: { "text/plain": `<${expression}>` },
      metadata: {},
    }),
    complete: async (_, cursor) => ({ matches: ["found"], cursor_start: cursor - 1, cursor_end: cursor, metadata: {} }),
    inspect: async (code, cursor, detail) => ({ found: true, data: { code, cursor, detail } }),
    isComplete: () => ({ status: "complete" }),
    interrupt: (reason) => interrupts.push(reason),
    close: () => closed++,
    ...more,
  };
  const kernel = new Kernel(line, Promise.resolve(language), {
    historyFolder: folder,
    exit: (restart) => exits.push(restart),
  });
  let count = 0;
  const start = (type: string, content: JsonObject, extra: { metadata?: JsonObject; buffers?: Uint8Array[] } = {}) => {
    const id = ++count;
    kernel.receive({ kind: "request", request: { id, type, content, metadata: {}, buffers: [], ...extra } });
    return id;
  };
  const finished = async (id: number): Promise<Of<"finish">> => {
    for (let i = 0; i < 500; i++) {
      const found = posted.find(
        (message): message is Of<"finish"> => message.kind === "finish" && message.request === id,
      );
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error(`request ${id} was not finished`);
  };
  const ask = async (type: string, content: JsonObject, extra = {}) => {
    const end = await finished(start(type, content, extra));
    return { ...end, content: end.reply && (JSON.parse(end.reply.content) as JsonObject) };
  };
  const published = (type?: string) =>
    posted
      .filter(
        (message): message is Of<"publish"> =>
          message.kind === "publish" && (type === undefined || message.type === type),
      )
      .map(({ content, ...message }) => ({ ...message, content: JSON.parse(content) as JsonObject }));
  const run_ = (code: string, content: JsonObject = {}) => ask("execute_request", { code, ...content });
  return {
    kernel,
    start,
    finished,
    ask,
    run: run_,
    posted,
    published,
    printed,
    phases,
    exits,
    executed,
    asked,
    answer,
    interrupts,
    closed: () => closed,
  };
}

describe("a cell", () => {
  test("is echoed, runs, shows its result, and is answered", async () => {
    const { run, published } = session(() => ({ status: "ok", result: { data: { "text/plain": "2" } } }));
    const end = await run("1 + 1");
    expect(published().map(({ type, content, request }) => [type, content, request])).toEqual([
      ["execute_input", { code: "1 + 1", execution_count: 1 }, 1],
      ["execute_result", { data: { "text/plain": "2" }, metadata: {}, execution_count: 1 }, 1],
    ]);
    expect(end).toMatchObject({ request: 1, abortQueued: false, reply: { type: "execute_reply" } });
    expect(end.content).toEqual({ status: "ok", execution_count: 1, user_expressions: {}, payload: [] });
    expect(JSON.parse(end.reply?.metadata ?? "{}")).toMatchObject({ dependencies_met: true, status: "ok" });
  });

  test("that fails publishes its error, and stops those behind it unless told not to", async () => {
    const error: CellResult = { status: "error", ename: "E", evalue: "v", traceback: ["E: v"] };
    const { run, published } = session(() => error);
    const end = await run("fails");
    expect(published("error")[0].content).toEqual({ ename: "E", evalue: "v", traceback: ["E: v"] });
    expect(end.content).toEqual({ ...error, execution_count: 1, user_expressions: {}, payload: [] });
    expect(end.abortQueued).toBe(true);
    expect((await run("fails", { stop_on_error: false })).abortQueued).toBe(false);
  });

  test("whose language throws is answered with the error", async () => {
    const { run } = session(() => Promise.reject(new RangeError("broken")));
    expect((await run("1")).content).toMatchObject({ status: "error", ename: "RangeError", evalue: "broken" });
  });

  test("is counted and kept in the history, but not when it is silent or asks not to be", async () => {
    const { run, executed, ask } = session();
    await run("one");
    await run("silent", { silent: true });
    await run("unkept", { store_history: false });
    await run("two");
    expect(executed).toEqual([
      { executionCount: 1, silent: false },
      { executionCount: 1, silent: true },
      { executionCount: 1, silent: false },
      { executionCount: 2, silent: false },
    ]);
    const { content } = await ask("history_request", { hist_access_type: "tail", n: 9 });
    expect(content?.history).toEqual([
      [1, 1, "one"],
      [1, 2, "two"],
    ]);
  });

  test("that is blank counts and is no history", async () => {
    const { run, ask } = session();
    expect((await run("  \n")).content).toMatchObject({ execution_count: 1 });
    expect((await ask("history_request", { hist_access_type: "tail" })).content?.history).toEqual([]);
  });

  test("gives the user's expressions after it ran, and none after it failed", async () => {
    const { run } = session((code) =>
      code === "fails" ? { status: "error", ename: "E", evalue: "", traceback: [] } : ok,
    );
    const good = await run("1", { user_expressions: { a: "x", __proto__: "y" } });
    expect(good.content?.user_expressions).toMatchObject({ a: { status: "ok", data: { "text/plain": "<x>" } } });
    expect((await run("fails", { user_expressions: { a: "x" } })).content?.user_expressions).toEqual({});
  });

  test("without code is answered with an error, and does not run", async () => {
    const { ask, executed } = session();
    expect((await ask("execute_request", { code: 5 })).content).toMatchObject({
      ename: "TypeError",
      evalue: 'the request\'s "code" is not a string',
    });
    expect(executed).toEqual([]);
  });

  test("that is silent shows nothing, whatever it does", async () => {
    const { run, posted, printed } = session((_, output) => {
      output.stream("stdout", "text");
      output.display({ data: { "text/plain": "1" } });
      return { status: "ok", result: { data: { "text/plain": "2" } } };
    });
    await run("1", { silent: true });
    expect(posted.map(({ kind }) => kind)).toEqual(["finish"]);
    expect(printed).toEqual([]);
  });

  test("that is silent does not own what is shown later outside of any cell", async () => {
    const { run, published } = session();
    await run("1");
    await run("2", { silent: true });
    currentHost().comm?.open("target");
    expect(published("comm_open")[0].request).toBe(1);
    await run("3");
    currentHost().comm?.open("target");
    expect(published("comm_open")[1].request).toBe(3);
  });

  test("is the host of the work that it starts, and so of what that work leaves behind", async () => {
    const later: (() => void)[] = [];
    const { run, published } = session(async (code, output) => {
      const own = currentHost();
      expect(own.signal).toBe(output.signal);
      if (code === "starts a timer") setTimeout(() => later.push(() => currentHost().comm?.open("by the timer")), 5);
      if (code === "waits") await new Promise((resolve) => setTimeout(resolve, 20));
      return ok;
    });
    await run("starts a timer");
    await run("waits");
    expect(later.length).toBe(1);
    expect(published("execute_input").length).toBe(2);
  });

  test("runs as the user's code, and nothing else does", async () => {
    const during: number[][] = [];
    const made = session(() => (during.push([...made.phases]), ok));
    await made.run("1");
    expect(during).toEqual([[Phase.user]]);
    expect(made.phases).toEqual([Phase.user, Phase.kernel]);
    await made.ask("complete_request", { code: "a", cursor_pos: 1 });
    expect(made.phases).toEqual([Phase.user, Phase.kernel]);
  });
});

describe("questions of a cell", () => {
  const asking: Run = (code, output) => {
    const text = output.input("Name? ", code === "hidden");
    return { status: "ok", result: { data: { "text/plain": text } } };
  };

  test("reach the front end where it allows them", async () => {
    const { run, asked, published } = session(asking);
    await run("hidden", { allow_stdin: true });
    expect(asked).toEqual([[1, "Name? ", true]]);
    expect(published("execute_result")[0].content.data).toEqual({ "text/plain": "an answer" });
  });

  test("are an error where it does not, or says nothing of it", async () => {
    const { run, asked } = session(asking);
    for (const allowed of [{ allow_stdin: false }, {}, { allow_stdin: "yes" }])
      expect((await run("1", allowed)).content).toMatchObject({ status: "error", ename: "InputError" });
    expect(asked).toEqual([]);
  });

  test("end with the interrupt, or when nobody listens", async () => {
    const { run, answer } = session(asking);
    answer.next = { failure: "interrupted" };
    expect((await run("1", { allow_stdin: true })).content).toMatchObject({ ename: "Interrupted" });
    answer.next = { failure: "unreachable" };
    expect((await run("1", { allow_stdin: true })).content).toMatchObject({ ename: "InputError" });
  });

  test("are not asked any more after an interrupt", async () => {
    const made = session(async (_, output) => {
      await new Promise<void>((resolve) => output.signal.addEventListener("abort", () => resolve()));
      output.input("too late", false);
      return ok;
    });
    const id = made.start("execute_request", { code: "1", allow_stdin: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    made.kernel.receive({ kind: "interrupt", request: id });
    expect(JSON.parse((await made.finished(id)).reply?.content ?? "{}")).toMatchObject({
      status: "error",
      ename: "Interrupted",
    });
    expect(made.asked).toEqual([]);
  });
});

describe("an interrupt", () => {
  const waiting: Run = (code, output) =>
    code === "waits"
      ? new Promise((_, reject) => output.signal.addEventListener("abort", () => reject(output.signal.reason as Error)))
      : new Promise((resolve) => setTimeout(() => resolve(ok), 30));

  test("stops the cell that runs, and says that the thread is alive", async () => {
    const { kernel, start, finished, posted, interrupts } = session(waiting);
    const id = start("execute_request", { code: "waits" });
    await new Promise((resolve) => setTimeout(resolve, 10));
    kernel.receive({ kind: "interrupt", request: id });
    expect(posted.at(-1)).toEqual({ kind: "alive", request: id });
    const end = await finished(id);
    expect(JSON.parse(end.reply?.content ?? "{}")).toMatchObject({ status: "error", ename: "Interrupted" });
    expect(end.abortQueued).toBe(true);
    expect(interrupts.length).toBe(1);
  });

  test("of a cell that has ended does not stop the next", async () => {
    const { kernel, run, start, finished, interrupts } = session(waiting);
    await run("first");
    const second = start("execute_request", { code: "second" });
    await new Promise((resolve) => setTimeout(resolve, 10));
    kernel.receive({ kind: "interrupt", request: 1 });
    expect(JSON.parse((await finished(second)).reply?.content ?? "{}")).toMatchObject({ status: "ok" });
    expect(interrupts).toEqual([]);
  });

  test("by force ends a cell whose code is gone", async () => {
    const { kernel, start, finished } = session(() => new Promise(() => undefined));
    const id = start("execute_request", { code: "gone" });
    await new Promise((resolve) => setTimeout(resolve, 10));
    kernel.receive({ kind: "terminated", request: id });
    expect(JSON.parse((await finished(id)).reply?.content ?? "{}")).toMatchObject({ ename: "Interrupted" });
  });
});

describe("other requests", () => {
  test("count the cursor in code points outside and in UTF-16 units inside", async () => {
    const seen: number[] = [];
    const { ask } = session(undefined, {
      complete: async (_, cursor) => (
        seen.push(cursor),
        { matches: ["abc"], cursor_start: 2, cursor_end: 4, metadata: {} }
      ),
    });
    const { content } = await ask("complete_request", { code: "𝒳ab", cursor_pos: 3 });
    expect(seen).toEqual([4]);
    expect(content).toMatchObject({ status: "ok", matches: ["abc"], cursor_start: 1, cursor_end: 3 });
  });

  test("take the end of the code where they name no cursor", async () => {
    const { ask } = session();
    expect((await ask("inspect_request", { code: "abc" })).content?.data).toMatchObject({ cursor: 3, detail: 0 });
    expect((await ask("inspect_request", { code: "abc", cursor_pos: 1, detail_level: 1 })).content?.data).toMatchObject(
      { cursor: 1, detail: 1 },
    );
    expect((await ask("inspect_request", { code: "abc", cursor_pos: -1 })).content?.data).toMatchObject({ cursor: 3 });
  });

  test("say with which indent a console goes on, and none where it does not", async () => {
    const answers = { a: { status: "incomplete" as const }, b: { status: "complete" as const, indent: "  " } };
    const { ask } = session(undefined, { isComplete: (code) => answers[code as "a" | "b"] });
    expect((await ask("is_complete_request", { code: "a" })).content).toEqual({ status: "incomplete", indent: "" });
    expect((await ask("is_complete_request", { code: "b" })).content).toEqual({ status: "complete" });
  });

  test("of unknown types end without an answer", async () => {
    const { ask } = session();
    expect((await ask("odd_request", {})).reply).toBeUndefined();
  });

  test("shut down: the language is closed, and the process told whether it starts again", async () => {
    const { kernel, run, exits, closed } = session();
    await run("1");
    kernel.receive({ kind: "shutdown", restart: true });
    expect([exits, closed()]).toEqual([[true], 1]);
  });
});

describe("comms", () => {
  test("take messages of the front end, and what a handler sends at once is the message's answer", async () => {
    const got: unknown[] = [];
    const { run, ask, published } = session(() => {
      currentHost().comm?.registerTarget("t", (comm, opened) => {
        got.push(opened.data);
        comm.onMessage((message) => {
          got.push(message);
          comm.send({ back: true });
        });
      });
      return ok;
    });
    await run("1");
    await ask("comm_open", { comm_id: "c", target_name: "t", data: 1 });
    const end = await ask("comm_msg", { comm_id: "c", data: 2 }, { metadata: { m: 3 }, buffers: [Uint8Array.of(4)] });
    expect(got).toEqual([1, { data: 2, metadata: { m: 3 }, buffers: [Uint8Array.of(4)] }]);
    expect(published("comm_msg").map(({ request, content }) => [request, content])).toEqual([
      [3, { comm_id: "c", data: { back: true } }],
    ]);
    expect(end.reply).toBeUndefined();
  });

  test("whose handler throws say so on stderr, and the session goes on", async () => {
    const { run, ask, printed } = session(() => {
      currentHost().comm?.registerTarget("t", () => {
        throw new Error("in the handler");
      });
      return ok;
    });
    await run("1");
    await ask("comm_open", { comm_id: "c", target_name: "t" });
    expect(printed).toEqual([[2, "stderr", "Error in a comm's handler: Error: in the handler\n"]]);
    expect((await run("2")).content).toMatchObject({ status: "ok" });
  });
});
