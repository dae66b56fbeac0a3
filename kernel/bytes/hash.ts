import { createHash } from "node:crypto";
import { pause, throwIfStopped } from "./pause";
import type { ByteSource } from "./source";

/** Bytes hashed between two turns of the event loop: under 10 ms even without SHA instructions. */
const sliceBytes = 1024 * 1024;

/** How hashing is watched and stopped. */
export interface HashOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each slice with the bytes hashed so far. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** SHA-256 of the sources' bytes, one source after the other, in hex. Memory: one slice. */
export async function sha256(sources: readonly ByteSource[], options: HashOptions = {}): Promise<string> {
  const hash = createHash("sha256");
  const total = sources.reduce((sum, source) => sum + source.byteLength, 0);
  const buffer = new Uint8Array(Math.min(sliceBytes, total));
  let done = 0;
  for (const source of sources) {
    for (let start = 0; start < source.byteLength; start += sliceBytes) {
      const slice = buffer.subarray(0, Math.min(sliceBytes, source.byteLength - start));
      await source.readInto(slice, start, options.signal);
      hash.update(slice);
      done += slice.byteLength;
      options.onProgress?.(done, total);
      await pause();
      throwIfStopped(options.signal, `hashing ${source.name}`);
    }
  }
  return hash.digest("hex");
}

/** SHA-256 of bytes that come piece by piece, in hex. */
export async function sha256OfParts(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: { signal?: AbortSignal } = {},
): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of parts) {
    for (let start = 0; start < part.byteLength; start += sliceBytes) {
      hash.update(part.subarray(start, start + sliceBytes));
      await pause();
      throwIfStopped(options.signal, "hashing");
    }
  }
  return hash.digest("hex");
}
