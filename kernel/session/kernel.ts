import { AsyncLocalStorage } from "node:async_hooks";
import { inspect } from "node:util";
import { clearAsyncStack, relaxAsyncChecks } from "./async-checks";
import { setHostProvider } from "../host";
import { codePointPosition, utf16Offset } from "../protocol/cursor";
import { isJsonObject, type JsonObject } from "../protocol/message";
import type { TransportLine } from "../transport/line";
import { Phase, type Request, type ToKernel } from "../transport/shared";
import { Cell, Interrupted } from "./cell";
import { Comms } from "./comms";
import { History } from "./history";
import { historyReply } from "./history-request";
import { runInterruptibly, type Stoppable } from "./interruptible-work";
import { toJson } from "./json";
import type { CellError, CellResult, Language } from "./language/types";
import { VariablesComm } from "./variables-comm";

/** Turns of the event loop after which a cell that was begun has run up to its first await. What is answered beside cells waits as long. */
const TURNS_OF_A_START = 3;

/** The life of a session: takes the requests of the shell channel from the transport, runs cells through the language, and answers. Cells come
 *  one at a time, except those of subshells; comms and questions of editors come while a cell awaits too. Knows nothing of sockets and nothing
 *  of TypeScript. */
export class Kernel {
  readonly #comms: Comms;
  readonly #variables: VariablesComm;
  readonly #history: History;
  readonly #context = new AsyncLocalStorage<Cell>();
  #language: Promise<Language>;
  #loaded: Language | undefined;
  #executionCount = 0;
  #latestCell: Cell;
  /** The number of the comm message that is being handled; messages that the handler sends at once are its answer. */
  #receiving: number | undefined;
  /** Pieces of the user's code that run or await. */
  #inUserCode = 0;
  #toSay: string | undefined;
  /** Handlers of comms whose promises have not settled. */
  readonly #handlers = new Set<(reason: Error) => void>();
  readonly #running = new Map<number, Stoppable>();

