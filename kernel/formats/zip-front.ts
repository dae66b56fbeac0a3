import { Readable } from "node:stream";
import { constants, createInflateRaw, inflateRawSync } from "node:zlib";
import type { ByteSource } from "../bytes/source";
import { CodebookError, FormatError } from "../errors";
import { quote } from "./json-reader";

/** The front of a deflated member of a zip archive, inflated without the rest: a member of gigabytes has a header of some hundred bytes. */

/** A deflate stream in a file. */
interface Deflated {
  readonly name: string;
  /** The file's byte where it begins. */
  readonly start: number;
  readonly storedBytes: number;
  /** What it inflates to. */
  readonly sizeBytes: number;
}

/** Stored bytes that are given to the inflater at a time. */
const feedBytes = 16 * 1024;

/** Stored bytes in which most headers lie; they inflate to half a megabyte at most. */
const briefBytes = 512;

/** The first `size` bytes of a deflated member, without its checksum: reads and inflates little more than they take. */
export async function readFront(
  source: ByteSource,
  member: Deflated,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { start, storedBytes } = member;
  const brief = await source.read(start, start + Math.min(briefBytes, storedBytes), signal);
  try {
    const front = inflateRawSync(brief, { finishFlush: constants.Z_SYNC_FLUSH });
    if (front.length >= size) return front.subarray(0, size);
  } catch {
    // What is wrong with it is told below.
  }
  return readLongFront(source, member, size, signal);
}

async function readLongFront(
  source: ByteSource,
  { name, start, storedBytes, sizeBytes }: Deflated,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const stored = async function* (): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < storedBytes; at += feedBytes)
      yield source.read(start + at, start + Math.min(storedBytes, at + feedBytes), signal);
  };
  const front = new Uint8Array(size);
  let filled = 0;
  const input = Readable.from(stored());
  const inflater = createInflateRaw({ chunkSize: feedBytes });
  input.on("error", (error) => inflater.destroy(error));
  try {
    for await (const chunk of input.pipe(inflater) as AsyncIterable<Uint8Array>) {
      const part = chunk.subarray(0, size - filled);
      front.set(part, filled);
      filled += part.length;
      if (filled === size) break;
    }
  } catch (cause) {
    if (cause instanceof CodebookError) throw cause;
    filled = -1;
  } finally {
    input.destroy();
    inflater.destroy();
  }
  if (filled < size)
    throw new FormatError(
      source.name,
      start,
      `${quote(name)} does not inflate to its ${sizeBytes} bytes`,
      "a sound deflate stream",
    );
  return front;
}
