/** The seam between long work and whoever watches it. The library reports progress to, and takes its stop signal from,
 *  the current host: in a notebook the session sets one for each cell; in a script there is none and nothing happens.
 *  Options that a caller passes (`signal`, `onProgress`) come first. */

/** How far a piece of work is. */
export interface Progress {
  /** What is being done, as a short phrase: "quantizing", "reading". */
  readonly task: string;
  /** Work finished and work in all, in the same unit (bytes, weights, layers). */
  readonly done: number;
  /** Work in all; `done` reaches it at the end. */
  readonly total: number;
  /** What `done` and `total` count. */
  readonly unit: "bytes" | "weights" | "layers" | "tokens" | "steps";
  /** What is in hand now, such as a layer's name. */
  readonly item?: string;
}

/** What came with a comm message: JSON data, metadata, and binary buffers. */
export interface CommMessage {
  /** Any JSON value. */
  data: unknown;
  /** JSON beside the data; absent: none. */
  metadata?: Record<string, unknown>;
  /** Binary buffers, as they came; absent: none. */
  buffers?: Uint8Array[];
}

/** One end of a two-way channel between a cell and code in the front end. */
export interface Comm {
  /** The channel's own number, alike at both ends. */
  readonly id: string;
  /** The name under which the other end registered. */
  readonly target: string;
  /** Sends JSON data, and buffers as they are. Throws when the comm is closed. */
  send(data: unknown, metadata?: Record<string, unknown>, buffers?: Uint8Array[]): void;
  /** Called for every message of the other end; a later call replaces an earlier one. */
  onMessage(handler: (message: CommMessage) => void): void;
  /** Called once, when the other end closes. */
  onClose(handler: (message: CommMessage) => void): void;
  /** Closes both ends, with a last message. */
  close(data?: unknown, metadata?: Record<string, unknown>, buffers?: Uint8Array[]): void;
}

/** The comms of a session (`Host.comm`). */
export interface CommHost {
  /** Opens a channel to code that the front end registered under `target`. */
  open(target: string, data?: unknown, metadata?: Record<string, unknown>, buffers?: Uint8Array[]): Comm;
  /** Lets the front end open channels to this cell under `target`; a later handler replaces an earlier one. */
  registerTarget(target: string, handler: (comm: Comm, openMessage: CommMessage) => void): void;
}

/** What surrounds a computation: in a notebook the running cell, elsewhere nothing. */
export interface Host {
  /** Aborted when the reader presses interrupt; absent outside cells. */
  readonly signal?: AbortSignal;
  /** Shows how far the work is. */
  progress?(progress: Progress): void;
  /** Shows something beside the result, in forms by MIME type. */
  display?(bundle: { readonly data: Readonly<Record<string, unknown>> }): void;
  /** Channels to code in the front end. */
  readonly comm?: CommHost;
}

let provider: () => Host = () => ({});

/** Called once by the session: `next` gives the host of the cell that is running. */
export function setHostProvider(next: () => Host): void {
  provider = next;
}

/** The surroundings of what runs now; an empty object outside cells. */
export function currentHost(): Host {
  return provider();
}