  constructor(
    private readonly line: TransportLine,
    language: Promise<Language>,
    private readonly options: {
      historyFolder: string;
      exit: (restart: boolean) => void;
      /** Hears of each cell before it runs. */
      noteCell?: (executionCount: number, code: string) => void;
      /** Hears of each cell that was interrupted. */
      interrupted?: (cell: Cell) => void;
    },
  ) {
    this.#comms = new Comms(
      (type, content, metadata, buffers) => {
        const cell = this.#context.getStore() ?? this.#latestCell;
        const request = this.#receiving ?? cell.request;
        line.publish({ request, type, content: toJson(content), metadata: toJson(metadata), buffers }, () =>
          this.throwIfInterrupted(),
        );
      },
      {
        run: (handler) => this.#handle(handler),
        answers: (name) => line.post({ kind: "target", name }),
      },
    );
    this.#variables = new VariablesComm(this.#comms, () => this.#loaded?.variables() ?? {});
    this.#history = new History(options.historyFolder);
    this.#latestCell = new Cell(0, line, this.#comms, { quiet: false, allowInput: false });
    relaxAsyncChecks();
    this.#language = language.then((loaded) => {
      setHostProvider(() => this.#context.getStore() ?? this.#latestCell);
      return (this.#loaded = loaded);
    });
  }

  /** Has the next cell that shows its output say something first. */
  sayBeforeNextCell(text: string): void {
    this.#toSay = text;
  }

  /** The cell that the running code belongs to, also in its timers and promises. */
  get currentCell(): Cell | undefined {
    return this.#context.getStore();
  }

  receive(message: ToKernel): void {
    switch (message.kind) {
      case "request":
        void this.#answer(message.request);
        break;
      case "terminated":
      case "interrupt":
        if (message.kind === "terminated") clearAsyncStack();
        this.line.post({ kind: "alive", request: message.request });
        this.#running.get(message.request)?.stop(message.kind, new Interrupted());
        this.#stopHandlers(new Interrupted());
        break;
      case "shutdown":
        this.#loaded?.close();
        this.options.exit(message.restart);
        break;
    }
  }

  async #answer(request: Request): Promise<void> {
    const replyType = request.type.replace(/_request$/, "_reply");
    let content: object | undefined;
    let metadata: object = {};
    let abortQueued = false;
    try {
      const language = await this.#language;
      if (request.type === "execute_request") {
        const started = new Date().toISOString();
        const end = await this.#execute(language, request);
        content = end.content;
        metadata = { started, dependencies_met: true, status: end.content.status };
        abortQueued = end.abortQueued;
      } else if (request.type.startsWith("comm_")) await this.#receiveComm(request);
      else content = await this.#replyTo(language, request);
    } catch (error) {
      content = { status: "error", ...describeError(error) };
    }
    this.line.post({
      kind: "finish",
      request: request.id,
      abortQueued,
      ...(content ? { reply: { type: replyType, content: toJson(content), metadata: toJson(metadata) } } : {}),
    });
  }

  async #execute(
    language: Language,
    request: Request,
  ): Promise<{ content: JsonObject & { status: string }; abortQueued: boolean }> {
    const { content } = request;
    const code = requireString(content, "code");
    const silent = content.silent === true;
    const stores = !silent && content.store_history !== false;
    if (stores) this.#executionCount += 1;
    const executionCount = this.#executionCount;
    const cell = new Cell(request.id, this.line, this.#comms, {
      quiet: silent,
      allowInput: content.allow_stdin === true,
      stop: () => this.#stopAll(),
    });
    if (!silent) this.#latestCell = cell;
    this.options.noteCell?.(executionCount, code);
    cell.publish("execute_input", { code, execution_count: executionCount });

    if (this.#toSay !== undefined && !silent) {
      cell.stream("stderr", this.#toSay);
      this.#toSay = undefined;
    }

    let expressions: JsonObject = {};
    const work = async (): Promise<CellResult> => {
      const result = await language.execute(code, { executionCount, silent, output: cell });
      if (result.status === "ok" && isJsonObject(content.user_expressions))
        expressions = await evaluateAll(language, content.user_expressions);
      return result;
    };
    const interrupt = (reason: Error): void => {
      this.options.interrupted?.(cell);
      cell.interrupt(reason);
      language.interrupt(reason);
    };
    let result = await this.#run<CellResult>(cell, () => this.#context.run(cell, work), interrupt);
    cell.end();
    if (result.status === "ok" && result.result) {
      const { data, metadata = {}, buffers } = result.result;
      try {
        cell.publish("execute_result", { data, metadata, execution_count: executionCount }, buffers);
      } catch (error) {
        result = { status: "error", ...describeError(error) };
      }
    }
    if (result.status === "error") {
      const { ename, evalue, traceback } = result;
      cell.publish("error", { ename, evalue, traceback });
    }
    if (!silent) this.#variables.refresh();
    if (stores && code.trim() !== "") this.#history.add(executionCount, code, resultText(result));
    return {
      content:
        result.status === "ok"
          ? {
              status: "ok",
              execution_count: executionCount,
              user_expressions: expressions,
              payload: result.payload ?? [],
            }
          : { ...result, execution_count: executionCount, user_expressions: {}, payload: [] },
      abortQueued: result.status === "error" && content.stop_on_error !== false,
    };
  }

  /** Runs code of the user's, so that it can be interrupted. `interrupt` stops it. */
  async #run<T>(cell: Cell, work: () => Promise<T>, interrupt: (reason: Error) => void): Promise<T | CellError> {
    const { outcome, stoppable } = runInterruptibly({
      request: cell.request,
      work,
      interrupt,
      setUserPhase: (user) => {
        this.#inUserCode += user ? 1 : -1;
        this.line.setPhase(this.#inUserCode > 0 ? Phase.user : Phase.kernel);
      },
    });
    this.#running.set(cell.request, stoppable);
    try {
      return await outcome;
    } catch (error) {
      return { status: "error", ...describeError(error) };
    } finally {
      this.#running.delete(cell.request);
    }
  }

  /** Throws where an interrupt came that the running code has not seen, and stops all code of the user's. */
  throwIfInterrupted(): void {
    if (this.#running.size > 0 && this.line.takeInterrupt()) throw this.#stopAll();
  }

  /** Stops all code of the user's, and returns the reason: called by code that saw the interrupt before its message came. */
  #stopAll(): Error {
    const reason = new Interrupted();
    for (const stoppable of this.#running.values()) stoppable.stop("interrupt", reason);
    this.#stopHandlers(reason);
    return reason;
  }

  #stopHandlers(reason: Error): void {
    for (const stop of [...this.#handlers]) stop(reason);
  }

  async #receiveComm(request: Request): Promise<void> {
    const cell = new Cell(request.id, this.line, this.#comms, { quiet: false, allowInput: false });
    await turns(this.#running.size > 0 ? TURNS_OF_A_START : 0);
    const work = (): Promise<undefined> => {
      this.#receiving = request.id;
      try {
        this.#comms.receive(request.type, request.content, request.metadata, request.buffers);
      } finally {
        this.#receiving = undefined;
      }
      return Promise.resolve(undefined);
    };
    const result = await this.#run(cell, work, (reason) => this.#stopHandlers(reason));
    this.#receiving = undefined; // a termination leaves out what is final
    cell.end();
    if (result) cell.stream("stderr", `Error in a comm's handler: ${result.ename}: ${result.evalue}\n`);
  }

  /** Runs the handler of a comm as a cell of its own, which prints where the cell that set it does: that one may have been interrupted. */
  #handle(handler: () => unknown): void {
    const origin = this.#context.getStore() ?? this.#latestCell;
    const cell = new Cell(origin.request, this.line, this.#comms, {
      quiet: origin.isQuiet,
      allowInput: false,
      stop: () => this.#stopAll(),
    });
    const apart = this.#loaded?.apart?.(cell);
    const stop = (reason: Error): void => {
      cell.interrupt(reason);
      apart?.stop(reason);
    };
    const end = (): void => {
      this.#handlers.delete(stop);
      cell.end();
    };
    this.#handlers.add(stop);
    let outcome: unknown;
    try {
      outcome = this.#context.run(cell, () => (apart ? apart.run(handler) : handler()));
    } finally {
      if (!isPromise(outcome)) end();
    }
    // A rejection is left to the language, which shows it in the cell.
    if (isPromise(outcome)) void outcome.then(end, end);
  }

  async #replyTo(language: Language, { type, content }: Request): Promise<object | undefined> {
    await turns(this.#running.size > 0 ? TURNS_OF_A_START : 0);
    switch (type) {
      case "complete_request": {
        const code = requireString(content, "code");
        const found = await language.complete(code, utf16Offset(code, position(content, code)));
        const start = codePointPosition(code, found.cursor_start);
        return { status: "ok", ...found, cursor_start: start, cursor_end: codePointPosition(code, found.cursor_end) };
      }
      case "inspect_request": {
        const code = requireString(content, "code");
        const detail = content.detail_level === 1 ? 1 : 0;
        const found = await language.inspect(code, utf16Offset(code, position(content, code)), detail);
        return { status: "ok", metadata: {}, ...found };
      }
      case "is_complete_request": {
        const answer = language.isComplete(requireString(content, "code"));
        return answer.status === "incomplete" ? { ...answer, indent: answer.indent ?? "" } : { status: answer.status };
      }
      case "history_request":
        return historyReply(this.#history, content);
      default:
        return undefined;
    }
  }
}

/** Lets the event loop turn. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise;
}

async function evaluateAll(language: Language, expressions: JsonObject): Promise<JsonObject> {
  const values: JsonObject = {};
  for (const [name, expression] of Object.entries(expressions))
    Object.defineProperty(values, name, {
      value: await language.evaluateExpression(String(expression)),
      enumerable: true,
    });
  return values;
}

function resultText(result: CellResult): string | undefined {
  const text = result.status === "ok" ? result.result?.data["text/plain"] : undefined;
  return typeof text === "string" ? text : undefined;
}

function requireString(content: JsonObject, name: string): string {
  const value = content[name];
  if (typeof value !== "string") throw new TypeError(`the request's "${name}" is not a string`);
  return value;
}

function position(content: JsonObject, code: string): number {
  const value = content.cursor_pos;
  return typeof value === "number" && value >= 0 ? value : codePointPosition(code, code.length);
}

function describeError(error: unknown): Omit<CellError, "status"> {
  const isError = error instanceof Error;
  const ename = isError ? error.name : "Error";
  const evalue = isError ? error.message : inspect(error);
  return { ename, evalue, traceback: [`${ename}: ${evalue}`] };
}
