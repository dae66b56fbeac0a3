import { Router, XPublisher, type Socket } from "zeromq";
import type { Connection } from "../protocol/connection";
import { MAX_FRAME_BYTES } from "../protocol/frames";
import { Fifo } from "./fifo";

/** Milliseconds for which unsent messages are kept when the kernel ends. */
const LINGER_MS = 1_000;
/** How many messages are kept for a subscriber that reads slowly; past this number all output waits for it. */
const IOPUB_HIGH_WATER_MARK = 1_000;
const RETRY_MS = 2;
/** Milliseconds for which output waits for a slow subscriber. Then it counts as stuck, and for a while it alone loses the messages that it
 *  has no room for. */
const PATIENCE_MS = 3_000;
const IMPATIENT_MS = 30_000;
/** A subscription is a topic name. */
const MAX_SUBSCRIPTION_BYTES = 4_096;
const HEARTBEAT_BYTES = 4_096;

type Frames = (string | Uint8Array)[];

interface Waiting {
  readonly frames: Frames;
  readonly settle: (error?: unknown) => void;
}

/** Sends in order, one message at a time: a ZeroMQ socket of this binding takes one send at a time and refuses others. */
export class SendQueue {
  readonly #waiting = new Fifo<Waiting>();
  readonly #first = new Fifo<Waiting>();
  #sending = false;

  /** `transmit` hands a message to ZeroMQ. While it cannot, and `isOvertaken` says so, it may give false: the message is handed to it again after
   *  those that overtook it. */
  constructor(private readonly transmit: (frames: Frames, isOvertaken: () => boolean) => Promise<unknown>) {}

  /** Messages that are not handed to ZeroMQ yet. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Resolves when the message was handed to ZeroMQ; rejects when it could not be routed. */
  send(frames: Frames): Promise<void> {
    return this.#add(this.#waiting, frames);
  }

  /** Sends a message before all that waits, also before one that is tried again and again. */
  sendFirst(frames: Frames): Promise<void> {
    return this.#add(this.#first, frames);
  }

  #add(line: Fifo<Waiting>, frames: Frames): Promise<void> {
    return new Promise((resolve, reject) => {
      line.push({ frames, settle: (error) => (error === undefined ? resolve() : reject(error)) });
      if (!this.#sending) void this.#pump();
    });
  }

  /** Resolves when nothing waits any more. */
  async drained(): Promise<void> {
    while (this.#sending) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  async #pump(): Promise<void> {
    this.#sending = true;
    for (;;) {
      const line = this.#first.length > 0 ? this.#first : this.#waiting;
      const next = line.shift();
      if (!next) break;
      try {
        const sent = await this.transmit(next.frames, () => line === this.#waiting && this.#first.length > 0);
        if (sent === false) this.#waiting.unshift(next);
        else next.settle();
      } catch (error) {
        next.settle(error ?? new Error("not sent"));
      }
    }
    this.#sending = false;
  }
}

/** A publisher's `send` that waits for slow subscribers, so that a cell that prints without end neither loses lines nor
 *  fills the memory; but not for ever for one that does not read at all. */
export function patientSend(
  socket: { send(frames: Frames): Promise<void>; noDrop: boolean },
  now: () => number = () => performance.now(),
): (frames: Frames, isOvertaken?: () => boolean) => Promise<boolean> {
  let impatientUntil = -Infinity;
  let waits = true;
  return async (frames, isOvertaken = () => false) => {
    const started = now();
    for (;;) {
      const patient = now() >= impatientUntil;
      if (patient !== waits) socket.noDrop = waits = patient;
      try {
        await socket.send(frames);
        return true;
      } catch (error) {
        if (!patient || (error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      }
      if (now() - started > PATIENCE_MS) impatientUntil = now() + IMPATIENT_MS;
      else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      if (isOvertaken()) return false;
    }
  };
}

const ZMQ_SUBSCRIBE = 6;
const ZMQ_UNSUBSCRIBE = 7;

/** A publisher whose subscribers get nothing until their subscription is accepted. ZeroMQ accepts by itself as soon as it
 *  learns of one, which may be in the midst of a send: the subscriber's welcome would then come second. */
export class Iopub extends XPublisher {
  constructor(options: ConstructorParameters<typeof XPublisher>[0]) {
    super({ ...options, manual: true });
  }

  /** Lets the subscriber whose request was received last have the messages that begin with `topic`. Call it right after receiving: ZeroMQ forgets
   *  who that was as soon as it learns, in any later call, that some other subscriber went. */
  accept(topic: Uint8Array): void {
    this.setStringOption(ZMQ_SUBSCRIBE, Buffer.from(topic));
  }

  /** Sends the subscriber whose request was received last no messages that begin with `topic` any more. */
  dismiss(topic: Uint8Array): void {
    this.setStringOption(ZMQ_UNSUBSCRIBE, Buffer.from(topic));
  }
}

/** The five sockets of a kernel, bound. */
export interface Sockets {
  shell: Router;
  control: Router;
  stdin: Router;
  iopub: Iopub;
  heartbeat: Router;
}

/** The name of a socket. */
export type SocketName = keyof Sockets;

/** Creates and binds the five sockets; rejects when an address is taken. */
export async function bindSockets(connection: Connection): Promise<Sockets> {
  const common = {
    linger: LINGER_MS,
    ...(connection.curve
      ? {
          curveServer: true,
          curvePublicKey: connection.curve.publicKey,
          curveSecretKey: connection.curve.secretKey,
        }
      : {}),
  };
  const requests = { ...common, maxMessageSize: MAX_FRAME_BYTES, sendHighWaterMark: 0 };
  const sockets: Sockets = {
    shell: new Router(requests),
    control: new Router(requests),
    // Without any client a mandatory socket would wait for the first one: the question is to fail, and to be asked again.
    stdin: new Router({ ...requests, mandatory: true, sendTimeout: 0 }),
    iopub: new Iopub({
      ...common,
      maxMessageSize: MAX_SUBSCRIPTION_BYTES,
      sendHighWaterMark: IOPUB_HIGH_WATER_MARK,
      sendTimeout: 0,
      noDrop: true,
    }),
    heartbeat: new Router({ ...common, maxMessageSize: HEARTBEAT_BYTES }),
  };
  try {
    for (const [name, socket] of Object.entries(sockets) as [SocketName, Socket][])
      await socket.bind(address(connection, name));
  } catch (error) {
    closeSockets(sockets);
    throw error;
  }
  return sockets;
}

/** Closes the sockets. */
export function closeSockets(sockets: Sockets): void {
  for (const socket of Object.values(sockets) as Socket[]) socket.close();
}

function address({ transport, ip, ports }: Connection, name: SocketName): string {
  return transport === "tcp" ? `tcp://${ip}:${ports[name]}` : `ipc://${ip}-${ports[name]}`;
}
