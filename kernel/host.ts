/** The seam between long work and whoever watches it. The library reports progress to, and takes its stop signal from,
 *  the current host: in a notebook the session sets one for each cell; in a script there is none and nothing happens.
 *  Options that a caller passes (`signal`, `onProgress`) come first. */
export interface Progress {
  /** What is being done, as a short phrase: "quantizing", "reading". */
  readonly task: string;
  /** Work finished and work in all, in the same unit (bytes, weights, layers). */
  readonly done: number;
  readonly total: number;
  readonly unit: "bytes" | "weights" | "layers" | "tokens" | "steps";
  /** What is in hand now, such as a layer's name. */
  readonly item?: string;
}

/** What came with a comm message: JSON data, metadata, and binary buffers. */
export interface CommMessage {
  data: unknown;
  metadata?: Record<string, unknown>;
  buffers?: Uint8Array[];
}

/** One end of a two-way channel between a cell and code in the front end. */
export interface Comm {
  readonly id: string;
  readonly target: string;
  /** Sends JSON data, and buffers as they are. Throws when the comm is closed. */
  send(data: unknown, metadata?: Record<string, unknown>, buffers?: Uint8Array[]): void;
  /** Called for every message of the other end; a later call replaces an earlier one. */
  onMessage(handler: (message: CommMessage) => void): void;
  /** Called once, when the other end closes. */
  onClose(handler: (message: CommMessage) => void): void;
  close(data?: unknown, metadata?: Record<string, unknown>, buffers?: Uint8Array[]): void;
}

/** The comms of a session (`Host.comm`). */
export interface CommHost {
  open(target: string, data?: unknown, metadata?: Record<string, unknown>, buffers?: Uint8Array[]): Comm;
  registerTarget(target: string, handler: (comm: Comm, openMessage: CommMessage) => void): void;
}

export interface Host {
  readonly signal?: AbortSignal;
  progress?(progress: Progress): void;
  /** Channels to code in the front end. */
  readonly comm?: CommHost;
}

let provider: () => Host = () => ({});

/** Called once by the session: `next` gives the host of the cell that is running. */
export function setHostProvider(next: () => Host): void {
  provider = next;
}

export function currentHost(): Host {
  return provider();
}
