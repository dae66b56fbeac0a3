import type { Host, Progress } from "../host";
import type { TransportLine } from "../transport/line";
import type { CellOutput, CommHost, MimeBundle } from "./language/types";
import { ProgressDisplay } from "./progress";

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

/** JSON text of a message part. Big integers, which JSON lacks, become strings. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) => (typeof field === "bigint" ? String(field) : field)) ?? "null";
}

/** One request that runs code: it takes the code's output, holds its stop signal, and hears of the progress of long work (`Host`). */
export class Cell implements CellOutput, Host {
  readonly #controller = new AbortController();
  readonly #progress: ProgressDisplay;
  #ended = false;
  /** Whether the cell has put out anything beside its progress. */
  #hasOutput = false;

  /** `request` is the number under which the transport knows it. A `quiet` cell shows nothing (`silent` requests). */
  constructor(
    readonly request: number,
    private readonly line: TransportLine,
    readonly comm: CommHost,
    private readonly options: { quiet: boolean; allowInput: boolean },
  ) {
    this.#progress = new ProgressDisplay({
      display: (bundle, where) => this.#show(bundle, where),
      clear: (wait) => this.clear(wait),
      isAlone: () => !this.#hasOutput,
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  stream(name: "stdout" | "stderr", text: string): void {
    this.#hasOutput = true;
    if (!this.options.quiet) this.line.print(this.request, name, text);
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
    this.publish(update ? "update_display_data" : "display_data", content, bundle.buffers);
  }

  clear(wait: boolean): void {
    this.publish("clear_output", { wait });
  }

  /** Sends a message to every front end as output of this cell. */
  publish(type: string, content: object, buffers: Uint8Array[] = []): void {
    if (this.options.quiet) return;
    this.line.post({ kind: "publish", request: this.request, type, content: toJson(content), metadata: "{}", buffers });
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
    if (!this.signal.aborted) this.#controller.abort(reason);
  }

  /** The cell has ended; its timers may still print, and ask nothing any more. */
  end(): void {
    this.#ended = true;
    this.#progress.close();
  }
}
