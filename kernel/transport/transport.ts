import { writeSync } from "node:fs";
import type { Connection } from "../protocol/connection";
import { decodeMessage } from "../protocol/frames";
import { Replays } from "../protocol/replays";
import { ProtocolError, type Channel, type Message } from "../protocol/message";
import type { Signer } from "../protocol/signature";
import { BeneathOutput } from "./beneath";
import { ChildStopper } from "./child-stopper";
import { CommTable } from "./comm-table";
import { ControlRequests } from "./control";
import { Inbox } from "./inbox";
import { Interrupter } from "./interrupter";
import { Publisher } from "./publisher";
import { Lanes } from "./lanes";
import { endDescendants } from "./processes";
import type { StreamName } from "./ring";
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
/** Milliseconds after which a message that was under way is looked for again. */
const UNDER_WAY_MS = 1;
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
  readonly #lanes: Lanes;
  readonly #comms = new CommTable();
  readonly #inbox: Inbox;
  readonly #children: ChildStopper;
  readonly #beneath: BeneathOutput;
  readonly #writtenBeneath: [StreamName, string][] = [];
  readonly #log: (line: string) => void;
  readonly #replays: Replays;
  readonly #stdin: StdinChannel;
  readonly #control: ControlRequests;
  readonly #loops: Promise<void>[] = [];
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
    const file = data.connectionFile.replace(/(\.json)?$/, ".replays");
    this.#replays = new Replays(undefined, data.connectionFile === "" || !signer.signs ? undefined : file);
    this.#interrupter = new Interrupter(data.memory.control, (kind, request) => this.tell({ kind, request }));
    this.#lanes = new Lanes(this.#publisher, this.#comms, (request) => this.tell({ kind: "request", request }));
    this.#children = new ChildStopper(data.memory);
    const { streams } = data;
    this.#log = (line) => (streams ? void writeSync(streams.log, line) : void process.stderr.write(line));
    this.#beneath = new BeneathOutput(streams ?? {}, {
      print: (stream, text) => {
        if (this.#writtenBeneath.push([stream, text]) === 1) setImmediate(() => this.#showBeneathLater());
      },
      isBehind: () => this.#publisher.behind,
    });
    this.#inbox = new Inbox(data.memory, {
      handle: (message) => this.#handle(message),
      print: (request, stream, text) => this.#publisher.print(request, stream, text),
      isBehind: () => this.#publisher.behind,
    });
    this.#stdin = new StdinChannel(this.#publisher, data.memory.control, data.stdin);
    this.#control = new ControlRequests(connection, this.#publisher, this.#lanes, this.#comms, {
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

  /** Stops all code of the user's that is running. */
  interrupt(): void {
    const running = this.#lanes.running.filter(({ message }) => RUNS_USER_CODE.has(message.header.msg_type));
    // A handler of a comm may still await where nothing runs.
    if (running.length === 0 && !this.#ending) this.tell({ kind: "interrupt", request: 0 });
    this.#interrupter.prepare();
    this.#stdin.fail("interrupted");
    for (const { id } of running) this.#interrupter.interrupt(id);
    if (running.length > 0) this.#children.stop();
  }

  /** Takes a message of the main thread. Text that the main thread printed earlier is sent earlier. */
  receive(message: ToTransport): void {
    // Terminated code cannot take back that it waits for a child; a thread that says such things waits for none.
    if (message.kind === "alive" || message.kind === "finish")
      Atomics.store(this.#memory.control, Word.waitsForChild, 0);
    // An interrupt and an end wait for no subscriber.
    if (message.kind === "alive") this.#interrupter.answered(message.request);
    if (message.kind === "signal") this.interrupt();
    this.#inbox.receive(message);
    if (message.kind === "exit") this.#inbox.flush();
  }

  #handle(message: ToTransport): void {
    switch (message.kind) {
      case "publish":
        this.#comms.note(message.type, message.content);
        this.#publisher.publish(message.type, this.#publisher.parentOf(message.request), message.content, message);
        break;
      case "beneath":
        this.#beneath.drain();
        this.#showBeneath();
        break;
      case "finish":
        this.#beneath.drain();
        this.#showBeneath();
        this.#interrupter.answered(message.request);
        this.#stdin.forget(message.request);
        this.#lanes.finish(message);
        break;
      case "input": {
        const asking = this.#lanes.running.find(({ id }) => id === message.request);
        if (asking) void this.#stdin.ask(asking, message.prompt, message.password);
        else this.#stdin.refuse();
        break;
      }
      case "target":
        this.#comms.answers(message.name);
        break;
      case "exit":
        void this.#end(message.lastWords);
        break;
    }
  }

  /** Shows what code beneath JavaScript wrote, in the cell that runs or else in the last one. Before the first it is the kernel's own. */
  #showBeneath(): void {
    for (const [stream, text] of this.#writtenBeneath.splice(0)) {
      const request = this.#lanes.running[0]?.id ?? this.#lanes.latest;
      if (request === 0) this.#log(text);
      else this.#publisher.print(request, stream, text);
    }
  }

  /** Shows it after all that JavaScript printed before, which is in the ring already or comes after a message that is under way. */
  #showBeneathLater(): void {
    if (this.#writtenBeneath.length === 0) return;
    if (this.#inbox.readAhead()) this.#showBeneath();
    else setTimeout(() => this.#showBeneathLater(), UNDER_WAY_MS);
  }

  #shellRequest(message: Message): void {
    if (this.#control.answersAtOnce(message.header.msg_type)) this.#control.answer("shell", message);
    else {
      this.#lanes.add(message);
      this.#comms.note(message.header.msg_type, message.content);
    }
  }

  async #take(channel: Channel, handle: (message: Message) => void): Promise<void> {
    const socket = this.sockets[channel];
    while (!socket.closed) {
      let frames: Buffer[];
      if (channel === "shell") await this.#lanes.room();
      try {
        frames = await socket.receive();
      } catch {
        if (socket.closed) return;
        continue;
      }
      try {
        handle(decodeMessage(frames, this.signer, this.#replays));
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
    if (count === 1) this.#log(`codebook: dropped a message: ${reason} (further ones are not reported)\n`);
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
    this.#lanes.stop();
    this.tell({ kind: "shutdown", restart });
    if (!restart) this.#replays.discard();
    setTimeout(() => this.interrupt(), SHUTDOWN_INTERRUPT_MS);
    setTimeout(() => {
      void this.#end(undefined).then(() => {
        endDescendants();
        process.kill(process.pid, "SIGKILL");
      });
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

  /** Says in the cell why the kernel ends, and answers whoever waits for it. */
  #lastWords(words: string): void {
    const [first] = this.#lanes.running;
    this.#publisher.print(first?.id ?? this.#lanes.latest, "stderr", words);
    const evalue = words.trim();
    const content = { status: "error", ename: "KernelEnded", evalue, traceback: [`KernelEnded: ${evalue}`] };
    this.#lanes.stop();
    for (const { id, message } of this.#lanes.running) {
      const type = message.header.msg_type.replace(/_request$/, "_reply");
      const reply = type.endsWith("_reply") ? { type, content: JSON.stringify(content), metadata: "{}" } : undefined;
      this.#lanes.finish({ request: id, abortQueued: false, ...(reply && { reply }) });
    }
  }

  /** Sends what is left and closes the sockets: a process that ends with open sockets is aborted. */
  async #end(lastWords: string | undefined): Promise<void> {
    this.#ending = true;
    if (Atomics.load(this.#memory.control, Word.closed)) return;
    this.#beneath.close();
    this.#showBeneath();
    if (lastWords) this.#lastWords(lastWords);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
    await Promise.race([this.#publisher.drained(), late]);
    clearTimeout(timer);
    this.#interrupter.close();
    this.#children.close();
    closeSockets(this.sockets);
    // A process that ends before the loops over its sockets have ended is aborted.
    await Promise.race([Promise.allSettled(this.#loops), new Promise((resolve) => setTimeout(resolve, LOOPS_MS))]);
    Atomics.store(this.#memory.control, Word.closed, 1);
    Atomics.notify(this.#memory.control, Word.closed);
  }
}
