import type { Connection } from "../protocol/connection";
import { decodeMessage } from "../protocol/frames";
import { ProtocolError, type Channel, type Message } from "../protocol/message";
import type { Signer } from "../protocol/signature";
import { ControlRequests } from "./control";
import { Interrupter } from "./interrupter";
import { Publisher } from "./publisher";
import { readOutput } from "./ring";
import { ShellQueue } from "./shell-queue";
import { watchInterruptSignals } from "./signals";
import { closeSockets, SendQueue, type Sockets } from "./sockets";
import { StdinChannel } from "./stdin";
import { Word, type SharedMemory, type ToSession, type ToTransport, type TransportData } from "./shared";

/** Milliseconds after a shutdown request in which the main thread must end; else it is stuck, and the process is killed. */
const SHUTDOWN_MS = 1_200;
/** Milliseconds that the loops over closed sockets get to end; they need a turn of the event loop. */
const LOOPS_MS = 50;
/** Milliseconds after a shutdown request in which running code may go on; then it is terminated, so that the kernel ends in good order. */
const SHUTDOWN_INTERRUPT_MS = 150;
const CLOSE_MS = 500;
const READ_LATER_MS = 5;
const PARENT_POLL_MS = 1_000;
/** Milliseconds after which the signal watcher starts, so that it does not delay the kernel's first answer. */
const SIGNALS_AFTER_MS = 300;

/** Requests that run code of the user's, which may be interrupted. */
const RUNS_USER_CODE = new Set(["execute_request", "comm_open", "comm_msg", "comm_close"]);

/** Serves the sockets of a kernel: takes requests in, sends output out, and answers by itself whatever needs no cell. */
export class Transport {
  readonly #memory: SharedMemory;
  readonly #publisher: Publisher;
  readonly #interrupter: Interrupter;
  readonly #queue: ShellQueue;
  readonly #stdin: StdinChannel;
  readonly #control: ControlRequests;
  #processed = 0;
  readonly #loops: Promise<void>[] = [];
  #later: NodeJS.Timeout | undefined;
  #ending = false;
  #dropped = new Map<string, number>();

