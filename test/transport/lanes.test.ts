import type { Message } from "../../kernel/protocol/message";
import { Signer } from "../../kernel/protocol/signature";
import { CommTable } from "../../kernel/transport/comm-table";
import { Lanes } from "../../kernel/transport/lanes";
import { Publisher } from "../../kernel/transport/publisher";
import { fakeSockets, request, settled } from "./fakes";

function lanes() {
  const sockets = fakeSockets();
  const publisher = new Publisher(sockets.all, new Signer(""));
  const comms = new CommTable();
  const started: number[] = [];
  const own = new Lanes(publisher, comms, ({ id }) => started.push(id));
  comms.note("comm_open", { comm_id: "c" });
  const states = () => sockets.iopub.sent.map(({ content, parent }) => [content.execution_state, parent.msg_type]);
  return { ...sockets, publisher, comms, own, started, states };
}
const end = (request: number) => ({ request, abortQueued: false });
const cell = () => request("execute_request");
const message = (id = "c") => request("comm_msg", { comm_id: id });
const within = (subshell: unknown, one: Message): Message => ({
  ...one,
  header: { ...one.header, subshell_id: subshell },
});

afterEach(() => jest.restoreAllMocks());

describe("comm messages", () => {
  test("overtake cells, one after the other, and the cell that runs is busy again after each", async () => {
    const { own, started, states } = lanes();
    [cell(), cell(), message(), message()].forEach((one) => own.add(one));
    expect(started).toEqual([1, 3]);
    own.finish(end(3));
    expect(started).toEqual([1, 3, 4]);
    expect(own.running.map(({ id }) => id)).toEqual([1, 4]);
    await settled();
    expect(states()).toEqual([
      ["busy", "execute_request"],
      ["busy", "comm_msg"],
      ["idle", "comm_msg"],
      ["busy", "comm_msg"],
      ["busy", "execute_request"],
    ]);
  });

  test("are handled before a cell that was sent after them, and not before one that runs", () => {
    const { own, started } = lanes();
    [message(), message(), cell(), message()].forEach((one) => own.add(one));
    expect(started).toEqual([1]);
    own.finish(end(1));
    own.finish(end(2));
    expect(started).toEqual([1, 2, 3, 4]);
  });

  test("to a comm that waits to be opened wait with it", () => {
    const { own, comms, started } = lanes();
    for (const one of [cell(), request("comm_open", { comm_id: "n", target_name: "t" })]) {
      own.add(one);
      comms.note(one.header.msg_type, one.content);
    }
    own.add(message("n"));
    own.add(message("c"));
    expect(started).toEqual([1, 4]);
    [4, 1].forEach((id) => own.finish(end(id)));
    expect(started).toEqual([1, 4, 2]);
    own.add(message("n"));
    [2, 3].forEach((id) => own.finish(end(id)));
    expect(started).toEqual([1, 4, 2, 3, 5]);
    own.finish(end(5));
    own.add(cell());
    own.add(message("n"));
    expect(started.slice(5)).toEqual([6, 7]);
  });

  test("wait while subscribers are behind, and go on by themselves", async () => {
    jest.useFakeTimers();
    const { own, publisher, started } = lanes();
    const behind = jest.spyOn(publisher, "behind", "get").mockReturnValue(true);
    own.add(message());
    own.add(cell());
    expect(started).toEqual([]);
    behind.mockReturnValue(false);
    await jest.advanceTimersByTimeAsync(5);
    jest.useRealTimers();
    expect(started).toEqual([1]);
  });

  test("that are very many leave room only when some were answered", async () => {
    const { own } = lanes();
    for (let i = 0; i < 4_097; i++) own.add(message());
    let hasRoom = false;
    void own.room().then(() => (hasRoom = true));
    await settled();
    expect(hasRoom).toBe(false);
    own.finish(end(1));
    await settled();
    expect(hasRoom).toBe(true);
    await own.room();
  });
});

test("what an editor asks is answered beside a cell", () => {
  const { own, started } = lanes();
  const types = ["complete_request", "inspect_request", "is_complete_request", "history_request", "other_request"];
  [cell(), ...types.map((type) => request(type))].forEach((one) => own.add(one));
  for (const id of [2, 3, 4, 5]) own.finish(end(id));
  expect(started).toEqual([1, 2, 3, 4, 5]);
  own.finish(end(1));
  expect(started).toEqual([1, 2, 3, 4, 5, 6]);
  expect(own.latest).toBe(6);
});

describe("a subshell", () => {
  test("runs its requests in their order, beside the cells and the other subshells", () => {
    const { own, started } = lanes();
    const [one, two] = [own.createSubshell(), own.createSubshell()];
    [cell(), within(one, cell()), within(one, message()), within(two, cell()), within(null, cell())].forEach(
      (message) => own.add(message),
    );
    expect(started).toEqual([1, 2, 4]);
    own.finish(end(2));
    expect(started).toEqual([1, 2, 4, 3]);
    expect([own.cell?.id, own.subshells]).toEqual([1, [one, two]]);
  });

  test("that is deleted ends what it runs, and refuses what waits and what comes", async () => {
    const { own, started, shell, states } = lanes();
    const id = own.createSubshell();
    [cell(), cell(), message()].forEach((one) => own.add(within(id, one)));
    expect(own.deleteSubshell(id)).toBe(true);
    expect(own.deleteSubshell(id)).toBe(false);
    own.add(within(id, cell()));
    expect(own.running.map((one) => one.id)).toEqual([1]);
    own.finish({ ...end(1), reply: { type: "execute_reply", content: '{"status":"ok"}', metadata: "{}" } });
    await settled();
    expect([started, own.running]).toEqual([[1], []]);
    expect(shell.sent.map(({ content }) => content.status)).toEqual(["error", "error", "ok"]);
    expect(shell.sent[1].content.evalue).toContain(id);
    expect(states().filter(([state]) => state === "idle").length).toBe(4);
  });

  test("that never was refuses with busy and idle, whatever its id is", async () => {
    const { own, shell, states } = lanes();
    for (const id of ["none", 5, {}]) own.add(within(id, cell()));
    await settled();
    expect(shell.sent.map(({ content }) => content.ename)).toEqual(Array(3).fill("SubshellError"));
    expect(states().map(([state]) => state)).toEqual(["busy", "idle", "busy", "idle", "busy", "idle"]);
  });
});

test("nothing starts after a stop", async () => {
  const { own, started } = lanes();
  own.add(cell());
  own.stop();
  own.finish(end(1));
  own.finish(end(9));
  [cell(), message()].forEach((one) => own.add(one));
  await own.room();
  expect(started).toEqual([1]);
});
