import type { StreamName } from "./ring";

/** How long printed text is gathered into one stream message, in milliseconds: a front end takes thousands of messages a second at best,
 *  and a cell prints millions of lines. */
export const BATCH_MS = 20;
/** Printed characters that are sent at once without waiting for more. ZeroMQ keeps a thousand messages for a slow subscriber: what a cell
 *  printed before it was interrupted has all to be read first. */
export const BATCH_CHARACTERS = 1 << 14;

/** Gathers what cells print into few stream messages, in order: text of another cell or for the other stream first sends what was gathered.
 *  Whoever sends another message calls `flush` before. */
export class StreamBatch {
  #request = 0;
  #stream: StreamName = "stdout";
  #parts: string[] = [];
  #characters = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly send: (request: number, stream: StreamName, text: string) => void) {}

  add(request: number, stream: StreamName, text: string): void {
    if (request !== this.#request || stream !== this.#stream) this.flush();
    this.#request = request;
    this.#stream = stream;
    this.#parts.push(text);
    this.#characters += text.length;
    if (this.#characters >= BATCH_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#parts.length === 0) return;
    const text = this.#parts.join("");
    this.#parts = [];
    this.#characters = 0;
    this.send(this.#request, this.#stream, text);
  }
}
