/** A front end for widgets: it keeps what the kernel sends, and sends what a test says. */
import { setHostProvider, type Comm, type CommMessage } from "../../kernel/host";

/** A message of the kernel's. */
export interface Sent {
  readonly id: string;
  readonly type: "open" | "message" | "close";
  readonly data: Record<string, unknown>;
  readonly metadata: Record<string, unknown>;
  readonly buffers: readonly Uint8Array[];
}

type Handler = (message: CommMessage) => void;

/** The front end. */
export class FrontEnd {
  readonly sent: Sent[] = [];
  private readonly handlers = new Map<string, { message?: Handler; close?: Handler }>();
  private readonly targets = new Map<string, (comm: Comm, opening: CommMessage) => void>();
  private count = 0;

  /** Makes it the one that the library speaks to. */
  constructor() {
    setHostProvider(() => ({
      comm: {
        open: (target, data, metadata = {}, buffers = []) => {
          const comm = this.comm(`m${++this.count}`, target);
          this.keep(comm.id, "open", data, metadata, buffers);
          return comm;
        },
        registerTarget: (target, handler) => void this.targets.set(target, handler),
      },
    }));
  }

  /** The state with which the model of this number was opened. */
  opened(id: string): Record<string, unknown> {
    const opening = this.sent.find((one) => one.id === id && one.type === "open");
    return opening?.data.state as Record<string, unknown>;
  }

  /** The messages for a model since it was opened, as data. */
  messages(id: string): Record<string, unknown>[] {
    return this.sent.filter((one) => one.id === id && one.type === "message").map(({ data }) => data);
  }

  /** Sends a message to a model. */
  send(id: string, data: unknown, buffers: Uint8Array[] = []): void {
    this.handlers.get(id)?.message?.({ data, buffers });
  }

  /** Changes a model's state, as a control does that the reader moves. */
  change(id: string, state: Record<string, unknown>): void {
    this.send(id, { method: "update", state, buffer_paths: [] });
  }

  /** Closes a model from here. */
  close(id: string): void {
    this.handlers.get(id)?.close?.({ data: {} });
  }

  /** Opens a comm to a target of the kernel's; its number. */
  open(target: string): string {
    const comm = this.comm(`f${++this.count}`, target);
    this.targets.get(target)?.(comm, { data: {} });
    return comm.id;
  }

  private keep(
    id: string,
    type: Sent["type"],
    data: unknown,
    metadata: Record<string, unknown>,
    buffers: Uint8Array[],
  ): void {
    // As JSON: what has none does not reach a front end.
    this.sent.push({ id, type, data: JSON.parse(JSON.stringify(data)) as Record<string, unknown>, metadata, buffers });
  }

  private comm(id: string, target: string): Comm {
    const own: { message?: Handler; close?: Handler } = {};
    this.handlers.set(id, own);
    return {
      id,
      target,
      send: (data, metadata = {}, buffers = []) => this.keep(id, "message", data, metadata, buffers),
      onMessage: (handler) => void (own.message = handler),
      onClose: (handler) => void (own.close = handler),
      close: (data = {}, metadata = {}, buffers = []) => this.keep(id, "close", data, metadata, buffers),
    };
  }
}
