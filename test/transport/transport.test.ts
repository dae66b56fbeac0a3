import { MessageChannel } from "node:worker_threads";
import { Signer } from "../../kernel/protocol/signature";
import { OutputWriter } from "../../kernel/transport/ring";
import { createSharedMemory, Word, type TransportMessage } from "../../kernel/transport/shared";
import type { Sockets } from "../../kernel/transport/sockets";
import { Transport } from "../../kernel/transport/transport";

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
