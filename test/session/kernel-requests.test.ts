/** What a session answers besides cells, and its comms, with a transport and a language that are stand-ins. */
import { currentHost } from "../../kernel/host";
import { Kernel } from "../../kernel/session/kernel";
import type { CellOutput, Language } from "../../kernel/session/language/types";
import type { TransportLine } from "../../kernel/transport/line";
import type { TransportMessage } from "../../kernel/transport/shared";
import { forgetSessions, ok, session } from "./fake-session";

jest.mock("../../kernel/session/async-checks");
afterEach(forgetSessions);

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

  test("find nothing to say without metadata of their own", async () => {
    const { ask } = session(undefined, { inspect: async () => ({ found: false, data: {} }) });
    expect((await ask("inspect_request", { code: "a" })).content).toEqual({
      status: "ok",
      found: false,
      data: {},
      metadata: {},
    });
  });

  test.each(["complete_request", "inspect_request", "is_complete_request"])(
    "%s without code is answered with an error",
    async (type) => {
      const { ask } = session();
      expect(await ask(type, { code: 1 })).toMatchObject({
        content: { status: "error", ename: "TypeError", evalue: 'the request\'s "code" is not a string' },
        abortQueued: false,
        reply: { type: type.replace("request", "reply") },
      });
    },
  );

  test("take a cursor of 0 as the beginning", async () => {
    const { ask } = session();
    expect((await ask("inspect_request", { code: "abc", cursor_pos: 0 })).content?.data).toMatchObject({ cursor: 0 });
  });

  test("are answered with what went wrong where the language throws, an error or another value", async () => {
    const { ask } = session(undefined, {
      complete: () => Promise.reject(new RangeError("broken")),
      inspect: () => Promise.reject({ odd: 1 } as unknown as Error),
    });
    expect((await ask("complete_request", { code: "a" })).content).toEqual({
      status: "error",
      ename: "RangeError",
      evalue: "broken",
      traceback: ["RangeError: broken"],
    });
    expect((await ask("inspect_request", { code: "a" })).content).toMatchObject({
      ename: "Error",
      evalue: "{ odd: 1 }",
    });
  });

  test("wait for the language, and are answered with its error where it does not load", async () => {
    const posted: TransportMessage[] = [];
    const line = { post: (message: TransportMessage) => posted.push(message) } as unknown as TransportLine;
    const exits: boolean[] = [];
    const kernel = new Kernel(line, Promise.reject<Language>(new Error("no compiler")), {
      historyFolder: "",
      exit: (restart) => exits.push(restart),
    });
    kernel.receive({
      kind: "request",
      request: { id: 1, type: "execute_request", content: { code: "1" }, metadata: {}, buffers: [] },
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(posted).toMatchObject([
      { kind: "target", name: "codebook.variables" },
      { kind: "finish", request: 1, reply: { type: "execute_reply" } },
    ]);
    expect(JSON.stringify(posted)).toContain("no compiler");
    // The process may be told to end all the same.
    kernel.receive({ kind: "shutdown", restart: false });
    expect(exits).toEqual([false]);
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

  test("that a cell opens are output of this cell, with metadata and buffers; later messages too", async () => {
    let send: () => void = () => undefined;
    const { run, published } = session((code) => {
      if (code !== "opens") return ok;
      const comm = currentHost().comm?.open("t", { big: 10n }, { m: 1 }, [Uint8Array.of(1)]);
      send = () => comm?.send("later");
      return ok;
    });
    await run("opens");
    await run("next");
    send();
    expect(published("comm_open")).toMatchObject([
      {
        request: 1,
        content: { target_name: "t", data: { big: "10" } },
        metadata: '{"m":1}',
        buffers: [Uint8Array.of(1)],
      },
    ]);
    // The test itself is no cell: what it sends belongs to the last one.
    expect(published("comm_msg")).toMatchObject([{ request: 2, content: { data: "later" } }]);
  });

  test("cannot ask: the cell that set the handler has ended", async () => {
    const { run, ask, printed } = session(() => {
      currentHost().comm?.registerTarget("t", () => currentCell.input());
      return ok;
    });
    const currentCell = { input: () => (currentHost() as unknown as CellOutput).input("?", false) };
    await run("1", { allow_stdin: true });
    await ask("comm_open", { comm_id: "c", target_name: "t" });
    expect(printed[0]?.[2]).toContain("InputError");
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
