import type { Connection } from "../../kernel/protocol/connection";
import { Signer } from "../../kernel/protocol/signature";
import { ControlRequests } from "../../kernel/transport/control";
import { Publisher } from "../../kernel/transport/publisher";
import { ShellQueue } from "../../kernel/transport/shell-queue";
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
  const queue = new ShellQueue(publisher, () => undefined);
  const calls: unknown[] = [];
  const own = new ControlRequests(connection, publisher, queue, {
    interrupt: () => calls.push("interrupt"),
    shutdown: (restart) => calls.push(["shutdown", restart]),
  });
  const states = () =>
    sockets.iopub.sent
      .filter(({ type }) => type === "status")
      .map(({ content, parent }) => [content.execution_state, parent.msg_type]);
  return { ...sockets, own, queue, calls, states };
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

describe("the list of open comms", () => {
  const listed = async (note: (own: ControlRequests) => void, content = {}) => {
    const { own, control: channel } = control();
    note(own);
    own.answer("control", request("comm_info_request", content));
    await settled();
    return channel.sent[0].content.comms;
  };

  test("has those of the session and of clients, until they are closed", async () => {
    const comms = await listed((own) => {
      own.noteComm("comm_open", JSON.stringify({ comm_id: "1", target_name: "a" }));
      own.noteCommMessage(request("comm_open", { comm_id: "2", target_name: "b" }));
      own.noteComm("comm_open", JSON.stringify({ comm_id: "3", target_name: "a" }));
      own.noteCommMessage(request("comm_close", { comm_id: "3" }));
      own.noteComm("comm_msg", JSON.stringify({ comm_id: "4", target_name: "a" }));
    });
    expect(comms).toEqual({ 1: { target_name: "a" }, 2: { target_name: "b" } });
  });

  test("gives those of a target where one is asked for", async () => {
    const note = (own: ControlRequests) => {
      own.noteComm("comm_open", JSON.stringify({ comm_id: "1", target_name: "a" }));
      own.noteComm("comm_open", JSON.stringify({ comm_id: "2", target_name: "b" }));
    };
    expect(await listed(note, { target_name: "b" })).toEqual({ 2: { target_name: "b" } });
    expect(await listed(note, { target_name: "" })).toEqual({ 1: { target_name: "a" }, 2: { target_name: "b" } });
  });

  test("names no target where none was given", async () => {
    const comms = await listed((own) => {
      own.noteCommMessage(request("comm_open", { comm_id: "1" }));
      own.noteCommMessage(request("comm_open", { comm_id: "2", target_name: 5 }));
    });
    expect(comms).toEqual({ 1: { target_name: "" }, 2: { target_name: "" } });
  });

  test("leaves out comms without an id, and reads no message that opens or closes none", async () => {
    const comms = await listed((own) => {
      own.noteCommMessage(request("comm_open", { target_name: "a" }));
      own.noteCommMessage(request("comm_open", { comm_id: 5, target_name: "a" }));
      own.noteComm("display_data", "not even JSON");
    });
    expect(comms).toEqual({});
  });
});
