import type { Message } from "../../kernel/protocol/message";
import { Signer } from "../../kernel/protocol/signature";
import { Publisher } from "../../kernel/transport/publisher";
import type { Request } from "../../kernel/transport/shared";
import { ShellQueue } from "../../kernel/transport/shell-queue";
import { fakeSockets, request, settled } from "./fakes";

function queue() {
  const sockets = fakeSockets();
  const started: Request[] = [];
  const publisher = new Publisher(sockets.all, new Signer(""));
  const own = new ShellQueue(publisher, (one) => started.push(one));
  let count = 0;
  const add = (message: Message): void => {
    publisher.rememberParent(++count, message.header);
    own.add({ id: count, message });
  };
  const states = () => sockets.iopub.sent.map(({ content, parent }) => [content.execution_state, parent.msg_id]);
  return { ...sockets, queue: own, add, started, states };
}
const done = (id: number, abortQueued = false, status = "ok") => ({
  request: id,
  reply: { type: "execute_reply", content: JSON.stringify({ status }), metadata: "{}" },
  abortQueued,
});

describe("the shell queue", () => {
  test("starts one request at a time, in order, and says busy and idle around each", async () => {
    const { queue: own, add, started, states, shell } = queue();
    const messages = [request("execute_request", { code: "1" }), request("execute_request", { code: "2" })];
    messages.forEach(add);
    expect(started).toEqual([{ id: 1, type: "execute_request", content: { code: "1" }, metadata: {}, buffers: [] }]);
    expect([own.running?.id, own.oldest, own.length]).toEqual([1, 1, 1]);
    own.finish(done(1));
    expect(started.map(({ id }) => id)).toEqual([1, 2]);
    own.finish(done(2));
    expect([own.running, own.oldest, own.length]).toEqual([undefined, undefined, 0]);
    await settled();
    const [first, second] = messages.map(({ header }) => header.msg_id);
    expect(states()).toEqual([
      ["busy", first],
      ["idle", first],
      ["busy", second],
      ["idle", second],
    ]);
    expect(shell.sent.map(({ parent }) => parent.msg_id)).toEqual([first, second]);
  });

  test("ignores the end of a request that is not running", async () => {
    const { queue: own, add, started, shell } = queue();
    add(request("execute_request"));
    add(request("execute_request"));
    own.finish(done(2));
    own.finish(done(0));
    expect(started.length).toBe(1);
    own.finish(done(1));
    own.finish(done(1));
    await settled();
    expect([started.length, shell.sent.length]).toEqual([2, 1]);
  });

  test("ends a request that has no answer without one", async () => {
    const { queue: own, add, states, shell } = queue();
    add(request("comm_msg"));
    own.finish({ request: 1, abortQueued: false });
    await settled();
    expect(states().map(([state]) => state)).toEqual(["busy", "idle"]);
    expect(shell.sent).toEqual([]);
  });

  test("aborts the cells that the same session queued behind a failed one, and nothing else", async () => {
    const { queue: own, add, started, shell, states } = queue();
    add(request("execute_request", { code: "fails" }, "a"));
    const queued = request("execute_request", { code: "behind" }, "a");
    add(queued);
    add(request("complete_request", {}, "a"));
    add(request("execute_request", { code: "other" }, "b"));
    own.finish(done(1, true, "error"));
    await settled();
    expect(started.map(({ id }) => id)).toEqual([1, 3]);
    own.finish(done(3));
    own.finish(done(4));
    await settled();
    expect(started.map(({ id, content }) => [id, content.code])).toEqual([
      [1, "fails"],
      [3, undefined],
      [4, "other"],
    ]);
    expect(shell.sent.map(({ content, identities }) => [content.status, identities[0]])).toEqual([
      ["error", "a"],
      ["aborted", "a"],
      ["ok", "a"],
      ["ok", "b"],
    ]);
    expect(
      states()
        .filter(([, id]) => id === queued.header.msg_id)
        .map(([state]) => state),
    ).toEqual(["busy", "idle"]);
  });

  test("aborts nothing where the failed cell does not ask for it", () => {
    const { queue: own, add, started } = queue();
    add(request("execute_request", {}, "a"));
    add(request("execute_request", {}, "a"));
    own.finish(done(1, false, "error"));
    expect(started.map(({ id }) => id)).toEqual([1, 2]);
  });

  test("starts nothing after it was stopped", () => {
    const { queue: own, add, started } = queue();
    add(request("execute_request"));
    add(request("execute_request"));
    own.stop();
    own.finish(done(1));
    add(request("execute_request"));
    expect(started.length).toBe(1);
  });
});
