/** The life of a session's cells, with a transport and a language that are stand-ins. */
import { currentHost } from "../../kernel/host";
import { relaxAsyncChecks } from "../../kernel/session/async-checks";
import type { CellResult } from "../../kernel/session/language/types";
import { Phase } from "../../kernel/transport/shared";
import { forgetSessions, ok, session } from "./fake-session";

// What it does to Node's checks is proved by async-checks.test.ts and test/protocol/test_interrupt.py, in processes of their own.
jest.mock("../../kernel/session/async-checks");
afterEach(forgetSessions);

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

  test("whose value cannot be sent fails, and says why", async () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const { run, published } = session(() => ({ status: "ok", result: { data: { "application/json": circle } } }));
    expect(await run("1")).toMatchObject({ content: { status: "error", ename: "TypeError" }, abortQueued: true });
    expect(published().map(({ type }) => type)).toEqual(["execute_input", "error"]);
  });

  test("shows its value with its metadata and buffers", async () => {
    const buffers = [Uint8Array.of(1, 2)];
    const { run, published } = session(() => ({
      status: "ok",
      result: { data: { "text/plain": "2" }, metadata: { m: 1 }, buffers },
    }));
    await run("1");
    expect(published("execute_result")).toMatchObject([{ content: { metadata: { m: 1 } }, buffers }]);
  });

  test("hands on what its language asks of the front end", async () => {
    const payload = [{ source: "set_next_input", text: "2" }];
    const { run } = session(() => ({ status: "ok", payload }));
    expect((await run("1")).content).toMatchObject({ payload });
  });

  test("keeps the text of its value in the history, and of other values none", async () => {
    const data: Record<string, unknown> = {};
    const { run, ask } = session(() => ({ status: "ok", result: { data } }));
    data["text/plain"] = "two";
    await run("1");
    data["text/plain"] = 2;
    await run("2");
    const { content } = await ask("history_request", { hist_access_type: "tail", n: 9, output: true });
    expect(content?.history).toEqual([
      [1, 1, ["1", "two"]],
      [1, 2, ["2", null]],
    ]);
  });

  test("says when it started and how it ended", async () => {
    const before = Date.now();
    const { run } = session((code) =>
      code === "fails" ? { status: "error", ename: "E", evalue: "", traceback: [] } : ok,
    );
    for (const [code, status] of [
      ["1", "ok"],
      ["fails", "error"],
    ]) {
      const metadata = JSON.parse((await run(code)).reply?.metadata ?? "{}") as { started: string; status: string };
      expect(metadata).toMatchObject({ status, dependencies_met: true });
      expect(Date.parse(metadata.started)).toBeGreaterThanOrEqual(before);
      expect(Date.parse(metadata.started)).toBeLessThanOrEqual(Date.now());
    }
  });

  test("evaluates expressions by their names, whatever these are, in its own context", async () => {
    const hosts: unknown[] = [];
    let output: unknown;
    const { run } = session((_, own) => ((output = own), ok), {
      evaluateExpression: async (expression) => (
        hosts.push(currentHost()),
        { status: "ok", data: { "text/plain": expression }, metadata: {} }
      ),
    });
    const expressions = JSON.parse('{ "__proto__": "1", "b": 2 }') as object;
    const { content } = await run("1", { user_expressions: expressions });
    expect(Object.entries(content?.user_expressions as object)).toEqual([
      ["__proto__", { status: "ok", data: { "text/plain": "1" }, metadata: {} }],
      ["b", { status: "ok", data: { "text/plain": "2" }, metadata: {} }],
    ]);
    expect(hosts).toEqual([output, output]);
    expect((await run("1", { user_expressions: ["1"] })).content?.user_expressions).toEqual({});
  });

  test("asks nothing any more when it has ended", async () => {
    let ask: () => string = () => "";
    const { run, asked } = session((_, output) => ((ask = () => output.input("?", false)), ok));
    await run("1", { allow_stdin: true });
    expect(ask).toThrow("this cell has ended");
    expect(asked).toEqual([]);
  });

  test("that is silent shows nothing, whatever it does", async () => {
    const { run, posted, printed } = session((_, output) => {
      output.stream("stdout", "text");
      output.display({ data: { "text/plain": "1" } });
      return { status: "ok", result: { data: { "text/plain": "2" } } };
    });
    await run("1", { silent: true });
    // The front end may open the list of variables from the beginning.
    expect(posted.map(({ kind }) => kind)).toEqual(["target", "finish"]);
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
    const timer: { fire: () => void; done: Promise<void> } = { fire: () => undefined, done: Promise.resolve() };
    const { run, published } = session(async (code, output) => {
      expect(currentHost().signal).toBe(output.signal);
      if (code === "leaves something behind") {
        const fired = new Promise<void>((resolve) => (timer.fire = resolve));
        timer.done = fired.then(() => void currentHost().comm?.open("left behind"));
      } else {
        timer.fire();
        await timer.done;
        currentHost().comm?.open("own");
      }
      return ok;
    });
    await run("leaves something behind");
    await run("sets it off");
    expect(published("comm_open").map(({ request, content }) => [request, content.target_name])).toEqual([
      [1, "left behind"],
      [2, "own"],
    ]);
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

test("before the first cell there is a host too, whose output belongs to no request", async () => {
  jest.mocked(relaxAsyncChecks).mockClear();
  const { ask, published } = session();
  expect(relaxAsyncChecks).toHaveBeenCalledTimes(1);
  await ask("is_complete_request", { code: "1" });
  currentHost().comm?.open("t");
  expect(published("comm_open")).toMatchObject([{ request: 0 }]);
});
