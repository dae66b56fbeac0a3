import type { MessagePort } from "node:worker_threads";
import type { TakenStreams } from "./descriptors";
import type { JsonObject } from "../protocol/message";

/** What the threads share, and what they say to each other. The main thread runs cells, and may be busy for hours; the
 *  transport thread owns the sockets and never waits for it. */

/** The words of the shared control block, by their indices. */
export const Word = {
  /** What the main thread is doing: a value of `Phase`. */
  phase: 0,
  /** Bytes written to and read from the output ring, modulo 2^32. */
  written: 1,
  read: 2,
  /** 1 while a wake-up for the ring is on its way to the transport thread. */
  woken: 3,
  /** Messages posted by the main thread. */
  posted: 4,
  /** Grows by one with every answer put on the stdin port. */
  answers: 5,
  /** 1 when the sockets are closed. */
  closed: 6,
  /** 1 from an interrupt until code that prints, shows or waits has seen it, or the main thread has answered. */
  interrupt: 7,
  /** Messages of the main thread that the transport thread has dealt with. */
  processed: 8,
  /** Bytes of displays and comm messages that the main thread posted and the transport thread has not dealt with. */
  held: 9,
  /** 1 while the main thread waits for a child (`execSync`). */
  waitsForChild: 10,
  /** How many children there are for which nobody waits, and after it their process ids. */
  spared: 11,
  count: 11 + 1 + 64,
} as const;

/** What the main thread is doing. Only code in phase `user` may be terminated: the compiler would be broken for good. */
export const Phase = { kernel: 0, user: 1 } as const;

/** Bytes of output that the ring holds until the transport thread takes them; a cell that prints faster waits. */
export const RING_BYTES = 1 << 22;

/** The control block and the ring. */
export interface SharedMemory {
  control: Int32Array;
  ring: Uint8Array;
}

/** Memory for the two threads, with a ring of `ringBytes` bytes. */
export function createSharedMemory(ringBytes = RING_BYTES): SharedMemory {
  return {
    control: new Int32Array(new SharedArrayBuffer(Word.count * 4)),
    ring: new Uint8Array(new SharedArrayBuffer(ringBytes)),
  };
}

/** Notes the children for which nobody waits: an interrupt of the wait for another one spares them. Past 64, the oldest are not noted. */
export function spareChildren(control: Int32Array, pids: readonly number[]): void {
  const noted = pids.slice(-(Word.count - Word.spared - 1));
  noted.forEach((pid, i) => Atomics.store(control, Word.spared + 1 + i, pid));
  Atomics.store(control, Word.spared, noted.length);
}

/** The children that `spareChildren` noted. */
export function sparedChildren(control: Int32Array): Set<number> {
  const count = Atomics.load(control, Word.spared);
  return new Set(Array.from({ length: count }, (_, i) => Atomics.load(control, Word.spared + 1 + i)));
}

/** A request of the shell channel, on its way to the session. */
export interface Request {
  /** Counts from 1; 0 stands for "no request". */
  id: number;
  type: string;
  content: JsonObject;
  metadata: JsonObject;
  buffers: Uint8Array[];
}

/** From the session to the transport. `number` is the count of messages posted so far, `written` the end of the ring
 *  at that moment: everything printed before this message is sent before it. */
export type ToTransport = { number: number; written: number } & (
  | {
      kind: "publish";
      request: number;
      type: string;
      content: string;
      metadata: string;
      buffers: Uint8Array[];
      /** Bytes of the message, for the count of what is held. */
      size: number;
    }
  | { kind: "finish"; request: number; reply?: Reply; abortQueued: boolean }
  | { kind: "input"; request: number; prompt: string; password: boolean }
  /** Cells answer comms to this target from now on. */
  | { kind: "target"; name: string }
  | { kind: "alive"; request: number }
  | { kind: "output" }
  /** Code beneath JavaScript may have written to the standard streams before this. */
  | { kind: "beneath" }
  | { kind: "signal" }
  | { kind: "exit"; lastWords: string | undefined }
);

/** A message for the transport, before it is numbered. */
export type TransportMessage = ToTransport extends infer T
  ? T extends object
    ? Omit<T, "number" | "written">
    : never
  : never;

/** The answer to a request: JSON texts. */
export interface Reply {
  type: string;
  content: string;
  metadata: string;
}

/** From the transport to the session. */
export type ToSession = ToKernel | { kind: "failed"; message: string };

/** What the session has to answer. */
export type ToKernel =
  | { kind: "request"; request: Request }
  /** Asks for the end of this cell. The session answers "alive" at once; one that does not is stuck, and is terminated. */
  | { kind: "interrupt"; request: number }
  /** Says that the running code was terminated; the session answers "alive". */
  | { kind: "terminated"; request: number }
  | { kind: "shutdown"; restart: boolean };

/** An answer on the stdin port. */
export type InputAnswer = { value: string } | { failure: "interrupted" | "unreachable" };

/** What the transport thread is started with. */
export interface TransportData {
  connectionFile: string;
  memory: SharedMemory;
  stdin: MessagePort;
  /** The pipes that took the place of the standard streams; absent: none did. */
  streams?: TakenStreams;
}
