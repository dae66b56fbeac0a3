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

export interface Host {
  readonly signal?: AbortSignal;
  progress?(progress: Progress): void;
}

let provider: () => Host = () => ({});

/** Called once by the session: `next` gives the host of the cell that is running. */
export function setHostProvider(next: () => Host): void {
  provider = next;
}

export function currentHost(): Host {
  return provider();
}
