import { currentHost, type Progress } from "../host";

const pauseMilliseconds = 100;

/** Reports how far work on weights, or on another unit, is: at most ten times a second, never backwards, and always at the end. */
export class ProgressMeter {
  private done = 0;
  private lastReport = -Infinity;
  private readonly report: ((progress: Progress) => void) | undefined;

  /** `total`: the number of weights, or of `unit`. Reports go to `watcher`, or, without one, to the running cell's host. */
  constructor(
    private readonly task: string,
    private readonly total: number,
    watcher: ((progress: Progress) => void) | undefined,
    private readonly unit: Progress["unit"] = "weights",
  ) {
    const host = currentHost();
    this.report = watcher ?? (host.progress ? (progress) => host.progress?.(progress) : undefined);
  }

  /** Says that work on `item` begins. */
  begin(item: string): void {
    this.tell(item);
  }

  /** Says that so many more, those of `item`, are done. */
  advance(count: number, item: string): void {
    this.done += count;
    this.tell(item, this.done >= this.total);
  }

  private tell(item: string, always = false): void {
    const now = performance.now();
    if (!this.report || (!always && now - this.lastReport < pauseMilliseconds)) return;
    this.lastReport = now;
    this.report({ task: this.task, done: this.done, total: this.total, unit: this.unit, item });
  }
}
