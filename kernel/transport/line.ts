import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import path from "node:path";
import type { TakenStreams } from "./descriptors";
import { OutputWriter, type StreamName } from "./ring";
import type { Phase } from "./shared";
import {
  createSharedMemory,
  spareChildren,
  Word,
  type InputAnswer,
  type ToKernel,
  type ToSession,
  type TransportData,
  type TransportMessage,
} from "./shared";

/** Milliseconds that a process which ends waits for its sockets to close. */
const CLOSE_MS = 1_500;

/** Displays and comm messages that may be under way, and their bytes; past these the code that sends waits for the transport thread, which
 *  waits for the subscribers. */
const MAX_UNDER_WAY = 256;
const MAX_HELD_BYTES = 64 << 20;
const WAIT_MS = 50;
const BENEATH_MS = 1_000;

/** A message for the front ends. */
export interface Publication {
  readonly request: number;
  readonly type: string;
  /** JSON text. */
  readonly content: string;
  /** JSON text; absent: `{}`. */
  readonly metadata?: string;
  readonly buffers?: readonly Uint8Array[];
}

/** The main thread's line to the transport thread. */
export class TransportLine {
  readonly #memory = createSharedMemory();
  readonly #stdin = new MessageChannel();
  readonly #worker: Worker;
  readonly #output: OutputWriter;
  #handler: ((message: ToKernel) => void) | undefined;
  #fail: (error: Error) => void = () => undefined;
  #early: ToKernel[] = [];

  constructor(connectionFile: string, streams?: TakenStreams) {
    const data: TransportData = {
      connectionFile,
      memory: this.#memory,
      stdin: this.#stdin.port2,
      ...(streams && { streams }),
    };
    this.#worker = new Worker(path.join(__dirname, "thread.js"), {
      workerData: data,
      transferList: [this.#stdin.port2],
    });
    this.#output = new OutputWriter(this.#memory, () => this.post({ kind: "output" }));
    this.#worker.on("message", (message: ToSession) => {
      if (message.kind === "failed") this.#fail(new Error(message.message));
      else if (this.#handler) this.#handler(message);
      else this.#early.push(message);
    });
  }

  /** Messages of the transport go to `handler` from now on, those that came before first. */
  onMessage(handler: (message: ToKernel) => void): void {
    this.#handler = handler;
    for (const message of this.#early.splice(0)) handler(message);
  }

  /** Called when the transport could not start, or broke. */
  onFailure(handler: (error: Error) => void): void {
    this.#fail = handler;
    this.#worker.on("error", handler);
  }

  post(message: TransportMessage): void {
    const number = (Atomics.add(this.#memory.control, Word.posted, 1) + 1) | 0;
    if (message.kind === "publish") Atomics.add(this.#memory.control, Word.held, message.size);
    this.#worker.postMessage({ ...message, number, written: Atomics.load(this.#memory.control, Word.written) });
  }

  /** Prints text; waits while the ring is full. `look` is called before and while it waits, and ends it by throwing. */
  print(request: number, stream: StreamName, text: string, look?: () => void): void {
    this.#output.write(request, stream, text, look);
  }

  /** Sends a message to the front ends; waits while many others, or large ones, are under way. `look` as for `print`. */
  publish(
    { request, type, content, metadata = "{}", buffers = [] }: Publication,
    look: () => void = () => undefined,
  ): void {
    const { control } = this.#memory;
    const size = buffers.reduce((sum, { byteLength }) => sum + byteLength, content.length + metadata.length);
    for (;;) {
      look();
      const processed = Atomics.load(control, Word.processed);
      const underWay = (Atomics.load(control, Word.posted) - processed) | 0;
      const held = Atomics.load(control, Word.held);
      if (underWay < MAX_UNDER_WAY && (held <= 0 || held + size <= MAX_HELD_BYTES)) break;
      if (Atomics.load(control, Word.closed)) return;
      Atomics.wait(control, Word.processed, processed, WAIT_MS);
    }
    this.post({ kind: "publish", request, type, content, metadata, buffers: [...buffers], size });
  }

  /** Waits for a child; `others` are the process ids of those for which nobody waits. An interrupt reaches it meanwhile. */
  whileWaiting<T>(others: readonly number[], wait: () => T): T {
    const { control } = this.#memory;
    spareChildren(control, others);
    const before = Atomics.exchange(control, Word.waitsForChild, 1);
    try {
      return wait();
    } finally {
      Atomics.store(control, Word.waitsForChild, before);
      this.afterWriteBeneath();
    }
  }

  /** Has what was just written beneath JavaScript shown before anything that comes later. Blocks until it was read, for a second at most. */
  afterWriteBeneath(): void {
    const { control } = this.#memory;
    this.post({ kind: "beneath" });
    const end = performance.now() + BENEATH_MS;
    for (;;) {
      const processed = Atomics.load(control, Word.processed);
      if (processed === Atomics.load(control, Word.posted) || Atomics.load(control, Word.closed)) return;
      if (performance.now() > end) return;
      Atomics.wait(control, Word.processed, processed, WAIT_MS);
    }
  }

  /** True once for each interrupt that the running code has not seen yet. */
  takeInterrupt(): boolean {
    return Atomics.exchange(this.#memory.control, Word.interrupt, 0) === 1;
  }

  /** Asks on the stdin channel and blocks this thread until the answer comes. */
  ask(request: number, prompt: string, password: boolean): InputAnswer {
    const { control } = this.#memory;
    while (receiveMessageOnPort(this.#stdin.port1)); // answers to questions that were given up
    this.post({ kind: "input", request, prompt, password });
    for (;;) {
      const seen = Atomics.load(control, Word.answers);
      const answer = receiveMessageOnPort(this.#stdin.port1) as { message: InputAnswer } | undefined;
      if (answer) return answer.message;
      if (Atomics.load(control, Word.closed)) return { failure: "unreachable" };
      Atomics.wait(control, Word.answers, seen, 1_000);
    }
  }

  /** Says whether the code that runs from now on may be terminated. Returns the phase before. */
  setPhase(phase: (typeof Phase)[keyof typeof Phase]): (typeof Phase)[keyof typeof Phase] {
    return Atomics.exchange(this.#memory.control, Word.phase, phase) as (typeof Phase)[keyof typeof Phase];
  }

  /** Closes the sockets, and blocks until they are closed. `lastWords` go to stderr of the last cell. */
  close(lastWords?: string): void {
    const { control } = this.#memory;
    if (Atomics.load(control, Word.closed)) return;
    this.post({ kind: "exit", lastWords });
    Atomics.wait(control, Word.closed, 0, CLOSE_MS);
  }
}
