import type { Host, Progress } from "../host";
import type { TransportLine } from "../transport/line";
import { toJson } from "./json";
import type { CellOutput, CommHost, MimeBundle } from "./language/types";
import { ProgressDisplay } from "./progress";

/** Milliseconds after an interrupt in which what a cell starts still runs, for its clean-up; as for its awaits. */
const GRACE_MS = 1_000;

/** The cell was stopped by the interrupt button. */
export class Interrupted extends Error {
  constructor() {
    super("the cell was interrupted");
    this.name = "Interrupted";
  }
}

/** The front end that sent the cell cannot be asked for a line. */
export class InputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InputError";
  }
}

/** What a cell needs to know of the request that runs it. */
export interface CellOptions {
  /** It shows nothing (`silent` requests). */
  readonly quiet: boolean;
  /** Whoever sent it answers questions. */
  readonly allowInput: boolean;
  /** Stops the code that is running, and returns the reason: called where a print, a display or a wait sees an interrupt. */
  readonly stop?: () => Error;
}

/** One request that runs code: it takes the code's output, holds its stop signal, and hears of the progress of long work (`Host`). */
export class Cell implements CellOutput, Host {
  readonly #controller = new AbortController();
  readonly #progress: ProgressDisplay;
  #ended = false;
  #stoppedAt: number | undefined;
  /** Whether the cell has put out anything beside its progress. */
  #hasOutput = false;

  /** `request` is the number under which the transport knows it. */
  constructor(
    readonly request: number,
    private readonly line: TransportLine,
    readonly comm: CommHost,
    private readonly options: CellOptions,
  ) {
    this.#progress = new ProgressDisplay({
      display: (bundle, where) => this.#show(bundle, where),
      clear: (wait) => this.clear(wait),
      isAlone: () => !this.#hasOutput,
    });
  }

  /** It shows nothing. */
  get isQuiet(): boolean {
    return this.options.quiet;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  stream(name: "stdout" | "stderr", text: string): void {
    this.#hasOutput = true;
    if (this.options.quiet) this.#look();
    else this.line.print(this.request, name, text, this.#look);
  }

  display(bundle: MimeBundle, options: { displayId?: string; update?: boolean; metadata?: object } = {}): void {
    this.#hasOutput = true;
    this.#show(bundle, options);
  }

  #show(bundle: MimeBundle, options: { displayId?: string; update?: boolean; metadata?: object } = {}): void {
    const { displayId, update = false, metadata } = options;
    const content = {
      data: bundle.data,
      metadata: { ...bundle.metadata, ...metadata },
      transient: displayId === undefined ? {} : { display_id: displayId },
    };
    this.#send(update ? "update_display_data" : "display_data", content, bundle.buffers, this.#look);
  }

  clear(wait: boolean): void {
    this.#send("clear_output", { wait }, [], this.#look);
  }

  /** Sends a message of the kernel's to every front end as output of this cell. */
  publish(type: string, content: object, buffers: Uint8Array[] = []): void {
    this.#send(type, content, buffers);
  }

  input(prompt: string, password: boolean): string {
    if (!this.options.allowInput)
      throw new InputError("this cell cannot ask for input: whoever runs it said that nobody will answer");
    if (this.signal.aborted) throw new Interrupted();
    if (this.#ended) throw new InputError("this cell has ended: nobody waits for its questions any more");
    const answer = this.line.ask(this.request, String(prompt), password);
    if ("value" in answer) return answer.value;
    if (answer.failure === "interrupted") throw new Interrupted();
    throw new InputError("the front end that runs this cell does not listen for questions");
  }

  progress(progress: Progress): void {
    this.#progress.report(progress);
  }

  interrupt(reason: Error): void {
    this.#stoppedAt ??= performance.now();
    if (!this.signal.aborted) this.#controller.abort(reason);
  }

  /** True when an interrupt ended what the cell started at `time` (milliseconds of `performance.now`). */
  hasStopped(time: number): boolean {
    const stopped = this.#stoppedAt;
    return stopped !== undefined && (time < stopped || time > stopped + GRACE_MS);
  }

  /** The cell has ended; its timers may still print, and ask nothing any more. */
  end(): void {
    this.#ended = true;
    this.#progress.close();
  }

  /** Throws for an interrupt that the running code has not seen: once, so that clean-up may print. */
  readonly #look = (): void => {
    if (this.options.stop && !this.#ended && this.line.takeInterrupt()) throw this.options.stop();
  };

  #send(type: string, content: object, buffers: readonly Uint8Array[] = [], look?: () => void): void {
    if (!this.options.quiet)
      this.line.publish({ request: this.request, type, content: toJson(content), buffers }, look);
  }
}
