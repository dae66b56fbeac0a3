/** The process in which HDF5's library runs: whatever a file does to the library, it does it here, and whoever asked can end it. It sees no file
 *  of the machine: the bytes come from the process that started it, over descriptor 3, where questions arrive and answers go. */
import { readSync, writeSync } from "node:fs";
import { frameHeadBytes, frameLengths, frameOf, type Frame } from "./frames";
import { listContents, readBlock, type Library } from "./library";
import type { Question } from "./messages";

/** Memory that the library may take; a block of values is a sixteenth of it. */
const maxMemoryBytes = 512 * 1024 * 1024;
/** The file is read by windows of this size, of which the last few are kept: HDF5 asks for some tens of bytes at a time. */
const windowBytes = 64 * 1024;
const windowsKept = 64;
/** The most bytes that are asked for at once. */
const mostBytes = 8 * 1024 * 1024;
const channel = 3;

const bell = new Int32Array(new SharedArrayBuffer(4));

/** Runs a call of the descriptor; waits where it has nothing yet. */
function patiently(call: () => number): number {
  for (;;)
    try {
      return call();
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (code === "EOF") return 0;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(bell, 0, 0, 1);
    }
}

function receive(size: number): Buffer {
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let done = 0; done < size;) {
    const at = done;
    const count = patiently(() => readSync(channel, bytes, at, size - at, null));
    // Whoever asked is gone.
    if (count === 0) process.exit(0);
    done += count;
  }
  return bytes;
}

function receiveFrame(): Frame {
  const { json, bytes } = frameLengths(receive(frameHeadBytes));
  return { json: JSON.parse(receive(json).toString("utf8")), bytes: receive(bytes) };
}

function send(json: unknown, bytes?: Uint8Array): void {
  for (const part of frameOf(json, bytes))
    for (let done = 0; done < part.length;) {
      const at = done;
      done += patiently(() => writeSync(channel, part, at, part.length - at));
    }
}

const windows = new Map<number, Uint8Array>();

function fetchBytes(start: number, end: number): Uint8Array {
  send({ want: [start, end] });
  return receiveFrame().bytes;
}

function windowAt(start: number, byteLength: number): Uint8Array {
  const known = windows.get(start);
  if (known) return known;
  const bytes = fetchBytes(start, Math.min(byteLength, start + windowBytes));
  const [oldest] = windows.keys();
  if (windows.size >= windowsKept) windows.delete(oldest);
  windows.set(start, bytes);
  return bytes;
}

/** Fills `target` with the file's bytes from `position` on, as many as there are; returns how many. */
function readFile(target: Uint8Array, position: number, byteLength: number): number {
  const size = Math.max(0, Math.min(target.length, byteLength - position));
  for (let done = 0; done < size;) {
    const at = position + done;
    const left = size - done;
    const isLarge = left > windowBytes;
    const start = isLarge ? at : at - (at % windowBytes);
    const bytes = isLarge ? fetchBytes(at, at + Math.min(left, mostBytes)) : windowAt(start, byteLength);
    const part = bytes.subarray(at - start, at - start + left);
    target.set(part, done);
    done += part.length;
  }
  return size;
}

interface Memory {
  readonly buffer: ArrayBuffer;
  grow: (this: Memory, pages: number) => number;
}

/** Lets WebAssembly's memories grow up to the limit only: the library sees a failed allocation. */
function limitMemory(): void {
  const { prototype } = (globalThis as unknown as { WebAssembly: { Memory: { prototype: Memory } } }).WebAssembly
    .Memory;
  const { grow } = prototype;
  prototype.grow = function (this: Memory, pages: number): number {
    if (this.buffer.byteLength + pages * 65536 > maxMemoryBytes) throw new RangeError("the library has its memory");
    return grow.call(this, pages);
  };
}

async function main(): Promise<void> {
  limitMemory();
  const module = await import("h5wasm");
  const library = { module: await module.ready, File: module.File } as unknown as Library;
  let file: { readonly id: bigint; readonly byteLength: number } | undefined;
  for (;;) {
    const question = receiveFrame().json as Question;
    try {
      file ??= openFile(library, question.byteLength);
      if (question.ask === "contents") send({ contents: listContents(library, file.id, question.maxObjects) });
      else send({ values: true }, readBlock(library, file.id, question));
    } catch (error) {
      send({ failed: error instanceof Error ? error.message : String(error) });
    }
  }
}

function openFile({ module, File }: Library, byteLength: number): { id: bigint; byteLength: number } {
  const path = "/file.h5";
  const node = module.FS.createFile("/", "file.h5", {}, true, false);
  Object.defineProperty(node, "usedBytes", { get: () => byteLength });
  node.stream_ops = {
    ...node.stream_ops,
    read: (_: unknown, heap: Int8Array, offset: number, length: number, position: number) =>
      readFile(new Uint8Array(heap.buffer, heap.byteOffset + offset, length), position, byteLength),
  };
  const { file_id: id } = new File(path, "r");
  if (id <= 0n) throw new Error("HDF5's library does not open it");
  return { id, byteLength };
}

main().catch((error: unknown) => {
  send({ failed: error instanceof Error ? error.message : String(error) });
  process.exit(1);
});
