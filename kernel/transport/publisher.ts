import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import { encodeMessage } from "../protocol/frames";
import { PROTOCOL_VERSION, type Channel, type Header, type Message } from "../protocol/message";
import type { Signer } from "../protocol/signature";
import { StreamBatch } from "./batch";
import type { StreamName } from "./ring";
import { patientSend, SendQueue, type Sockets } from "./sockets";

/** How many requests' headers are kept, because timers of old cells may still print; past this number the oldest is forgotten. */
const REMEMBERED_PARENTS = 10_000;

/** How many messages for iopub may wait here before printed text is left in the ring. */
const FULL_QUEUE = 32;

/** What most messages are without: metadata as JSON, buffers, and the right to overtake. */
interface Extras {
  readonly metadata?: string;
  readonly buffers?: readonly Uint8Array[];
  readonly isFirst?: boolean;
}

/** Sends everything that leaves the kernel: signed, in order, with one queue for each socket. */
export class Publisher {
  readonly #queues: Record<Channel | "iopub", SendQueue>;
  readonly #session: string;
  readonly #username = safeUserName();
  readonly #parents = new Map<number, string>();
  readonly #batch = new StreamBatch((request, name, text) => this.#stream(request, name, text));

  constructor(
    sockets: Sockets,
    private readonly signer: Signer,
  ) {
    this.#session = signer.signs ? `${signer.ownSession}-${randomUUID()}` : randomUUID();
    this.#queues = {
      shell: new SendQueue((frames) => sockets.shell.send(frames)),
      control: new SendQueue((frames) => sockets.control.send(frames)),
      stdin: new SendQueue((frames) => sockets.stdin.send(frames)),
      iopub: new SendQueue(patientSend(sockets.iopub)),
    };
  }

  /** Output that names `request` belongs to this header from now on. */
  rememberParent(request: number, header: Header): void {
    this.#parents.set(request, JSON.stringify(header));
    if (this.#parents.size <= REMEMBERED_PARENTS) return;
    const oldest = this.#parents.keys().next().value;
    if (oldest !== undefined) this.#parents.delete(oldest);
  }

  /** No further output names `request`. */
  forgetParent(request: number): void {
    this.#batch.flush();
    this.#parents.delete(request);
  }

  parentOf(request: number): string {
    return this.#parents.get(request) ?? "{}";
  }

  print(request: number, name: StreamName, text: string): void {
    this.#batch.add(request, name, text);
  }

  /** True when subscribers are behind, so that printed text had better wait in the ring. */
  get behind(): boolean {
    return this.#queues.iopub.length > FULL_QUEUE;
  }

  /** Sends the printed text that was gathered. */
  flush(): void {
    this.#batch.flush();
  }

  /** Sends a message to every subscriber, after all that was printed before. */
  publish(
    type: string,
    parentHeader: string,
    content: string,
    options: { metadata?: string; buffers?: readonly Uint8Array[] } = {},
  ): void {
    this.#batch.flush();
    const topic = Buffer.from(`kernel.${this.#session}.${type}`);
    void this.#send("iopub", [topic], type, parentHeader, content, options);
  }

  /** Sends the first message to a new subscriber of `topic`, who was let in right now: before all that waits to be sent, which reaches it too. */
  welcome(topic: Uint8Array, subscription: string): Promise<void> {
    const content = JSON.stringify({ subscription });
    return this.#send("iopub", [topic], "iopub_welcome", "{}", content, { isFirst: true });
  }

  publishStatus(state: "starting" | "busy" | "idle", parentHeader: string): void {
    this.publish("status", parentHeader, JSON.stringify({ execution_state: state }));
  }

  /** Sends a message to the sender of `request`. On stdin it rejects when nobody listens there. */
  reply(
    channel: Channel,
    request: Pick<Message, "identities" | "header">,
    type: string,
    content: string,
    metadata = "{}",
  ): Promise<void> {
    return this.#send(channel, request.identities, type, JSON.stringify(request.header), content, { metadata });
  }

  /** Resolves when everything was handed to the sockets. */
  async drained(): Promise<void> {
    this.#batch.flush();
    await Promise.all(Object.values(this.#queues).map((queue) => queue.drained()));
  }

  #stream(request: number, name: StreamName, text: string): void {
    const content = JSON.stringify({ name, text });
    const topic = Buffer.from(`kernel.${this.#session}.stream.${name}`);
    void this.#send("iopub", [topic], "stream", this.parentOf(request), content);
  }

  #send(
    channel: Channel | "iopub",
    identities: readonly Uint8Array[],
    type: string,
    parentHeader: string,
    content: string,
    { metadata = "{}", buffers = [], isFirst = false }: Extras = {},
  ): Promise<void> {
    const header: Header = {
      msg_id: randomUUID(),
      session: this.#session,
      username: this.#username,
      date: new Date().toISOString(),
      msg_type: type,
      version: PROTOCOL_VERSION,
    };
    const frames = encodeMessage({ identities, header, parentHeader, metadata, content, buffers }, this.signer);
    const queue = this.#queues[channel];
    const sent = isFirst ? queue.sendFirst(frames) : queue.send(frames);
    // A client that is gone takes no answer; only the stdin channel needs to know that.
    return channel === "stdin" ? sent : sent.catch(() => undefined);
  }
}

function safeUserName(): string {
  try {
    return userInfo().username;
  } catch {
    return "kernel"; // a user id without a name, as in some containers
  }
}
