import { constants } from "node:os";
import { CancelledError } from "../errors";
import type { Progress } from "../host";
import { describeProgress, progressText } from "../session/progress";

const updateMilliseconds = 100;
/** Milliseconds before the line is shown; shorter work shows nothing. */
const showAfterMilliseconds = 300;

/** What `ProgressLine` writes to: a terminal. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** One line of a terminal that says how far the work is (bytes, speed, time left), written anew ten times a second and taken away at
 *  the end. Where the output is no terminal it writes nothing. */
export class ProgressLine {
  private readonly begun: number;
  private task: string | undefined;
  private taskBegun = 0;
  private last = -Infinity;
  private isShown = false;

  constructor(
    private readonly terminal: Terminal = process.stderr,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.begun = now();
  }

  readonly report = (progress: Progress): void => {
    if (!this.terminal.isTTY) return;
    const now = this.now();
    if (progress.task !== this.task) {
      this.task = progress.task;
      this.taskBegun = now;
    }
    if (now - this.begun < showAfterMilliseconds || now - this.last < updateMilliseconds) return;
    this.last = now;
    const line = progressText(describeProgress(progress, (now - this.taskBegun) / 1000));
    const most = Math.max(20, (this.terminal.columns ?? 80) - 1);
    this.terminal.write(`\r\x1b[K${[...printable(line)].slice(0, most).join("")}`);
    this.isShown = true;
  };

  clear(): void {
    if (this.isShown) this.terminal.write("\r\x1b[K");
    this.isShown = false;
  }
}

/** `text` without the characters that steer a terminal: names of layers and files come from foreign files. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Cf}/gu, "�");
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Runs work that shows its progress and that Ctrl-C stops. Stopped work ends at its next step; `left` is the
 *  sentence that says what it leaves behind, and the process ends with the exit code of the signal. */
export async function runLongWork<Result>(
  work: (options: { signal: AbortSignal; onProgress: (progress: Progress) => void }) => Promise<Result>,
  left = "nothing was written",
): Promise<Result | undefined> {
  const line = new ProgressLine();
  const stop = new AbortController();
  let stopped: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    stopped ??= signal;
    stop.abort();
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await work({ signal: stop.signal, onProgress: line.report });
  } catch (error) {
    if (stopped === undefined || !(error instanceof CancelledError)) throw error;
    process.exitCode = 128 + constants.signals[stopped];
    line.clear();
    console.error(`codebook: stopped; ${left}`);
    return undefined;
  } finally {
    line.clear();
    for (const signal of signals) process.off(signal, onSignal);
  }
}