  constructor(
    private readonly sockets: Sockets,
    private readonly signer: Signer,
    connection: Connection,
    data: TransportData,
    private readonly tell: (message: ToSession) => void,
  ) {
    this.#memory = data.memory;
    this.#publisher = new Publisher(sockets, signer);
    this.#interrupter = new Interrupter(data.memory.control, (kind, request) => this.tell({ kind, request }));
    this.#queue = new ShellQueue(this.#publisher, (request) => this.tell({ kind: "request", request }));
    this.#stdin = new StdinChannel(this.#publisher, data.memory.control, data.stdin);
    this.#control = new ControlRequests(connection, this.#publisher, this.#queue, {
      interrupt: () => this.interrupt(),
      shutdown: (restart) => this.#shutdown(restart),
    });
  }

  /** Starts to take messages. */
  serve(): void {
    this.#publisher.publishStatus("starting", "{}");
    this.#loops.push(
      this.#take("shell", (message) => this.#shellRequest(message)),
      this.#take("control", (message) => this.#control.answer("control", message)),
      this.#take("stdin", (message) => this.#stdin.receive(message)),
      this.#beat(),
      this.#welcome(),
    );
    this.#followParent();
    setTimeout(() => {
      this.#interrupter.prepare();
      if (!this.#ending) watchInterruptSignals(() => this.interrupt());
    }, SIGNALS_AFTER_MS);
  }

  /** Stops the cell that is running, if any. */
  interrupt(): void {
    const running = this.#queue.running;
    if (!running) return;
    this.#interrupter.prepare();
    this.#stdin.fail("interrupted");
    if (RUNS_USER_CODE.has(running.message.header.msg_type)) this.#interrupter.interrupt(running.id);
  }

  /** Takes a message of the main thread. Text that the main thread printed earlier is sent earlier. */
  receive(message: ToTransport): void {
    // Any message resets the note of a wake-up: a cell that was terminated in the midst of printing may have noted one and never sent it.
    Atomics.store(this.#memory.control, Word.woken, 0);
    if (message.kind !== "output") this.#readOutput(message.written);
    switch (message.kind) {
      case "publish":
        this.#control.noteComm(message.type, message.content);
        this.#publisher.publish(message.type, this.#publisher.parentOf(message.request), message.content, message);
        break;
      case "finish":
        this.#interrupter.answered(message.request);
        this.#stdin.forget();
        this.#queue.finish(message);
        break;
      case "input": {
        const running = this.#queue.running;
        if (running?.id === message.request) void this.#stdin.ask(running.message, message.prompt, message.password);
        else this.#stdin.refuse();
        break;
      }
      case "alive":
        this.#interrupter.answered(message.request);
        break;
      case "signal":
        this.interrupt();
        break;
      case "output":
        break;
      case "exit":
        void this.#end(message.lastWords);
        break;
    }
    this.#processed = message.number;
    this.#readAhead();
  }

  /** Reads what is in the ring, unless a message is on its way that may come before some of it, or the subscribers are
   *  behind: then the ring fills, and the cell that prints waits. */
  #readAhead(): void {
    clearTimeout(this.#later);
    const { control } = this.#memory;
    const written = Atomics.load(control, Word.written);
    if (Atomics.load(control, Word.posted) !== this.#processed) return;
    if (this.#publisher.behind) this.#later = setTimeout(() => this.#readAhead(), READ_LATER_MS);
    else this.#readOutput(written);
  }

  #readOutput(end: number): void {
    readOutput(this.#memory, end, (request, stream, text) => this.#publisher.print(request, stream, text));
  }

  #shellRequest(message: Message): void {
    if (this.#control.answersAtOnce(message.header.msg_type)) this.#control.answer("shell", message);
    else {
      if (message.header.msg_type.startsWith("comm_")) this.#control.noteCommMessage(message);
      this.#queue.add(message);
    }
  }

  async #take(channel: Channel, handle: (message: Message) => void): Promise<void> {
    const socket = this.sockets[channel];
    while (!socket.closed) {
      let frames: Buffer[];
      try {
        frames = await socket.receive();
      } catch {
        if (socket.closed) return;
        continue;
      }
      try {
        handle(decodeMessage(frames, this.signer));
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.#noteDropped(error.reason);
      }
    }
  }

  /** Says on stderr, once for each reason, that a message was dropped, and repeats nothing of the message. */
  #noteDropped(reason: string): void {
    const count = (this.#dropped.get(reason) ?? 0) + 1;
    this.#dropped.set(reason, count);
    if (count === 1) process.stderr.write(`codebook: dropped a message: ${reason} (further ones are not reported)\n`);
  }

  /** Answers the heartbeat: every message goes back as it came. */
  async #beat(): Promise<void> {
    const socket = this.sockets.heartbeat;
    const queue = new SendQueue((frames) => socket.send(frames));
    for await (const frames of socket) void queue.send(frames).catch(() => undefined);
  }

  /** Lets new subscribers in with a greeting, by which they know that they miss nothing from then on. */
  async #welcome(): Promise<void> {
    const { iopub } = this.sockets;
    const decoder = new TextDecoder("utf-8", { fatal: true });
    for await (const [frame] of iopub) {
      const topic = frame.subarray(1);
      if (frame[0] === 0) iopub.dismiss(topic);
      if (frame[0] !== 1) continue;
      // ZeroMQ accepts the subscriber who asked last, so nothing is called in between.
      iopub.accept(topic);
      let name;
      try {
        name = decoder.decode(topic);
      } catch {
        continue; // It is not text, so JSON cannot name it.
      }
      void this.#publisher.welcome(topic, name);
    }
  }

  #shutdown(restart: boolean): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#stdin.fail("interrupted");
    this.#queue.stop();
    this.tell({ kind: "shutdown", restart });
    setTimeout(() => this.interrupt(), SHUTDOWN_INTERRUPT_MS);
    setTimeout(() => {
      void this.#end(undefined).then(() => process.kill(process.pid, "SIGKILL"));
    }, SHUTDOWN_MS);
  }

  /** Ends the kernel when its Jupyter server is gone, whose process id Jupyter tells to the kernels that it starts. */
  #followParent(): void {
    const parent = Number(process.env.JPY_PARENT_PID);
    if (!parent || process.ppid !== parent) return;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      this.#shutdown(false);
    }, PARENT_POLL_MS);
  }

  /** Sends what is left and closes the sockets: a process that ends with open sockets is aborted. */
  async #end(lastWords: string | undefined): Promise<void> {
    this.#ending = true;
    if (Atomics.load(this.#memory.control, Word.closed)) return;
    const running = this.#queue.running;
    if (lastWords) this.#publisher.print(running?.id ?? this.#queue.latest, "stderr", lastWords);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
    await Promise.race([this.#publisher.drained(), late]);
    clearTimeout(timer);
    this.#interrupter.close();
    closeSockets(this.sockets);
    // A process that ends before the loops over its sockets have ended is aborted.
    await Promise.race([Promise.allSettled(this.#loops), new Promise((resolve) => setTimeout(resolve, LOOPS_MS))]);
    Atomics.store(this.#memory.control, Word.closed, 1);
    Atomics.notify(this.#memory.control, Word.closed);
  }
}
