/** The contract between a session (queue, sockets, messages) and the language that runs inside its cells. The session
 *  knows nothing of TypeScript and the language nothing of Jupyter's messages. Every offset is in UTF-16 code units. */

/** One value in several representations: MIME type → text, or plain JSON for `+json` types. `buffers` travel as they are. */
export interface MimeBundle {
  data: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  buffers?: Uint8Array[];
}

/** Where a cell's output goes. One object per cell: what a timer of an earlier cell prints still reaches that cell's. */
export interface CellOutput {
  stream(name: "stdout" | "stderr", text: string): void;
  /** Shows a bundle; with `update`, changes every display that was shown under `displayId` instead. */
  display(bundle: MimeBundle, options?: { displayId?: string; update?: boolean; metadata?: object }): void;
  /** Clears the cell's output, at once or (`wait`) when the next output comes. */
  clear(wait: boolean): void;
  /** Asks the person at the notebook for a line and blocks until it is there. Throws when the front end cannot ask. */
  input(prompt: string, password: boolean): string;
  /** Aborted when the cell is interrupted. */
  readonly signal: AbortSignal;
  readonly comm: CommHost;
}

/** What came with a comm message: JSON data, metadata, and binary buffers. */
export interface CommMessage {
  data: unknown;
  metadata?: Record<string, unknown>;
  buffers?: Uint8Array[];
}

/** One end of a two-way channel to the front end (`comm_open`, `comm_msg`, `comm_close`). */
export interface Comm {
  readonly id: string;
  readonly target: string;
  send(data: unknown, metadata?: Record<string, unknown>, buffers?: Uint8Array[]): void;
  /** Called for every message of the other end; a later call replaces an earlier one. */
  onMessage(handler: (message: CommMessage) => void): void;
  /** Called once when the other end closes. */
  onClose(handler: (message: CommMessage) => void): void;
  close(data?: unknown, metadata?: Record<string, unknown>, buffers?: Uint8Array[]): void;
}

/** The comms of a session. */
export interface CommHost {
  /** Opens a comm to the front end's `target`. */
  open(target: string, data?: unknown, metadata?: Record<string, unknown>, buffers?: Uint8Array[]): Comm;
  /** Lets the front end open comms to `target`. Registering again replaces. */
  registerTarget(target: string, handler: (comm: Comm, openMessage: CommMessage) => void): void;
}

/** An error as a front end shows it: class, message, and the lines of the traceback (which may hold ANSI colours). */
export interface CellError {
  status: "error";
  ename: string;
  evalue: string;
  traceback: string[];
}

/** How a cell ended. `result` is the last expression's value, absent when that is `undefined`. */
export type CellResult = { status: "ok"; result?: MimeBundle; payload?: unknown[] } | CellError;

/** The language inside a session's cells. */
export interface Language {
  /** Runs a cell. Never rejects. Another cell, of a subshell, may start while this one awaits. */
  execute(code: string, cell: { executionCount: number; silent: boolean; output: CellOutput }): Promise<CellResult>;
  /** Value of one expression over the session's variables (a front end's `user_expressions`). Never rejects. */
  evaluateExpression(
    expression: string,
  ): Promise<{ status: "ok"; data: Record<string, unknown>; metadata: object } | CellError>;
  complete(
    code: string,
    cursor: number,
  ): Promise<{ matches: string[]; cursor_start: number; cursor_end: number; metadata: object }>;
  /** Signature and documentation of the name at the cursor; detail 1 adds where it is declared. */
  inspect(code: string, cursor: number, detail: 0 | 1): Promise<{ found: boolean; data: Record<string, unknown> }>;
  /** Whether a console should run `code` on Enter, or go on to a next line with `indent`. */
  isComplete(code: string): { status: "complete" | "incomplete" | "invalid"; indent?: string };
  /** Makes a place for code that no cell started, such as the handler of a comm: what runs in it prints to `output`, and `stop` ends its awaits. */
  apart?(output: CellOutput): { run<T>(work: () => T): T; stop(reason: Error): void };
  /** Rejects what the running cells await with `reason` and stops their own async code at its next await. Code that is
   *  busy without awaiting is the session's to stop (Runtime.terminateExecution). */
  interrupt(reason: Error): void;
  /** The variables of the session, as a panel lists them: plain JSON. */
  variables(): object;
  /** Restores what was changed in the process (console, streams, module lookup) and frees the compiler. */
  close(): void;
}
