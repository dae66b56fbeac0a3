import { AsyncResource } from "node:async_hooks";
import { randomUUID } from "node:crypto";
import type { JsonObject } from "../protocol/message";
import type { Comm, CommHost, CommMessage } from "./language/types";

type CommMessageType = "comm_open" | "comm_msg" | "comm_close";

/** Sends one comm message to the front ends. */
export type SendComm = (
  type: CommMessageType,
  content: JsonObject,
  metadata: Record<string, unknown>,
  buffers: readonly Uint8Array[],
) => void;

interface OpenComm {
  comm: Comm;
  message?: (message: CommMessage) => void;
  close?: (message: CommMessage) => void;
}

/** What surrounds the comms of a session. */
export interface CommSurroundings {
  /** Runs a handler that a cell set, in the asynchronous context of that cell, which may have been interrupted since. */
  run?(handler: () => unknown): void;
  /** Cells answer comms to this target from now on. */
  answers?(target: string): void;
}

/** The comms of a session, and the targets that front ends may open. A handler runs in the context of the cell that set it, so its output
 *  goes to that cell. */
export class Comms implements CommHost {
  readonly #open = new Map<string, OpenComm>();
  readonly #targets = new Map<string, (comm: Comm, message: CommMessage) => void>();

  constructor(
    private readonly send: SendComm,
    private readonly around: CommSurroundings = {},
  ) {}

  open(target: string, data: unknown = {}, metadata: Record<string, unknown> = {}, buffers: Uint8Array[] = []): Comm {
    const comm = this.#create(randomUUID().replace(/-/g, ""), target);
    this.send("comm_open", { comm_id: comm.id, target_name: target, data }, metadata, buffers);
    return comm;
  }

  registerTarget(target: string, handler: (comm: Comm, openMessage: CommMessage) => void): void {
    this.#targets.set(target, this.#bound(handler));
    this.around.answers?.(target);
  }

  /** Takes a comm message of a front end. An error of the user's handler is thrown as it is. */
  receive(type: string, content: JsonObject, metadata: JsonObject, buffers: Uint8Array[]): void {
    const id = content.comm_id;
    if (typeof id !== "string") return;
    const message: CommMessage = { data: content.data, metadata, buffers };
    if (type === "comm_open") {
      const target = typeof content.target_name === "string" ? content.target_name : "";
      const handler = this.#targets.get(target);
      if (!handler) {
        this.send("comm_close", { comm_id: id, data: {} }, {}, []);
        return;
      }
      const comm = this.#create(id, target);
      try {
        handler(comm, message);
      } catch (error) {
        comm.close();
        throw error;
      }
      return;
    }
    const open = this.#open.get(id);
    if (type === "comm_msg") open?.message?.(message);
    if (type === "comm_close") {
      this.#open.delete(id);
      open?.close?.(message);
    }
  }

  #bound<Values extends unknown[]>(handler: (...values: Values) => void): (...values: Values) => void {
    const { run } = this.around;
    return AsyncResource.bind((...values: Values) => (run ? run(() => handler(...values)) : handler(...values)));
  }

  #create(id: string, target: string): Comm {
    const comm: Comm = {
      id,
      target,
      send: (data, metadata = {}, buffers = []) => {
        if (!this.#open.has(id)) throw new Error(`the comm ${id} (${target}) is closed`);
        this.send("comm_msg", { comm_id: id, data }, metadata, buffers);
      },
      onMessage: (handler) => {
        open.message = this.#bound(handler);
      },
      onClose: (handler) => {
        open.close = this.#bound(handler);
      },
      close: (data = {}, metadata = {}, buffers = []) => {
        if (this.#open.delete(id)) this.send("comm_close", { comm_id: id, data }, metadata, buffers);
      },
    };
    const open: OpenComm = { comm };
    this.#open.set(id, open);
    return comm;
  }
}
