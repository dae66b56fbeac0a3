/** A session's cells that ask, and that are interrupted, with a transport and a language that are stand-ins. */
import { currentHost } from "../../kernel/host";
import { clearAsyncStack } from "../../kernel/session/async-checks";
import { forgetSessions, ok, session, type Run } from "./fake-session";

jest.mock("../../kernel/session/async-checks");
afterEach(forgetSessions);

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
    await made.started(1);
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
    const { kernel, start, started, finished, posted, interrupts } = session(waiting);
    const id = start("execute_request", { code: "waits" });
    await started(1);
    kernel.receive({ kind: "interrupt", request: id });
    expect(posted.at(-1)).toEqual({ kind: "alive", request: id });
    const end = await finished(id);
    expect(JSON.parse(end.reply?.content ?? "{}")).toMatchObject({ status: "error", ename: "Interrupted" });
    expect(end.abortQueued).toBe(true);
    expect(interrupts.length).toBe(1);
  });

  test("of a cell that has ended does not stop the next", async () => {
    const { kernel, run, start, started, finished, interrupts } = session(waiting);
    await run("first");
    // Whether it comes before the next one has started or while it runs.
    kernel.receive({ kind: "interrupt", request: 1 });
    kernel.receive({ kind: "terminated", request: 1 });
    const second = start("execute_request", { code: "second" });
    await started(2);
    kernel.receive({ kind: "interrupt", request: 1 });
    expect(JSON.parse((await finished(second)).reply?.content ?? "{}")).toMatchObject({ status: "ok" });
    expect(interrupts).toEqual([]);
  });

  test("by force ends a cell whose code is gone", async () => {
    const { kernel, start, started, finished } = session(() => new Promise(() => undefined));
    const id = start("execute_request", { code: "gone" });
    await started(1);
    kernel.receive({ kind: "terminated", request: id });
    expect(JSON.parse((await finished(id)).reply?.content ?? "{}")).toMatchObject({ ename: "Interrupted" });
  });

  test("by force empties the stack of asynchronous contexts, and one by a question does not", async () => {
    const { kernel, start, started, finished } = session(waiting);
    const id = start("execute_request", { code: "waits" });
    await started(1);
    jest.mocked(clearAsyncStack).mockClear();
    kernel.receive({ kind: "interrupt", request: id });
    expect(clearAsyncStack).not.toHaveBeenCalled();
    kernel.receive({ kind: "terminated", request: id });
    expect(clearAsyncStack).toHaveBeenCalledTimes(1);
    await finished(id);
  });

  test("that comes before the cell's code has started keeps it from starting", async () => {
    const { kernel, start, finished, executed } = session();
    const id = start("execute_request", { code: "1" });
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    kernel.receive({ kind: "interrupt", request: id });
    expect(JSON.parse((await finished(id)).reply?.content ?? "{}")).toMatchObject({ ename: "Interrupted" });
    expect(executed).toEqual([]);
  });

  test("stops a comm's handler too", async () => {
    const { kernel, run, start, finished, printed } = session(() => {
      currentHost().comm?.registerTarget("t", () => undefined);
      return ok;
    });
    await run("1");
    const id = start("comm_open", { comm_id: "c", target_name: "t" });
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    kernel.receive({ kind: "interrupt", request: id });
    await finished(id);
    expect(printed).toEqual([[2, "stderr", "Error in a comm's handler: Interrupted: the cell was interrupted\n"]]);
  });
});
