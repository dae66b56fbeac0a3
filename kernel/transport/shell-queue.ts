import type { Message } from "../protocol/message";
import { Fifo } from "./fifo";
import type { Publisher } from "./publisher";
import type { Reply, Request } from "./shared";

/** A request with the number under which both threads know it. Numbers grow in the order of arrival. */
export interface Numbered {
  readonly id: number;
  readonly message: Message;
}

/** How a request ended. */
export interface End {
  readonly request: number;
  readonly reply?: Reply;
  readonly abortQueued: boolean;
}

/** Requests that are given to the session one at a time and in order. It lives in the transport thread, so that a failed cell's queue is
 *  known in full even when the main thread was busy. */
export class ShellQueue {
  readonly #waiting = new Fifo<Numbered>();
  #running: Numbered | undefined;
  #stopped = false;

  /** `mayStart` holds the first of the queue back until `next` is called again; `onEnd` hears of each request that was answered. */
  constructor(
    private readonly publisher: Publisher,
    private readonly start: (request: Request, message: Message) => void,
    private readonly rules: { mayStart?(next: Numbered): boolean; onEnd?(done: Numbered): void } = {},
  ) {}

  get running(): Numbered | undefined {
    return this.#running;
  }

  /** The number of the oldest request that is not answered yet; undefined when there is none. */
  get oldest(): number | undefined {
    return (this.#running ?? this.#waiting.peek())?.id;
  }

  /** How many requests wait. */
  get length(): number {
    return this.#waiting.length;
  }

  add(request: Numbered): void {
    this.#waiting.push(request);
    this.next();
  }

  /** Answers the running request and starts the next one. */
  finish(end: End): void {
    const done = this.#running;
    if (done?.id !== end.request) return;
    if (end.reply)
      void this.publisher.reply("shell", done.message, end.reply.type, end.reply.content, end.reply.metadata);
    this.publisher.publishStatus("idle", this.publisher.parentOf(done.id));
    this.#running = undefined;
    if (end.abortQueued) this.#abort(done.message.header.session);
    this.rules.onEnd?.(done);
    this.next();
  }

  /** Starts no more requests. */
  stop(): void {
    this.#stopped = true;
  }

  /** Starts the first of the queue, if nothing runs and it may start. */
  next(): void {
    const next = this.#waiting.peek();
    if (!next || this.#running || this.#stopped || this.rules.mayStart?.(next) === false) return;
    this.#waiting.shift();
    this.#running = next;
    const { header, content, metadata, buffers } = next.message;
    this.publisher.publishStatus("busy", this.publisher.parentOf(next.id));
    this.start({ id: next.id, type: header.msg_type, content, metadata, buffers }, next.message);
  }

  /** Takes out all that waits. */
  clear(): Numbered[] {
    return this.#waiting.remove(() => false);
  }

  /** Answers the cells that `session` had queued behind a failed one as aborted; those of other clients go on. */
  #abort(session: string): void {
    const isKept = ({ message: { header } }: Numbered): boolean =>
      header.msg_type !== "execute_request" || header.session !== session;
    for (const one of this.#waiting.remove(isKept)) {
      const parent = this.publisher.parentOf(one.id);
      this.publisher.publishStatus("busy", parent);
      void this.publisher.reply("shell", one.message, "execute_reply", JSON.stringify({ status: "aborted" }));
      this.publisher.publishStatus("idle", parent);
      this.rules.onEnd?.(one);
    }
  }
}
