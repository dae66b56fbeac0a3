import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { Signer } from "../../kernel/protocol/signature";
import { Publisher } from "../../kernel/transport/publisher";
import { createSharedMemory, Word } from "../../kernel/transport/shared";
import { StdinChannel } from "../../kernel/transport/stdin";
import { fakeSockets, request, settled } from "./fakes";

const open: (() => void)[] = [];
afterEach(() => {
  jest.useRealTimers();
  open.splice(0).forEach((close) => close());
});

function stdin() {
  const sockets = fakeSockets();
  const { control } = createSharedMemory(1024);
  const { port1, port2 } = new MessageChannel();
  open.push(() => port1.close());
  const channel = new StdinChannel(new Publisher(sockets.all, new Signer("")), control, port2);
  const answers: unknown[] = [];
  const read = () => {
    for (let got; (got = receiveMessageOnPort(port1) as { message: unknown } | undefined);) answers.push(got.message);
    return answers;
  };
  return { channel, socket: sockets.stdin, read, count: () => Atomics.load(control, Word.answers) };
}

describe("a question of a cell", () => {
  test("goes to who sent the cell, with the cell as its parent", async () => {
    const { channel, socket } = stdin();
    const cell = request("execute_request", {}, "asker");
    await channel.ask({ id: 1, message: cell }, "Name? ", true);
    expect(socket.sent).toMatchObject([
      {
        identities: ["asker"],
        type: "input_request",
        parent: cell.header,
        content: { prompt: "Name? ", password: true },
      },
    ]);
  });

  test("is answered by who was asked, once", async () => {
    const { channel, read, count } = stdin();
    await channel.ask({ id: 1, message: request("execute_request", {}, "asker") }, "?", false);
    channel.receive(request("input_reply", { value: "yes" }, "asker"));
    channel.receive(request("input_reply", { value: "again" }, "asker"));
    expect(read()).toEqual([{ value: "yes" }]);
    expect(count()).toBe(1);
  });

  test("is not answered by another client, nor by another message", async () => {
    const { channel, read, count } = stdin();
    await channel.ask({ id: 1, message: request("execute_request", {}, "asker") }, "?", false);
    channel.receive(request("input_reply", { value: "mine" }, "another"));
    channel.receive(request("execute_request", { value: "mine" }, "asker"));
    expect([read(), count()]).toEqual([[], 0]);
    channel.receive(request("input_reply", { value: "yes" }, "asker"));
    expect(read()).toEqual([{ value: "yes" }]);
  });

  test("is answered with an empty text where the value is none", async () => {
    const { channel, read } = stdin();
    await channel.ask({ id: 1, message: request("execute_request") }, "?", false);
    channel.receive(request("input_reply", { value: 5 }));
    expect(read()).toEqual([{ value: "" }]);
  });

  test("that nobody asked takes no answer", () => {
    const { channel, read, count } = stdin();
    channel.receive(request("input_reply", { value: "unasked" }));
    channel.fail("interrupted");
    expect([read(), count()]).toEqual([[], 0]);
  });

  test("ends with an interrupt, and an answer that comes later is dropped", async () => {
    const { channel, read } = stdin();
    await channel.ask({ id: 1, message: request("execute_request") }, "?", false);
    channel.fail("interrupted");
    channel.receive(request("input_reply", { value: "late" }));
    expect(read()).toEqual([{ failure: "interrupted" }]);
  });

  test("of a cell that ended is forgotten without a word", async () => {
    const { channel, read } = stdin();
    await channel.ask({ id: 1, message: request("execute_request") }, "?", false);
    channel.forget(2);
    channel.forget(1);
    channel.receive(request("input_reply", { value: "late" }));
    channel.fail("interrupted");
    expect(read()).toEqual([]);
  });

  test("of a cell that has ended is refused, though no question stands", () => {
    const { channel, read, count } = stdin();
    channel.refuse();
    expect([read(), count()]).toEqual([[{ failure: "unreachable" }], 1]);
  });

  test("is asked again while the client is not there yet", async () => {
    jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"] });
    const { channel, socket, read } = stdin();
    socket.failure = new Error("no route");
    const asked = channel.ask({ id: 1, message: request("execute_request") }, "?", false);
    await settled();
    await jest.advanceTimersByTimeAsync(500);
    socket.failure = undefined;
    await jest.advanceTimersByTimeAsync(100);
    await asked;
    expect([socket.sent.length, read()]).toEqual([1, []]);
  });

  test("fails after twenty attempts that reach nobody", async () => {
    jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"] });
    const { channel, socket, read } = stdin();
    let attempts = 0;
    socket.send = async () => {
      attempts++;
      throw new Error("no route");
    };
    const asked = channel.ask({ id: 1, message: request("execute_request") }, "?", false);
    await settled();
    for (let i = 0; i < 40; i++) await jest.advanceTimersByTimeAsync(100);
    await asked;
    expect(attempts).toBe(20);
    expect(read()).toEqual([{ failure: "unreachable" }]);
  });
});
