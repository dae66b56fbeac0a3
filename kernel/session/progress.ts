import { randomUUID } from "node:crypto";
import type { Progress } from "../host";
import type { CellOutput } from "./language/types";

/** Where the line appears. */
export interface ProgressOutput extends Pick<CellOutput, "display" | "clear"> {
  /** Whether the cell has shown nothing but this line. */
  isAlone(): boolean;
}

/** Milliseconds before the line is shown; shorter work shows nothing. */
const SHOW_AFTER_MS = 200;
/** Milliseconds between two updates: front ends drop the output of kernels that send many more than ten a second. */
const UPDATE_MS = 100;
const BAR_CHARACTERS = 24;

/** The progress of a cell's long work: one line with a bar, updated in place. When the cell ends it is taken away; where that would take other
 *  output along, it stays as a few words on what was done, because a front end cannot take away one output of several. */
export class ProgressDisplay {
  readonly #id = `codebook-progress-${randomUUID()}`;
  #task: string | undefined;
  #started = 0;
  #lastSent = 0;
  #shown = false;
  #closed = false;
  #latest: Progress | undefined;
  /** The last word of each task. Which of two that run together ends last is chance. */
  readonly #tasks = new Map<string, Progress>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly output: ProgressOutput,
    private readonly now: () => number = () => performance.now(),
  ) {}

  report(progress: Progress): void {
    if (this.#closed) return;
    const now = this.now();
    if (this.#task !== progress.task || progress.done < (this.#latest?.done ?? 0)) {
      if (!this.#shown && this.#task === undefined) this.#lastSent = now + SHOW_AFTER_MS - UPDATE_MS;
      this.#task = progress.task;
      this.#started = now;
    }
    this.#latest = progress;
    this.#tasks.set(progress.task, progress);
    const wait = this.#lastSent + UPDATE_MS - now;
    if (wait <= 0) this.#send(now);
    else this.#timer ??= setTimeout(() => this.#send(this.now()), wait).unref();
  }

  /** Takes the line away, or says in its place what was done. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    if (!this.#shown || !this.#latest) return;
    if (this.output.isAlone()) {
      this.output.clear(false);
      return;
    }
    const words = [...this.#tasks.values()].map(finishedText).sort().join(", ");
    const data = { "text/plain": words, "text/html": `<div>${escapeHtml(words)}</div>` };
    this.output.display({ data }, { displayId: this.#id, update: true });
  }

  #send(now: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#latest || this.#closed) return;
    const line = describeProgress(this.#latest, (now - this.#started) / 1000);
    const data = { "text/plain": progressText(line), "text/html": progressHtml(line) };
    this.output.display({ data }, { displayId: this.#id, update: this.#shown });
    this.#shown = true;
    this.#lastSent = now;
  }
}

/** What a progress line says. */
export interface ProgressLine {
  task: string;
  item: string;
  /** 0 … 1. */
  fraction: number;
  /** `37 %`, `12 of 74 layers`, `81 MB/s`, `3 s left`. */
  facts: string[];
}

/** `seconds`: time since the task began. The rate is the mean since then, and the time left follows from it. */
export function describeProgress(progress: Progress, seconds: number): ProgressLine {
  const { task, done, total, unit, item = "" } = progress;
  const fraction = total > 0 ? Math.min(Math.max(done / total, 0), 1) : 0;
  const facts = [`${Math.floor(fraction * 100)} %`];
  facts.push(
    unit === "bytes"
      ? `${amount(done, unit)} of ${amount(total, unit)}`
      : `${amount(done, "")} of ${amount(total, unit)}`,
  );
  const rate = seconds > 0 ? done / seconds : 0;
  if (rate > 0) {
    facts.push(`${amount(rate, unit)}/s`);
    if (fraction < 1) facts.push(`${duration((total - done) / rate)} left`);
  }
  return { task, item, fraction, facts };
}

/** What is left of a line: "quantizing: 74 layers", or where the work did not come to its end, how far it came. */
export function finishedText({ task, done, total, unit }: Progress): string {
  return done >= total
    ? `${task}: ${amount(total, unit)}`
    : `${task}: ended at ${amount(done, unit)} of ${amount(total, unit)}`;
}

/** The line as plain text. */
export function progressText({ task, item, fraction, facts }: ProgressLine): string {
  const full = Math.round(fraction * BAR_CHARACTERS);
  const bar = "█".repeat(full) + "░".repeat(BAR_CHARACTERS - full);
  return `${task} ${bar} ${facts.join(", ")}${item ? `: ${item}` : ""}`;
}

/** The line as HTML. */
export function progressHtml({ task, item, fraction, facts }: ProgressLine): string {
  const name = item ? ` <code>${escapeHtml(item)}</code>` : "";
  return (
    `<div><label>${escapeHtml(task)} <progress max="1" value="${fraction.toFixed(3)}"></progress></label> ` +
    `${escapeHtml(facts.join(", "))}${name}</div>`
  );
}

function amount(value: number, unit: string): string {
  const steps = ["", "k", "M", "G", "T"];
  let step = 0;
  let scaled = value;
  while (scaled >= 1000 && step < steps.length - 1) {
    scaled /= 1000;
    step++;
  }
  const digits = Number.isInteger(scaled) || scaled >= 100 ? 0 : 1;
  const number = scaled.toFixed(digits);
  if (unit === "bytes") return `${number} ${steps[step]}B`;
  return `${number}${steps[step] ? ` ${steps[step]}` : ""}${unit ? ` ${unit}` : ""}`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function escapeHtml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
