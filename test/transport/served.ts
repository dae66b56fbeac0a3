/** A transport that serves fake sockets, and the main thread's end of it. Timers stand still until the test moves them. */
import inspector from "node:inspector";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { Signer } from "../../kernel/protocol/signature";
import { OutputWriter } from "../../kernel/transport/ring";
import {
  createSharedMemory,
  Word,
  type ToSession,
  type ToTransport,
  type TransportMessage,
} from "../../kernel/transport/shared";
import { Transport } from "../../kernel/transport/transport";
import { fakeSockets, framesOf, request, settled, type FakeSocket } from "./fakes";
import type { JsonObject, Message } from "../../kernel/protocol/message";

/** The key of the signatures. */
export const key = "a key";

const ends: (() => void)[] = [];

/** Closes what `served` opened, and takes its stand-ins back. */
export function endAll(): void {
  ends.splice(0).forEach((end) => end());
  jest.restoreAllMocks();
  jest.useRealTimers();
}

export function served() {
  jest.useFakeTimers({ doNotFake: ["setImmediate", "nextTick", "queueMicrotask"] });
  jest.spyOn(process.stderr, "write").mockReturnValue(true);
  jest.spyOn(inspector.Session.prototype, "connectToMainThread").mockImplementation();
  jest.spyOn(inspector.Session.prototype, "disconnect").mockImplementation();
  const inspected: string[] = [];
  (jest.spyOn(inspector.Session.prototype, "post") as jest.SpyInstance).mockImplementation(
    (method: string, done: () => void) => {
      inspected.push(method);
      done();
    },
  );
  const sockets = fakeSockets();
  const memory = createSharedMemory(1 << 18);
  const { port1, port2 } = new MessageChannel();
  const told: ToSession[] = [];
  const ports = { shell: 1, control: 2, stdin: 3, iopub: 4, heartbeat: 5 };
  const transport = new Transport(
    sockets.all,
    new Signer(key),
    { transport: "tcp", ip: "127.0.0.1", ports, key },
    { connectionFile: "", memory, stdin: port2 },
    (message) => told.push(message),
  );
  transport.serve();
  ends.push(() => {
    for (const socket of Object.values<FakeSocket>(sockets.all as unknown as Record<string, FakeSocket>))
      if (!socket.closed) socket.close();
    port1.close();
  });
  const numbered = (message: TransportMessage): ToTransport => {
    const number = (Atomics.add(memory.control, Word.posted, 1) + 1) | 0;
    return { ...message, number, written: Atomics.load(memory.control, Word.written) };
  };
  const post = (message: TransportMessage): void => transport.receive(numbered(message));
  const send = async (channel: "shell" | "control" | "stdin", message: Message): Promise<Message> => {
    sockets[channel].arrive(framesOf(message, key));
    await settled();
    return message;
  };
  return {
    ...sockets,
    told,
    inspected,
    memory,
    /** The message as the main thread posts it: it is under way until `receive` takes it. */
    numbered,
    receive: (message: ToTransport) => transport.receive(message),
    post,
    writer: new OutputWriter(memory, () => post({ kind: "output" })),
    /** Sends a request on the shell channel. */
    ask: (type: string, content: JsonObject = {}, from?: string) => send("shell", request(type, content, from)),
    /** Sends a request on the control channel. */
    order: (type: string, content: JsonObject = {}) => send("control", request(type, content)),
    /** Sends an answer on the stdin channel. */
    reply: (value: unknown, from?: string) => send("stdin", request("input_reply", { value }, from)),
    finish: (id: number) => post({ kind: "finish", request: id, abortQueued: false }),
    /** What the main thread got on the port of the answers. */
    answer: () => (receiveMessageOnPort(port1) as { message: unknown } | undefined)?.message,
    isClosed: () => Atomics.load(memory.control, Word.closed) === 1,
  };
}
