import { readSync } from "node:fs";
import { Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";
import type { StreamName } from "./ring";

/** The most bytes that one `drain` takes: a child may write faster than this thread reads. */
const DRAIN_BYTES = 1 << 20;
const PIECE_BYTES = 1 << 16;
/** Milliseconds after which subscribers that were behind are looked at again. */
const BEHIND_MS = 5;

interface Stream {
  readonly name: StreamName;
  readonly descriptor: number;
  readonly decoder: StringDecoder;
  readonly socket: Socket;
}

/** What code beneath JavaScript writes to the standard streams (`takeStreams`), as text: a character whose bytes come in two writes stays whole. */
export class BeneathOutput {
  readonly #streams: Stream[];
  readonly #piece = Buffer.allocUnsafe(PIECE_BYTES);

  constructor(
    descriptors: { readonly stdout?: number; readonly stderr?: number },
    private readonly to: {
      print(stream: StreamName, text: string): void;
      /** True while subscribers are behind: then the writers wait. */
      isBehind(): boolean;
    },
  ) {
    const names = ["stdout", "stderr"] as const;
    this.#streams = names.flatMap((name) => {
      const descriptor = descriptors[name];
      return descriptor === undefined ? [] : this.#open(name, descriptor);
    });
  }

  /** Reads what was written so far, at most a megabyte of each stream. */
  drain(): void {
    for (const stream of this.#streams) {
      if (stream.socket.destroyed) continue;
      for (let left = DRAIN_BYTES; left > 0;) {
        const count = this.#read(stream.descriptor);
        if (count === 0) break;
        left -= count;
        this.#take(stream, this.#piece.subarray(0, count));
      }
    }
  }

  /** Reads no more. */
  close(): void {
    this.drain();
    for (const { socket } of this.#streams) socket.destroy();
  }

  #open(name: StreamName, descriptor: number): Stream {
    const socket = new Socket({ fd: descriptor, readable: true, writable: false });
    const stream = { name, descriptor, decoder: new StringDecoder("utf8"), socket };
    socket.on("data", (bytes) => {
      this.#take(stream, bytes);
      if (this.to.isBehind()) this.#wait(socket);
    });
    socket.on("error", () => socket.destroy());
    socket.unref();
    return stream;
  }

  #wait(socket: Socket): void {
    socket.pause();
    setTimeout(() => (this.to.isBehind() ? this.#wait(socket) : socket.resume()), BEHIND_MS);
  }

  #take({ name, decoder }: Stream, bytes: Buffer): void {
    const text = decoder.write(bytes);
    if (text !== "") this.to.print(name, text);
  }

  /** Bytes read; 0 where there are none now. */
  #read(descriptor: number): number {
    try {
      return readSync(descriptor, this.#piece);
    } catch {
      return 0;
    }
  }
}
