import { Word, type SharedMemory } from "./shared";

/** Printed text goes from the main thread to the transport thread through a ring of shared bytes, not through messages:
 *  it costs a microsecond a line, and a cell that prints without end waits for the reader instead of filling the memory.
 *  A record: request (u32), stream (u32: 0 stdout, 1 stderr), length (u32), then that many bytes of UTF-8. */
const HEADER_BYTES = 12;
/** The most UTF-16 units of a record's text; each takes at most three bytes of UTF-8. */
const RECORD_UNITS = 1 << 16;
/** Milliseconds after which a writer that waits looks again, so that a reader that died does not keep it for ever. */
const WAIT_MS = 50;

/** A stream that cells print to. */
export type StreamName = "stdout" | "stderr";
const streams: readonly StreamName[] = ["stdout", "stderr"];

/** The main thread's end of the ring. */
export class OutputWriter {
  readonly #head = Buffer.alloc(HEADER_BYTES);

  constructor(
    private readonly memory: SharedMemory,
    private readonly wake: () => void,
  ) {
    if (memory.ring.length < RECORD_UNITS * 3 + HEADER_BYTES) throw new RangeError("the ring is shorter than a record");
  }

  /** Writes `text`; waits while the ring is full. After the sockets are closed, text is dropped. `look` is called before each piece, and while
   *  it waits; what it throws ends the writing. */
  write(request: number, stream: StreamName, text: string, look: () => void = () => undefined): void {
    for (let start = 0; start < text.length;) {
      let end = Math.min(start + RECORD_UNITS, text.length);
      if (end < text.length && (text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end--;
      this.#record(request, streams.indexOf(stream), Buffer.from(text.slice(start, end), "utf8"), look);
      start = end;
    }
  }

  #record(request: number, stream: number, bytes: Buffer, look: () => void): void {
    const { control, ring } = this.memory;
    look();
    const size = HEADER_BYTES + bytes.length;
    const written = Atomics.load(control, Word.written);
    for (;;) {
      const read = Atomics.load(control, Word.read);
      if (ring.length - ((written - read) >>> 0) >= size) break;
      if (Atomics.load(control, Word.closed)) return;
      this.#wakeReader();
      Atomics.wait(control, Word.read, read, WAIT_MS);
      look();
    }
    this.#head.writeUInt32LE(request, 0);
    this.#head.writeUInt32LE(stream, 4);
    this.#head.writeUInt32LE(bytes.length, 8);
    copyIn(ring, written >>> 0, this.#head);
    copyIn(ring, (written + HEADER_BYTES) >>> 0, bytes);
    Atomics.store(control, Word.written, (written + size) | 0);
    this.#wakeReader();
  }

  #wakeReader(): void {
    if (Atomics.exchange(this.memory.control, Word.woken, 1) === 0) this.wake();
  }
}

/** The transport thread's end of the ring: takes every record up to position `end` out of it, or at least `limit` bytes of them. Returns whether
 *  it came to the end. */
export function readOutput(
  memory: SharedMemory,
  end: number,
  take: (request: number, stream: StreamName, text: string) => void,
  limit = Infinity,
): boolean {
  const { control, ring } = memory;
  let read = Atomics.load(control, Word.read);
  const start = read;
  while (((end - read) | 0) > 0) {
    if (((read - start) | 0) >= limit) return false;
    const head = copyOut(ring, read >>> 0, HEADER_BYTES);
    const length = head.readUInt32LE(8);
    const text = copyOut(ring, (read + HEADER_BYTES) >>> 0, length).toString("utf8");
    read = (read + HEADER_BYTES + length) | 0;
    Atomics.store(control, Word.read, read);
    Atomics.notify(control, Word.read);
    take(head.readUInt32LE(0), streams[head.readUInt32LE(4)] ?? "stdout", text);
  }
  return true;
}

function copyIn(ring: Uint8Array, position: number, bytes: Uint8Array): void {
  const at = position % ring.length;
  const room = Math.min(bytes.length, ring.length - at);
  ring.set(bytes.subarray(0, room), at);
  if (room < bytes.length) ring.set(bytes.subarray(room), 0);
}

function copyOut(ring: Uint8Array, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  const at = position % ring.length;
  const room = Math.min(length, ring.length - at);
  bytes.set(ring.subarray(at, at + room), 0);
  if (room < length) bytes.set(ring.subarray(0, length - room), room);
  return bytes;
}
