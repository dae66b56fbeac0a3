import { MessageChannel } from "node:worker_threads";
import { Signer } from "../../kernel/protocol/signature";
import { OutputWriter } from "../../kernel/transport/ring";
import { createSharedMemory, Word, type TransportMessage } from "../../kernel/transport/shared";
import type { Sockets } from "../../kernel/transport/sockets";
import { Transport } from "../../kernel/transport/transport";
import { framesOf, request, settled } from "./fakes";
import { endAll, key, served } from "./served";

jest.mock("../../kernel/transport/signals");
afterEach(endAll);

/** A transport whose messages on iopub are kept, and the main thread's end of it. */
function transportWithSubscriber() {
  const memory = createSharedMemory(1 << 18);
  const texts: string[] = [];
  const iopub = {
    noDrop: true,
    send(frames: (string | Uint8Array)[]) {
      texts.push((JSON.parse(String(frames[frames.length - 1])) as { text?: string }).text ?? "");
      return Promise.resolve();
    },
  };
  const { port1, port2 } = new MessageChannel();
  const ports = { shell: 1, control: 2, stdin: 3, iopub: 4, heartbeat: 5 };
  const transport = new Transport(
    { iopub } as unknown as Sockets,
    new Signer(""),
    { transport: "tcp", ip: "127.0.0.1", ports, key: "" },
    { connectionFile: "", memory, stdin: port2 },
    () => undefined,
  );
  const post = (message: TransportMessage): void => {
    const number = (Atomics.add(memory.control, Word.posted, 1) + 1) | 0;
    transport.receive({ ...message, number, written: Atomics.load(memory.control, Word.written) });
  };
  const writer = new OutputWriter(memory, () => post({ kind: "output" }));
  return { memory, texts, post, writer, close: () => port1.close() };
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 60));

test("what is printed is sent while the cell goes on", async () => {
  const { texts, writer, close } = transportWithSubscriber();
  writer.write(1, "stdout", "one ");
  writer.write(1, "stdout", "two");
  await soon();
  writer.write(1, "stderr", "three");
  await soon();
  expect(texts).toEqual(["one two", "three"]);
  close();
});

test("a cell that was terminated in the midst of printing does not keep later ones from being heard", async () => {
  const { memory, texts, post, writer, close } = transportWithSubscriber();
  // It had noted that it wakes the reader, and a message as posted, and came to do neither.
  Atomics.store(memory.control, Word.woken, 1);
  Atomics.add(memory.control, Word.posted, 1);
  writer.write(1, "stdout", "of the terminated cell");
  post({ kind: "finish", request: 1, abortQueued: false });
  writer.write(2, "stdout", "of the next one, which goes on");
  await soon();
  expect(texts).toEqual(["of the terminated cell", "of the next one, which goes on"]);
  close();
});

describe("signatures", () => {
  const forged = "0".repeat(64);

  test("are checked on the control channel: nothing happens for a message without the key", async () => {
    const { control, told } = served();
    control.arrive(framesOf(request("kernel_info_request"), key, forged));
    control.arrive(framesOf(request("shutdown_request", { restart: false }), key, forged));
    control.arrive(framesOf(request("shutdown_request", { restart: false }), key, ""));
    await settled();
    expect([control.sent, told]).toEqual([[], []]);
    control.arrive(framesOf(request("kernel_info_request"), key));
    await settled();
    expect(control.sent.map(({ type }) => type)).toEqual(["kernel_info_reply"]);
  });

  test("are checked on the shell channel", async () => {
    const { shell, told } = served();
    shell.arrive(framesOf(request("execute_request", { code: "1" }), key, forged));
    await settled();
    expect(told).toEqual([]);
    shell.arrive(framesOf(request("execute_request", { code: "2" }), key));
    await settled();
    expect(told).toMatchObject([{ kind: "request", request: { id: 1, content: { code: "2" } } }]);
  });

  test("are checked on the stdin channel: who has no key answers no question", async () => {
    const { shell, stdin, post, answer } = served();
    shell.arrive(framesOf(request("execute_request", {}, "asker"), key));
    await settled();
    post({ kind: "input", request: 1, prompt: "?", password: false });
    await settled();
    expect(stdin.sent).toMatchObject([{ type: "input_request", identities: ["asker"] }]);
    stdin.arrive(framesOf(request("input_reply", { value: "forged" }, "asker"), key, forged));
    await settled();
    expect(answer()).toBeUndefined();
    stdin.arrive(framesOf(request("input_reply", { value: "true" }, "asker"), key));
    await settled();
    expect(answer()).toEqual({ value: "true" });
  });

  test("count once on any channel: a message that was seen is dropped on another too", async () => {
    const { shell, control, told } = served();
    const frames = framesOf(request("shutdown_request", { restart: true }), key);
    control.arrive(frames);
    await settled();
    control.arrive(frames);
    shell.arrive(frames);
    await settled();
    expect(told).toEqual([{ kind: "shutdown", restart: true }]);
    expect(control.sent.length).toBe(1);
    expect(shell.sent).toEqual([]);
  });

  test("that are wrong are told once on stderr, without a byte of the message", async () => {
    const { control } = served();
    for (let i = 0; i < 3; i++) control.arrive(framesOf(request("secret_request"), key, forged));
    await settled();
    const written = (process.stderr.write as unknown as jest.Mock).mock.calls.map(([text]) => String(text));
    expect(written).toEqual(["codebook: dropped a message: wrong signature (further ones are not reported)\n"]);
  });
});

