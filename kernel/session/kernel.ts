import { AsyncLocalStorage } from "node:async_hooks";
import { inspect } from "node:util";
import { clearAsyncStack, relaxAsyncChecks } from "./async-checks";
import { setHostProvider } from "../host";
import { codePointPosition, utf16Offset } from "../protocol/cursor";
import { isJsonObject, type JsonObject } from "../protocol/message";
import type { TransportLine } from "../transport/line";
import { Phase, type Request, type ToKernel } from "../transport/shared";
import { Cell, toJson } from "./cell";
import { Comms } from "./comms";
import { History } from "./history";
import { historyReply } from "./history-request";
import { runInterruptibly, type Stoppable } from "./interruptible-work";
import type { CellError, CellResult, Language } from "./language/types";
import { VariablesComm } from "./variables-comm";

/** The life of a session: takes the requests of the shell channel one at a time from the transport, runs cells through
 *  the language, and answers. Knows nothing of sockets and nothing of TypeScript. */
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
  #running: Stoppable | undefined;

  constructor(
    private readonly line: TransportLine,
    language: Promise<Language>,
    private readonly options: { historyFolder: string; exit: (restart: boolean) => void },
  ) {
    this.#comms = new Comms((type, content, metadata, buffers) =>
      line.post({
        kind: "publish",
        request: this.#receiving ?? (this.#context.getStore() ?? this.#latestCell).request,
        type,
        content: toJson(content),
        metadata: toJson(metadata),
        buffers: [...buffers],
      }),
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

  receive(message: ToKernel): void {
    switch (message.kind) {
      case "request":
        void this.#answer(message.request);
        break;
      case "terminated":
      case "interrupt":
        if (message.kind === "terminated") clearAsyncStack();
        this.line.post({ kind: "alive", request: message.request });
        if (this.#running?.request === message.request) this.#running.stop(message.kind);
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
      } else if (request.type.startsWith("comm_")) await this.#receiveComm(language, request);
      else content = await this.#reply(language, request);
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
    });
    if (!silent) this.#latestCell = cell;
    cell.publish("execute_input", { code, execution_count: executionCount });

    let expressions: JsonObject = {};
    let result = await this.#run<CellResult>(language, cell, async () => {
      const result = await language.execute(code, { executionCount, silent, output: cell });
      if (result.status === "ok" && isJsonObject(content.user_expressions))
        expressions = await evaluateAll(language, content.user_expressions);
      return result;
    });
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

  /** Runs code of the user's, so that it can be interrupted. */
  async #run<T>(language: Language, cell: Cell, work: () => Promise<T>): Promise<T | CellError> {
    const { outcome, stoppable } = runInterruptibly({
      request: cell.request,
      work: () => this.#context.run(cell, work),
      interrupt: (reason) => {
        cell.interrupt(reason);
        language.interrupt(reason);
      },
      setUserPhase: (user) => void this.line.setPhase(user ? Phase.user : Phase.kernel),
    });
    this.#running = stoppable;
    try {
      return await outcome;
    } catch (error) {
      return { status: "error", ...describeError(error) };
    } finally {
      this.#running = undefined;
    }
  }

  async #receiveComm(language: Language, request: Request): Promise<void> {
    const cell = new Cell(request.id, this.line, this.#comms, { quiet: false, allowInput: false });
    const result = await this.#run<undefined>(language, cell, async () => {
      this.#receiving = request.id;
      this.#comms.receive(request.type, request.content, request.metadata, request.buffers);
      return undefined;
    });
    this.#receiving = undefined;
    cell.end();
    if (result) cell.stream("stderr", `Error in a comm's handler: ${result.ename}: ${result.evalue}\n`);
  }

  async #reply(language: Language, { type, content }: Request): Promise<object | undefined> {
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
