/** The console and the standard streams of the process write to the output of the cell whose code calls them. Before the first cell they
 *  are the real ones. */
import { Console } from "node:console";
import { StringDecoder } from "node:string_decoder";
import type { CellContext } from "./context";
import { consoleTable, tableForms } from "../values/table";
import { mainGlobal, mainProcess } from "./realm";

type StreamName = "stdout" | "stderr";
type Done = (error?: Error | null) => void;

/** Text of what is written to one stream: bytes are UTF-8 unless another encoding is named, and a character whose bytes come in two writes stays
 *  whole. */
class WrittenText {
  private readonly decoder = new StringDecoder("utf8");

  of(chunk: unknown, encoding: unknown): string {
    if (typeof chunk === "string") return this.decoder.end() + chunk;
    const { buffer, byteOffset, byteLength } = chunk as Uint8Array;
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    const isOther = typeof encoding === "string" && Buffer.isEncoding(encoding) && !/^utf-?8$/i.test(encoding);
    return isOther ? this.decoder.end() + bytes.toString(encoding) : this.decoder.write(bytes);
  }
}

/** What `read` gives; nothing where the data that it looks at throw. */
function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Replaces console, process.stdout.write and process.stderr.write. `cellOf` gives the cell that is writing, if any. */
export class CellConsole {
  private readonly restored: (() => void)[] = [];
  private readonly console: Console;
  private depth = 0;

  constructor(private readonly cellOf: () => CellContext | undefined) {
    const isColoured = mainProcess.env.FORCE_COLOR !== undefined && mainProcess.env.FORCE_COLOR !== "0";
    this.console = new Console({
      stdout: this.sink("stdout"),
      stderr: this.sink("stderr"),
      ignoreErrors: false,
      colorMode: isColoured,
    });
    this.countGroups();
    this.showTables();
    this.replace(mainGlobal, "console", this.console);
    for (const name of ["stdout", "stderr"] as const) this.route(name);
  }

  /** Ends the console's groups that the last cell left open, so that they do not indent the next. */
  startCell(): void {
    while (this.depth > 0) this.console.groupEnd();
  }

  close(): void {
    for (const restore of this.restored.reverse()) restore();
  }

  private countGroups(): void {
    const { group, groupEnd } = this.console;
    this.console.group = (...label: unknown[]) => {
      this.depth++;
      group.apply(this.console, label);
    };
    this.console.groupCollapsed = this.console.group;
    this.console.groupEnd = () => {
      this.depth = Math.max(0, this.depth - 1);
      groupEnd.call(this.console);
    };
  }

  /** A table that fits the page, in the place of one of lines and corners that wraps. */
  private showTables(): void {
    const { table } = this.console;
    this.console.table = (data: unknown, names?: readonly string[]) => {
      const cell = this.cellOf();
      const view = cell === undefined || this.depth > 0 ? undefined : safely(() => consoleTable(data, names));
      if (cell !== undefined && view !== undefined) cell.output.display({ data: tableForms(view) });
      else table.call(this.console, data, names);
    };
  }

  /** The part of a stream that Console uses. */
  private sink(name: StreamName): NodeJS.WritableStream {
    const write = (text: string) => {
      const cell = this.cellOf();
      if (cell === undefined) return mainProcess[name].write(text);
      cell.output.stream(name, text);
      return true;
    };
    return {
      write,
      on: () => undefined,
      once: () => undefined,
      removeListener: () => undefined,
    } as unknown as NodeJS.WritableStream;
  }

  private route(name: StreamName): void {
    const stream = mainProcess[name];
    const original = stream.write.bind(stream) as (...all: unknown[]) => boolean;
    const texts = new WeakMap<CellContext, WrittenText>();
    const write = (chunk: unknown, encoding?: unknown, done?: Done): boolean => {
      const cell = this.cellOf();
      if (cell === undefined) return original(chunk, encoding, done);
      const text = texts.get(cell) ?? new WrittenText();
      texts.set(cell, text);
      cell.output.stream(name, text.of(chunk, encoding));
      const callback = typeof encoding === "function" ? (encoding as Done) : done;
      if (callback !== undefined) queueMicrotask(() => callback());
      return true;
    };
    this.replace(stream, "write", write);
  }

  private replace(target: object, name: string, value: unknown): void {
    const before = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, {
      value,
      writable: true,
      configurable: true,
      enumerable: before?.enumerable ?? false,
    });
    this.restored.push(() => {
      if (before === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, before);
    });
  }
}
