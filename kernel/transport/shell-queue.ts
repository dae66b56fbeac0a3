import type { Message } from "../protocol/message";
import type { Publisher } from "./publisher";
import type { Reply, Request } from "./shared";

/** The requests of the shell channel, given to the session one at a time and in order. It lives in the transport thread, so
 *  that a failed cell's queue is known in full even when the main thread was busy. */
export class ShellQueue {
  #waiting: { id: number; message: Message }[] = [];
  #running: { id: number; message: Message } | undefined;
  #count = 0;
  #stopped = false;

  constructor(
    private readonly publisher: Publisher,
    private readonly start: (request: Request) => void,
  ) {}

  get running(): { readonly id: number; readonly message: Message } | undefined {
    return this.#running;
  }

  /** The newest request that was started; 0 before the first. */
  latest = 0;

  add(message: Message): void {
    this.#count += 1;
    this.publisher.rememberParent(this.#count, message.header);
    this.#waiting.push({ id: this.#count, message });
    this.#next();
  }

  /** Answers the running request and starts the next one. */
  finish(end: { request: number; reply?: Reply; abortQueued: boolean }): void {
    const done = this.#running;
    if (done?.id !== end.request) return;
    if (end.reply)
      void this.publisher.reply("shell", done.message, end.reply.type, end.reply.content, end.reply.metadata);
    this.publisher.publishStatus("idle", this.publisher.parentOf(done.id));
    this.#running = undefined;
    if (end.abortQueued) this.#abort(done.message.header.session);
    this.#next();
  }

  /** Starts no more requests. */
  stop(): void {
    this.#stopped = true;
  }

  /** Answers the cells that `session` had queued behind a failed one as aborted; those of other clients go on. */
  #abort(session: string): void {
    const all = this.#waiting;
    const aborted = (message: Message): boolean =>
      message.header.msg_type === "execute_request" && message.header.session === session;
    this.#waiting = all.filter(({ message }) => !aborted(message));
    for (const { id, message } of all) {
      if (!aborted(message)) continue;
      const parent = this.publisher.parentOf(id);
      this.publisher.publishStatus("busy", parent);
      void this.publisher.reply("shell", message, "execute_reply", JSON.stringify({ status: "aborted" }));
      this.publisher.publishStatus("idle", parent);
    }
  }

  #next(): void {
    if (this.#running || this.#stopped) return;
    const next = this.#waiting.shift();
    if (!next) return;
    this.#running = next;
    this.latest = next.id;
    const { header, content, metadata, buffers } = next.message;
    this.publisher.publishStatus("busy", this.publisher.parentOf(next.id));
    this.start({ id: next.id, type: header.msg_type, content, metadata, buffers });
  }
}
