import inspector from "node:inspector";
import { Phase, Word } from "./shared";

/** Milliseconds within which a main thread that turns its event loop answers a question. */
const ANSWER_MS = 60;
/** Milliseconds after which a main thread that was in the midst of kernel work is looked at again. */
const RETRY_MS = 20;
/** Milliseconds after which the news of a termination is repeated, until it is answered. */
const REPEAT_MS = 100;

/** Stops the cell that is running, and keeps its session's state. First it asks by a message: a main thread that still turns its event loop
 *  answers, and rejects what the cell awaits. A main thread that does not answer is stuck in JavaScript, and that execution is terminated
 *  through the inspector. The question comes first because terminating an idle isolate would kill whatever runs next; the phase is looked
 *  at because terminating the kernel's own work would break it. */
export class Interrupter {
  #session: inspector.Session | undefined;
  #timer: NodeJS.Timeout | undefined;
  #request = 0;

  constructor(
    private readonly control: Int32Array,
    private readonly tell: (kind: "interrupt" | "terminated", request: number) => void,
  ) {}

  /** Connects to the main thread, which must happen before it is stuck. */
  prepare(): void {
    if (this.#session) return;
    this.#session = new inspector.Session();
    this.#session.connectToMainThread();
  }

  interrupt(request: number): void {
    if (this.#request === request) return;
    this.#request = request;
    this.tell("interrupt", request);
    this.#later(ANSWER_MS, () => this.#terminate(request));
  }

  /** The main thread answered, or the request is over. */
  answered(request: number): void {
    if (request !== this.#request) return;
    this.#request = 0;
    clearTimeout(this.#timer);
  }

  /** Disconnects: a process that ends with an inspector connected says so on stderr, and waits. */
  close(): void {
    clearTimeout(this.#timer);
    this.#session?.disconnect();
    this.#session = undefined;
  }

  #terminate(request: number): void {
    if (this.#request !== request) return;
    if (Atomics.load(this.control, Word.phase) !== Phase.user || !this.#session) {
      this.#later(RETRY_MS, () => this.#terminate(request));
      return;
    }
    this.#session.post("Runtime.terminateExecution", () => this.#report(request));
  }

  #report(request: number): void {
    // The main thread is told even when it has answered meanwhile, because it answered only once the code was stopped.
    this.tell("terminated", request);
    if (this.#request !== request) return;
    // The code may go on in another loop after the termination; then the news is not read, and it is terminated again.
    this.#later(REPEAT_MS, () => this.#terminate(request));
  }

  #later(ms: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, ms);
  }
}
