/** One line that shows how far long work has come: what, how much, which layer, how long still. */
import { randomUUID } from "node:crypto";
import type { Progress } from "../../host";
import type { CellOutput } from "./types";

/** Work that ends sooner than this shows nothing. */
const patienceMilliseconds = 300;
const intervalMilliseconds = 100;
const barWidth = 24;

const duration = (seconds: number) =>
  seconds < 60
    ? `${Math.ceil(seconds)} s`
    : `${Math.floor(seconds / 60)} min ${String(Math.round(seconds % 60)).padStart(2, "0")} s`;

/** `quantizing ████████░░░░ 62 %  encoder.layer.3  4 s left`. `elapsed` in seconds. */
export function progressLine(progress: Progress, elapsed: number): string {
  const { task, done, total, item } = progress;
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
  const filled = Math.round(share * barWidth);
  const left = share > 0 && share < 1 ? `${duration((elapsed / share) * (1 - share))} left` : "";
  const bar = "█".repeat(filled) + "░".repeat(barWidth - filled);
  return [task, bar, `${Math.floor(share * 100)} %`, item ?? "", left].filter((part) => part !== "").join("  ");
}

/** The progress of one cell. The line is updated in place and is empty once the work is done. */
export class ProgressDisplay {
  private displayId: string | undefined;
  private task = "";
  private started = 0;
  private shownAt = 0;

  constructor(private readonly output: CellOutput) {}

  show(progress: Progress): void {
    const now = performance.now();
    if (progress.task !== this.task || progress.done === 0) {
      this.task = progress.task;
      this.started = now;
      this.shownAt = 0;
    }
    const isDone = progress.done >= progress.total;
    if (isDone) return this.clear();
    if (now - this.started < patienceMilliseconds || now - this.shownAt < intervalMilliseconds) return;
    this.shownAt = now;
    this.write(progressLine(progress, (now - this.started) / 1000));
  }

  /** Takes the line away: the work is done, or the cell is. */
  clear(): void {
    this.task = "";
    if (this.displayId !== undefined) this.write("");
  }

  private write(text: string): void {
    const update = this.displayId !== undefined;
    this.displayId ??= randomUUID();
    this.output.display({ data: { "text/plain": text } }, { displayId: this.displayId, update });
  }
}
