import { readOutput, type StreamName } from "./ring";
import { Word, type SharedMemory, type ToTransport } from "./shared";
import { Fifo } from "./fifo";

/** Milliseconds of work after which the sockets get their turn. */
const TURN_MS = 5;
/** Bytes of printed text that are read before the clock is looked at. */
const PIECE_BYTES = 1 << 17;
/** Milliseconds after which subscribers that were behind are looked at again. */
const BEHIND_MS = 5;

/** What the main thread says and prints, in one order: text that was printed before a message is dealt with before it.
 *
 *  A cell that prints or shows without end gives more work than there is time for. So the work is done in turns, between which the sockets are
 *  served; and while subscribers are behind, prints and displays wait here, and the cell waits with them (`TransportLine`). */
export class Inbox {
  readonly #waiting = new Fifo<ToTransport>();
  #processed = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(
    private readonly memory: SharedMemory,
    private readonly handlers: {
      /** Deals with a message, after all text that came before it. */
      handle(message: ToTransport): void;
      print(request: number, stream: StreamName, text: string): void;
      /** True while subscribers are behind. */
      isBehind(): boolean;
    },
  ) {}

  /** Takes the next message of the main thread. */
  receive(message: ToTransport): void {
    this.#waiting.push(message);
    if (!this.#immediate) this.#work();
  }

  /** Deals with all that is there, whether subscribers are behind or not. */
  flush(): void {
    let next;
    while ((next = this.#waiting.shift())) {
      this.#read(next.written, Infinity);
      this.#done(next);
    }
    this.#read(Atomics.load(this.memory.control, Word.written), Infinity);
  }

  /** Reads all text that was printed so far. False where a message is under way that comes before some of it. */
  readAhead(): boolean {
    const { control } = this.memory;
    const written = Atomics.load(control, Word.written);
    return Atomics.load(control, Word.posted) === this.#processed && this.#read(written, Infinity);
  }

  #work(): void {
    const end = performance.now() + TURN_MS;
    clearTimeout(this.#timer);
    this.#immediate = undefined;
    while (this.#step()) {
      if (performance.now() < end) continue;
      this.#immediate = setImmediate(() => this.#work());
      return;
    }
  }

  /** Does a piece of the work. False when there is none, or none yet. */
  #step(): boolean {
    const { control } = this.memory;
    const next = this.#waiting.peek();
    if (next) {
      if (next.kind === "publish" && this.#isBehind()) return false;
      // What a mere wake-up announces is read ahead, below, where it may also wait.
      if (next.kind !== "output" && !this.#read(next.written, PIECE_BYTES)) return true;
      this.#waiting.shift();
      this.#done(next);
      return true;
    }
    // The order matters: who prints after the note was taken back wakes this thread again.
    Atomics.store(control, Word.woken, 0);
    const written = Atomics.load(control, Word.written);
    if (Atomics.load(control, Word.posted) !== this.#processed) return false; // the message wakes this thread when it comes
    Atomics.store(control, Word.held, 0); // a post that was terminated has counted bytes that never come
    if (written === Atomics.load(control, Word.read) || this.#isBehind()) return false;
    this.#read(written, PIECE_BYTES);
    return true;
  }

  #done(message: ToTransport): void {
    this.#processed = message.number;
    this.handlers.handle(message);
    const { control } = this.memory;
    Atomics.store(control, Word.processed, message.number);
    if (message.kind === "publish") Atomics.sub(control, Word.held, message.size);
    Atomics.notify(control, Word.processed);
  }

  #read(end: number, limit: number): boolean {
    return readOutput(this.memory, end, this.handlers.print, limit);
  }

  #isBehind(): boolean {
    if (!this.handlers.isBehind()) return false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#work(), BEHIND_MS);
    return true;
  }
}
