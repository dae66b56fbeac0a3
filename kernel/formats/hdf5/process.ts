/** HDF5's library in a process of its own, which is limited in time and memory and ends when nobody asks. */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { throwIfStopped } from "../../bytes/pause";
import type { ByteSource } from "../../bytes/source";
import { CancelledError, FormatError, SourceError } from "../../errors";
import { quote } from "../json-reader";
import { FrameReader, frameOf, type Frame } from "./frames";
import type { Contents, Question, Reply } from "./messages";

/** Milliseconds for an answer, those apart in which the child waits for the file's bytes. */
const answerMs = 60_000;
/** Milliseconds that an idle child stays. */
const idleMs = 5_000;
/** MB of the child's heap; HDF5's memory, 512 MB at most, is apart. */
const heapMb = 512;

/** What the library needs beside the file. */
export interface ProcessOptions {
  /** Milliseconds for an answer; absent: a minute. */
  readonly answerMs?: number;
  /** Checks the file's bytes; runs once, before the first values. */
  check?(signal: AbortSignal | undefined): Promise<void>;
}

interface Child {
  readonly process: ChildProcess;
  readonly channel: Duplex;
}

/** A file as HDF5's library sees it. Questions are answered one by one; a child that was ended is started again by the next. */
export class Hdf5Process {
  private child: Child | undefined;
  private idle: NodeJS.Timeout | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private readonly answerMs: number;
  private isChecked = false;

  constructor(
    private readonly source: ByteSource,
    private readonly options: ProcessOptions = {},
  ) {
    this.answerMs = options.answerMs ?? answerMs;
  }

  /** What the file holds. `FormatError` for what the library does not read, `CancelledError` when `signal` fires, and whatever the source throws. */
  async contents(maxObjects: number, signal: AbortSignal | undefined): Promise<Contents> {
    const { byteLength } = this.source;
    const { json } = await this.ask({ ask: "contents", byteLength, maxObjects }, signal);
    return (json as { contents: Contents }).contents;
  }

  /** The bytes of a block of an array; errors as of `contents`. */
  async values(
    path: string,
    from: readonly number[],
    count: readonly number[],
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const { byteLength } = this.source;
    await this.check(signal);
    return (await this.ask({ ask: "values", byteLength, path, from, count }, signal)).bytes;
  }

  private async check(signal: AbortSignal | undefined): Promise<void> {
    if (this.isChecked) return;
    await this.options.check?.(signal);
    this.isChecked = true;
  }

  /** Ends the child; the next question starts another. */
  end(): void {
    clearTimeout(this.idle);
    this.child?.process.kill("SIGKILL");
    this.child?.channel.destroy();
    this.child = undefined;
  }

  private ask(question: Question, signal: AbortSignal | undefined): Promise<Frame> {
    const own = this.turn.then(() => this.answer(question, signal));
    this.turn = own.catch(() => undefined);
    return own;
  }

  private async answer(question: Question, signal: AbortSignal | undefined): Promise<Frame> {
    throwIfStopped(signal, `reading ${this.source.name}`);
    clearTimeout(this.idle);
    const child = (this.child ??= start());
    hold(child, true);
    try {
      const frame = await this.converse(child, question, signal);
      hold(child, false);
      this.idle = setTimeout(() => this.end(), idleMs).unref();
      return frame;
    } catch (error) {
      this.end();
      throw error;
    }
  }

  private converse(
    { process: child, channel }: Child,
    question: Question,
    signal: AbortSignal | undefined,
  ): Promise<Frame> {
    const { name } = this.source;
    return new Promise((resolve, reject) => {
      const frames = new FrameReader();
      let clock: NodeJS.Timeout | undefined;
      let left = this.answerMs;
      let since = 0;
      let isSettled = false;
      const wind = (): void => {
        if (isSettled) return;
        since = performance.now();
        clock = setTimeout(
          () => settle(this.fault(`HDF5's library has read for ${Math.round(this.answerMs / 1000)} seconds`)),
          Math.max(1, left),
        );
      };
      const stop = (): void => {
        clearTimeout(clock);
        left -= performance.now() - since;
      };
      const settle = (outcome: Frame | Error): void => {
        stop();
        isSettled = true;
        channel.off("data", take).off("error", gone).off("close", gone);
        child.off("error", failed);
        signal?.removeEventListener("abort", cancel);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const gone = (): void => settle(this.fault("HDF5's library broke down over it"));
      const failed = (cause: Error): void =>
        settle(new SourceError(name, `no process can be started to read it: ${cause.message}`, { cause }));
      const cancel = (): void => settle(new CancelledError(`reading ${name}`));
      const give = async ([start, end]: readonly [number, number]): Promise<void> => {
        stop();
        const bytes = await this.source.read(start, end, signal);
        if (isSettled) return;
        for (const part of frameOf({}, bytes)) channel.write(part);
        wind();
      };
      const take = (piece: Buffer): void => {
        try {
          for (const frame of frames.push(piece)) {
            const reply = frame.json as Reply;
            if ("want" in reply) give(reply.want).catch(settle);
            else if ("failed" in reply) settle(this.fault(`HDF5's library fails: ${quote(reply.failed)}`));
            else settle(frame);
          }
        } catch {
          gone();
        }
      };
      channel.on("data", take).on("error", gone).on("close", gone);
      child.on("error", failed);
      signal?.addEventListener("abort", cancel, { once: true });
      wind();
      for (const part of frameOf(question)) channel.write(part);
    });
  }

  private fault(problem: string): FormatError {
    return new FormatError(this.source.name, 0, problem, "a sound HDF5 file");
  }
}

function start(): Child {
  const process_ = spawn(process.execPath, [`--max-old-space-size=${heapMb}`, join(__dirname, "child.js")], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    // What this process was started with is no affair of the library's.
    env: Object.fromEntries(Object.entries(process.env).filter(([key]) => /^(SystemRoot|windir|TEMP|TMP)$/i.test(key))),
    windowsHide: true,
  });
  const channel = process_.stdio[3] as Duplex;
  // An error without a listener would end this process; whoever asks listens too.
  channel.on("error", () => undefined);
  process_.on("error", () => undefined);
  return { process: process_, channel };
}

/** While it is asked, a child keeps this process alive; an idle one does not. */
function hold({ process: child, channel }: Child, isAsked: boolean): void {
  const socket = channel as Duplex & { ref?(): void; unref?(): void };
  if (isAsked) {
    child.ref();
    socket.ref?.();
  } else {
    child.unref();
    socket.unref?.();
  }
}
