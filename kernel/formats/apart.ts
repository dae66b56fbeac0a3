/** Parsing of foreign bytes that may take long or grow: it runs on a thread of its own, which ends with the call's signal, and with its own
 *  limit of memory. Few bytes are parsed where they are, in milliseconds. What a parser gives is plain data, taken over in pieces. */
import { deserialize, serialize } from "node:v8";
import { pause, throwIfStopped } from "../bytes/pause";
import { FormatError, WorkerError } from "../errors";
import { WorkerPool } from "../threads/pool";
import { taskModule, type TaskModule } from "../threads/tasks";
import { transferring, type Transferring } from "../threads/transferring";
import { cut, joined } from "./plain-pieces";

/** Up to so many bytes are parsed on the thread that asks, in some 50 ms; headers of common models have a tenth of it. */
export const nearBytes = 1024 * 1024;
/** MB of memory for what a thread makes of foreign bytes: the longest header that is allowed needs half of it. */
const heapMegabytes = 2048;

/** What every parser is given. */
export interface Unparsed {
  /** They move to the thread where they are many: do not use them behind the call. */
  readonly bytes: Uint8Array;
  /** What errors call it. */
  readonly file: string;
}

/** The parser of a reader, which exports it as `tasks`: a thread loads the reader's file. */
export interface Parser<Argument extends Unparsed, Result> extends TaskModule<{
  readonly parse: (argument: Argument) => Transferring<Uint8Array[]>;
}> {
  /** The function itself. */
  readonly near: (argument: Argument) => Result;
}

/** What the reader at `path`, its own `__filename`, exports as `tasks`: a function that makes plain data of bytes. */
export function parser<Argument extends Unparsed, Result>(
  path: string,
  near: (argument: Argument) => Result,
): Parser<Argument, Result> {
  const parse = (argument: Argument): Transferring<Uint8Array[]> =>
    transferring(Array.from(cut(near(argument)), (piece): Uint8Array => serialize(piece)));
  return { ...taskModule(path, { parse }), near };
}

/** How a parse is run. */
export interface ApartOptions {
  /** Stops the parse, also in the midst of it. */
  readonly signal: AbortSignal | undefined;
  /** Bytes that are parsed where they are; by default `nearBytes`. */
  readonly near?: number;
  /** MB of the thread's heap; by default 2048. */
  readonly heap?: number;
}

/** What the parser makes of `argument`. `FormatError` for what breaks a rule, and for what takes more memory than a thread has; `CancelledError`
 *  when the signal fires. */
export async function parsedApart<Argument extends Unparsed, Result>(
  own: Parser<Argument, Result>,
  argument: Argument,
  { signal, near = nearBytes, heap = heapMegabytes }: ApartOptions,
): Promise<Result> {
  const { file } = argument;
  const label = `reading ${file}`;
  throwIfStopped(signal, label);
  if (argument.bytes.length <= near) return own.near(argument);
  const pool = new WorkerPool(1, { maxOldGenerationSizeMb: heap });
  try {
    const { buffer, length } = argument.bytes;
    const bytes =
      buffer instanceof ArrayBuffer && length === buffer.byteLength ? argument.bytes : argument.bytes.slice();
    const transfer = [bytes.buffer as ArrayBuffer];
    const options = { label, transfer, ...(signal && { signal }) };
    const pieces = await pool.run(own, "parse", { ...argument, bytes }, options);
    const turn = async (): Promise<void> => {
      await pause();
      throwIfStopped(signal, label);
    };
    const decode = (piece: Uint8Array): unknown => deserialize(piece);
    return (await joined(pieces, decode, turn)) as Result;
  } catch (error) {
    if (!(error instanceof WorkerError) || !isOutOfMemory(error.cause)) throw error;
    throw new FormatError(file, 0, `what it holds takes over ${heap} MB of memory`, "a smaller header", {
      cause: error,
    });
  } finally {
    await pool.close();
  }
}

const isOutOfMemory = (cause: unknown): boolean =>
  (cause as NodeJS.ErrnoException | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY";
