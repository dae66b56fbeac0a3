import { currentHost, type Progress } from "../host";

const pauseMilliseconds = 100;

/** Tells whoever watches how far the work is: at most ten times a second, never backwards, and always at the end. */
export class ProgressMeter {
  private done = 0;
  private lastReport = -Infinity;
  private readonly report: ((progress: Progress) => void) | undefined;

  /** `watcher` comes first; without one, the running cell's host is told. */
  constructor(
    private readonly task: string,
    private readonly total: number,
    watcher: ((progress: Progress) => void) | undefined,
  ) {
    const host = currentHost();
    this.report = watcher ?? (host.progress ? (progress) => host.progress?.(progress) : undefined);
  }

  /** `item` is in hand now. */
  begin(item: string): void {
    this.tell(item);
  }

  /** `weights` more are done. */
  advance(weights: number, item: string): void {
    this.done += weights;
    this.tell(item, this.done >= this.total);
  }

  private tell(item: string, always = false): void {
    const now = performance.now();
    if (!this.report || (!always && now - this.lastReport < pauseMilliseconds)) return;
    this.lastReport = now;
    this.report({ task: this.task, done: this.done, total: this.total, unit: "weights", item });
  }
}