describe("the transport", () => {
  test("says that it is starting, before anything else", async () => {
    const { iopub } = served();
    await settled();
    expect(iopub.sent).toMatchObject([{ type: "status", parent: {}, content: { execution_state: "starting" } }]);
  });

  test("sends the heartbeat back as it came", async () => {
    const { heartbeat } = served();
    heartbeat.arrive([Buffer.from("who"), Buffer.from("ping")]);
    await settled();
    expect(heartbeat.raw.map((frames) => frames.map(String))).toEqual([["who", "ping"]]);
  });

  test("welcomes who subscribes, and dismisses who goes", async () => {
    const { iopub } = served();
    iopub.arrive([Buffer.from("\u0001status")]);
    iopub.arrive([Buffer.from("\u0000status")]);
    iopub.arrive([Buffer.from([1, 0xff])]);
    await settled();
    expect(iopub.sent.slice(1)).toMatchObject([{ type: "iopub_welcome", content: { subscription: "status" } }]);
    expect(iopub.accepted[0]).toBe("status");
    expect(iopub.accepted.length).toBe(2);
    expect(iopub.dismissed).toEqual(["status"]);
  });

  test("knows the comms that clients and cells open and close", async () => {
    const { ask, order, control, post } = served();
    await ask("comm_open", { comm_id: "of a client", target_name: "a" });
    for (const type of ["comm_open", "comm_msg"])
      post({
        kind: "publish",
        request: 1,
        type,
        content: JSON.stringify({ comm_id: `by ${type}`, target_name: "b" }),
        metadata: "{}",
        buffers: [],
        size: 0,
      });
    await order("comm_info_request");
    expect(control.sent.at(-1)?.content.comms).toEqual({
      "of a client": { target_name: "a" },
      "by comm_open": { target_name: "b" },
    });
    await ask("comm_close", { comm_id: "of a client" });
    await order("comm_info_request");
    expect(control.sent.at(-1)?.content.comms).toEqual({ "by comm_open": { target_name: "b" } });
  });

  test("publishes what the session gives it as output of its request", async () => {
    const { shell, iopub, post } = served();
    const cell = request("execute_request");
    shell.arrive(framesOf(cell, key));
    await settled();
    post({
      kind: "publish",
      request: 1,
      type: "display_data",
      content: "{}",
      metadata: '{"a":1}',
      buffers: [Uint8Array.of(3)],
      size: 0,
    });
    await settled();
    const shown = iopub.sent.at(-1);
    expect(shown).toMatchObject({ type: "display_data", parent: cell.header, metadata: { a: 1 } });
    expect(Array.from(shown?.buffers[0] ?? [])).toEqual([3]);
  });

  test("shuts down once, starts nothing after, and tells the session", async () => {
    const { control, shell, told } = served();
    control.arrive(framesOf(request("shutdown_request", { restart: true }), key));
    await settled();
    control.arrive(framesOf(request("shutdown_request", { restart: true }), key));
    shell.arrive(framesOf(request("execute_request"), key));
    await settled();
    expect(told).toEqual([{ kind: "shutdown", restart: true }]);
  });
});
