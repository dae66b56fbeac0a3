import type { Connection } from "../../kernel/protocol/connection";
import { Signer } from "../../kernel/protocol/signature";
import { CommTable } from "../../kernel/transport/comm-table";
import { ControlRequests } from "../../kernel/transport/control";
import { Lanes } from "../../kernel/transport/lanes";
import { Publisher } from "../../kernel/transport/publisher";
import { fakeSockets, request, settled } from "./fakes";

const connection: Connection = {
  transport: "tcp",
  ip: "127.0.0.1",
  ports: { shell: 11, control: 12, stdin: 13, iopub: 14, heartbeat: 15 },
  key: "",
};

function control() {
  const sockets = fakeSockets();
  const publisher = new Publisher(sockets.all, new Signer(""));
  const comms = new CommTable();
  const queue = new Lanes(publisher, comms, () => undefined);
  const calls: unknown[] = [];
  const own = new ControlRequests(connection, publisher, queue, comms, {
    interrupt: () => calls.push("interrupt"),
    shutdown: (restart) => calls.push(["shutdown", restart]),
  });
  const states = () =>
    sockets.iopub.sent
      .filter(({ type }) => type === "status")
      .map(({ content, parent }) => [content.execution_state, parent.msg_type]);
  return { ...sockets, own, queue, comms, calls, states };
}

describe("requests that need no cell", () => {
  test("say busy, answer, and say idle, each with the request as its parent", async () => {
    const { own, states, control: channel } = control();
    const message = request("kernel_info_request");
    own.answer("control", message);
    await settled();
    expect(states()).toEqual([
      ["busy", "kernel_info_request"],
      ["idle", "kernel_info_request"],
    ]);
    expect(channel.sent).toMatchObject([
      { type: "kernel_info_reply", parent: message.header, content: { status: "ok", implementation: "codebook" } },
    ]);
  });

  test("say busy again, for the cell, where one is running", async () => {
    const { own, queue, states } = control();
    queue.add(request("execute_request"));
    own.answer("control", request("kernel_info_request"));
    await settled();
    expect(states()).toEqual([
      ["busy", "execute_request"],
      ["busy", "kernel_info_request"],
      ["idle", "kernel_info_request"],
      ["busy", "execute_request"],
    ]);
  });

  test("are published to nobody else, but for a shutdown", async () => {
    const { own, iopub } = control();
    for (const type of ["kernel_info_request", "connect_request", "comm_info_request", "usage_request"])
      own.answer("control", request(type));
    await settled();
    expect(new Set(iopub.sent.map(({ type }) => type))).toEqual(new Set(["status"]));
  });

  test("are answered on the channel that they came by", async () => {
    const { own, shell, control: channel } = control();
    own.answer("shell", request("kernel_info_request"));
    await settled();
    expect([shell.sent.length, channel.sent.length]).toEqual([1, 0]);
  });

  test("give the five ports", async () => {
    const { own, control: channel } = control();
    own.answer("control", request("connect_request"));
    await settled();
    expect(channel.sent[0].content).toEqual({
      status: "ok",
      shell_port: 11,
      control_port: 12,
      stdin_port: 13,
      iopub_port: 14,
      hb_port: 15,
    });
  });

  test("of an unknown type get no answer, and idle all the same", async () => {
    const { own, control: channel, states, calls } = control();
    own.answer("control", request("debug_request"));
    await settled();
    expect([channel.sent, calls]).toEqual([[], []]);
    expect(states().map(([state]) => state)).toEqual(["busy", "idle"]);
  });

  test("interrupt after they were answered", async () => {
    const { own, control: channel, calls } = control();
    own.answer("control", request("interrupt_request"));
    expect(calls).toEqual(["interrupt"]);
    await settled();
    expect(channel.sent).toMatchObject([{ type: "interrupt_reply", content: { status: "ok" } }]);
  });

  test.each([true, false])("shut down (restart: %p), and tell every subscriber", async (restart) => {
    const { own, control: channel, iopub, calls } = control();
    own.answer("control", request("shutdown_request", { restart }));
    expect(calls).toEqual([["shutdown", restart]]);
    await settled();
    const content = { status: "ok", restart };
    expect(channel.sent).toMatchObject([{ type: "shutdown_reply", content }]);
    expect(iopub.sent.filter(({ type }) => type === "shutdown_reply")).toMatchObject([{ content }]);
  });

  test("that name no restart mean none", () => {
    const { own, calls } = control();
    own.answer("control", request("shutdown_request", { restart: "yes" }));
    expect(calls).toEqual([["shutdown", false]]);
  });

  test("tell what the process takes", async () => {
    const { own, control: channel } = control();
    own.answer("control", request("usage_request"));
    await settled();
    expect(channel.sent[0].content).toMatchObject({ pid: process.pid });
  });

  test("need not wait in the queue of the shell, others do", () => {
    const { own } = control();
    for (const type of ["kernel_info_request", "connect_request", "comm_info_request", "shutdown_request"])
      expect(own.answersAtOnce(type)).toBe(true);
    for (const type of ["execute_request", "complete_request", "comm_msg", "interrupt_request"])
      expect(own.answersAtOnce(type)).toBe(false);
  });
});

test("comm_info lists the open comms, of a target where one is asked for", async () => {
  const { own, comms, control: channel } = control();
  comms.note("comm_open", { comm_id: "1", target_name: "a" });
  comms.note("comm_open", { comm_id: "2", target_name: "b" });
  for (const content of [{}, { target_name: "" }, { target_name: "b" }, { target_name: 5 }])
    own.answer("control", request("comm_info_request", content));
  await settled();
  const all = { 1: { target_name: "a" }, 2: { target_name: "b" } };
  expect(channel.sent.map(({ content }) => content.comms)).toEqual([all, all, { 2: { target_name: "b" } }, all]);
});

test("subshells are made, listed and deleted; an id that is none is an error", async () => {
  const { own, control: channel } = control();
  const answer = async (type: string, content = {}) => {
    own.answer("control", request(type, content));
    await settled();
    return channel.sent.at(-1)?.content;
  };
  const made = [await answer("create_subshell_request"), await answer("create_subshell_request")];
  const [first, second] = made.map((content) => content?.subshell_id);
  expect(first).not.toBe(second);
  expect(await answer("list_subshell_request")).toEqual({ status: "ok", subshell_id: [first, second] });
  expect(await answer("delete_subshell_request", { subshell_id: first })).toEqual({ status: "ok" });
  expect(await answer("list_subshell_request")).toEqual({ status: "ok", subshell_id: [second] });
  for (const subshell_id of [first, "none", 5, undefined])
    expect(await answer("delete_subshell_request", { subshell_id })).toMatchObject({
      status: "error",
      ename: "SubshellError",
    });
});
