import type { MessagePort } from "node:worker_threads";
import type { Message } from "../protocol/message";
import type { Publisher } from "./publisher";
import { Word, type InputAnswer } from "./shared";

/** How often a question is tried, over two seconds in all: a client may connect its stdin socket late. */
const TRIES = 20;
const TRY_MS = 100;

/** Questions of a cell to the person at the notebook. The main thread sleeps until `answers` grows. */
export class StdinChannel {
  #asking: { readonly request: number; readonly from: Buffer } | undefined;

  constructor(
    private readonly publisher: Publisher,
    private readonly control: Int32Array,
    private readonly port: MessagePort,
  ) {}

  /** Asks the sender of the request `id`. */
  async ask({ id, message }: { id: number; message: Message }, prompt: string, password: boolean): Promise<void> {
    const asking = { request: id, from: sender(message) };
    this.#asking = asking;
    const content = JSON.stringify({ prompt, password });
    for (let attempt = 1; this.#asking === asking; attempt++) {
      try {
        await this.publisher.reply("stdin", message, "input_request", content);
        return;
      } catch {
        if (attempt === TRIES && this.#asking === asking) this.fail("unreachable");
        await new Promise((resolve) => setTimeout(resolve, TRY_MS));
      }
    }
  }

  /** An answer counts only from the client that was asked, and only while the question stands. */
  receive(message: Message): void {
    if (message.header.msg_type !== "input_reply" || !this.#asking?.from.equals(sender(message))) return;
    const { value } = message.content;
    this.#answer({ value: typeof value === "string" ? value : "" });
  }

  /** Ends a standing question without an answer. */
  fail(failure: "interrupted" | "unreachable"): void {
    if (this.#asking) this.#answer({ failure });
  }

  /** Answers a question that can be put to nobody, because the cell that asks has ended: the main thread waits for an answer. */
  refuse(): void {
    this.#answer({ failure: "unreachable" });
  }

  /** Ends the standing question of a request that has ended, and tells nobody. */
  forget(request: number): void {
    if (this.#asking?.request === request) this.#asking = undefined;
  }

  #answer(answer: InputAnswer): void {
    this.#asking = undefined;
    this.port.postMessage(answer);
    Atomics.add(this.control, Word.answers, 1);
    Atomics.notify(this.control, Word.answers);
  }
}

function sender(message: Message): Buffer {
  return Buffer.concat(message.identities);
}
