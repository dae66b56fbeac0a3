import { descendants, processTable, signalAll } from "./processes";
import { sparedChildren, Word, type SharedMemory } from "./shared";

/** Signals for a child that the main thread waits for, and the milliseconds after the interrupt at which each is sent. */
const SIGNALS: readonly [number, NodeJS.Signals][] = [
  [0, "SIGINT"],
  [1_000, "SIGTERM"],
  [3_000, "SIGKILL"],
];
const LOOK_MS = 50;

/** Stops the child for which the main thread waits (`execSync`, `spawnSync`), as the terminal's Ctrl-C does: while it waits, nothing else can
 *  reach the code that started it. */
export class ChildStopper {
  #timer: NodeJS.Timeout | undefined;

  /** `find` gives the child and its own children, without the `spared` ones, for which nobody waits. */
  constructor(
    private readonly memory: SharedMemory,
    private readonly find = (spared: ReadonlySet<number>): number[] => descendants(processTable(), process.pid, spared),
  ) {}

  /** Begins to stop the child, if one is waited for. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#go(Date.now(), 0);
  }

  /** Lets go. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #go(began: number, sent: number): void {
    const { control } = this.memory;
    if (Atomics.load(control, Word.waitsForChild) === 0) return;
    const due = SIGNALS.filter(([after]) => Date.now() - began >= after).length;
    if (due > sent) {
      const pids = this.find(sparedChildren(control));
      // Between the call and the child's birth there is nobody to signal yet.
      if (pids.length > 0) {
        signalAll(pids, SIGNALS[due - 1][1]);
        sent = due;
      }
    }
    this.#timer = setTimeout(() => this.#go(began, sent), LOOK_MS);
  }
}
