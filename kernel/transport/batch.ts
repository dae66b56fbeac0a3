import type { StreamName } from "./ring";

/** Lines are gathered this long, or until there are this many characters, into one stream message: a front end takes
 *  thousands of messages a second at best, a cell prints millions of lines. */
export const BATCH_MS = 20;
export const BATCH_CHARACTERS = 1 << 16;

/** Gathers what cells print into few stream messages. Order is kept: text for another cell or the other stream sends
 *  what was gathered before, and so must whoever sends anything else (`flush`). */
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
