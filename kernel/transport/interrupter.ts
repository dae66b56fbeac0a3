import inspector from "node:inspector";
import { Phase, Word } from "./shared";

/** Milliseconds within which a main thread that turns its event loop answers a question. */
const ANSWER_MS = 60;
/** Milliseconds after which a main thread that was in the midst of kernel work is looked at again. */
const RETRY_MS = 20;
/** Milliseconds after which the news of a termination is repeated, until it is answered. */
const REPEAT_MS = 100;

/** Stops the code that is running, and keeps its session's state. First it asks, by a word that whatever prints or waits looks at, and by a message: a main thread that still turns its event loop
 *  answers, and rejects what the cell awaits. A main thread that does not answer is stuck in JavaScript, and that execution is terminated
 *  through the inspector. The question comes first because terminating an idle isolate would kill whatever runs next; the phase is looked
 *  at because terminating the kernel's own work would break it. */
export class Interrupter {
  #session: inspector.Session | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #requests = new Set<number>();

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

  /** Stops the request, with all others that were interrupted and did not answer yet: they share the main thread. */
  interrupt(request: number): void {
    if (this.#requests.has(request)) return;
    this.#requests.add(request);
    Atomics.store(this.control, Word.interrupt, 1);
    this.tell("interrupt", request);
    this.#later(ANSWER_MS, () => this.#terminate());
  }

  /** The main thread answered, or the request is over. */
  answered(request: number): void {
    if (!this.#requests.delete(request) || this.#requests.size > 0) return;
    Atomics.store(this.control, Word.interrupt, 0);
    clearTimeout(this.#timer);
  }

  /** Disconnects: a process that ends with an inspector connected says so on stderr, and waits. */
  close(): void {
    clearTimeout(this.#timer);
    this.#session?.disconnect();
    this.#session = undefined;
  }

  #terminate(): void {
    if (this.#requests.size === 0) return;
    if (Atomics.load(this.control, Word.phase) !== Phase.user || !this.#session) {
      this.#later(RETRY_MS, () => this.#terminate());
      return;
    }
    const terminated = [...this.#requests];
    this.#session.post("Runtime.terminateExecution", () => this.#report(terminated));
  }

  #report(terminated: readonly number[]): void {
    // The main thread is told even when it has answered meanwhile, because it answered only once the code was stopped.
    for (const request of terminated) this.tell("terminated", request);
    if (this.#requests.size === 0) return;
    // The code may go on in another loop after the termination; then the news is not read, and it is terminated again.
    this.#later(REPEAT_MS, () => this.#terminate());
  }

  #later(ms: number, action: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(action, ms);
  }
}
