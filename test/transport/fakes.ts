/** Sockets that send nowhere: what goes out is kept, what comes in is put in by the test. */
import { randomUUID } from "node:crypto";
import type { Header, JsonObject, Message } from "../../kernel/protocol/message";
import { Signer } from "../../kernel/protocol/signature";
import type { Sockets } from "../../kernel/transport/sockets";

type Frames = readonly (string | Uint8Array)[];

/** A message that was sent, read again. */
export interface Sent {
  readonly identities: string[];
  readonly signature: string;
  readonly signed: string[];
  readonly type: string;
  readonly header: Header;
  readonly parent: JsonObject;
  readonly metadata: JsonObject;
  readonly content: JsonObject;
  readonly buffers: Uint8Array[];
}

export function readFrames(frames: Frames): Sent {
  const texts = frames.map((frame) => (typeof frame === "string" ? frame : Buffer.from(frame).toString()));
  const at = texts.indexOf("<IDS|MSG>");
  const signed = texts.slice(at + 2, at + 6);
  const [header, parent, metadata, content] = signed.map((text) => JSON.parse(text) as JsonObject);
  return {
    identities: texts.slice(0, at),
    signature: texts[at + 1],
    signed,
    type: String(header.msg_type),
    header: header as unknown as Header,
    parent,
    metadata,
    content,
    buffers: frames.slice(at + 6) as Uint8Array[],
  };
}

export class FakeSocket {
  readonly raw: Frames[] = [];
  readonly accepted: string[] = [];
  readonly dismissed: string[] = [];
  noDrop = true;
  closed = false;
  /** Set to make sends fail. */
  failure: Error | undefined;
  private readonly incoming: Buffer[][] = [];
  private waiting: { resolve: (frames: Buffer[]) => void; reject: (error: Error) => void } | undefined;

  get sent(): Sent[] {
    return this.raw.map(readFrames);
  }

  async send(frames: Frames): Promise<void> {
    if (this.failure) throw this.failure;
    this.raw.push(frames);
  }

  receive(): Promise<Buffer[]> {
    const next = this.incoming.shift();
    if (next) return Promise.resolve(next);
    return new Promise((resolve, reject) => (this.waiting = { resolve, reject }));
  }

  /** A message arrives. */
  arrive(frames: readonly Uint8Array[]): void {
    const own = frames.map((frame) => Buffer.from(frame));
    const { waiting } = this;
    this.waiting = undefined;
    if (waiting) waiting.resolve(own);
    else this.incoming.push(own);
  }

  accept(topic: Uint8Array): void {
    this.accepted.push(Buffer.from(topic).toString());
  }

  dismiss(topic: Uint8Array): void {
    this.dismissed.push(Buffer.from(topic).toString());
  }

  close(): void {
    this.closed = true;
    this.waiting?.reject(new Error("closed"));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer[]> {
    try {
      while (!this.closed) yield await this.receive();
    } catch (error) {
      if (!this.closed) throw error;
    }
  }
}

export interface FakeSockets {
  readonly shell: FakeSocket;
  readonly control: FakeSocket;
  readonly stdin: FakeSocket;
  readonly iopub: FakeSocket;
  readonly heartbeat: FakeSocket;
}

export function fakeSockets(): FakeSockets & { readonly all: Sockets } {
  const sockets = {
    shell: new FakeSocket(),
    control: new FakeSocket(),
    stdin: new FakeSocket(),
    iopub: new FakeSocket(),
    heartbeat: new FakeSocket(),
  };
  return { ...sockets, all: sockets as unknown as Sockets };
}

/** A message as a client sends it. */
export function request(type: string, content: JsonObject = {}, from = "client", session = from): Message {
  return {
    identities: [Buffer.from(from)],
    header: { msg_id: randomUUID(), session, username: "u", date: "", msg_type: type, version: "5.5" },
    parentHeader: {},
    metadata: {},
    content,
    buffers: [],
  };
}

/** The frames of a message, signed with `key`, or with the signature that is given. */
export function framesOf(message: Message, key: string, signature?: string): Uint8Array[] {
  const parts = [message.header, message.parentHeader, message.metadata, message.content].map((part) =>
    JSON.stringify(part),
  );
  const texts = ["<IDS|MSG>", signature ?? new Signer(key).sign(parts), ...parts];
  return [...message.identities, ...texts.map((text) => Buffer.from(text)), ...message.buffers];
}

/** Lets promises settle. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}
