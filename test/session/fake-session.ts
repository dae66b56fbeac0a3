/** A session whose transport and language are stand-ins: what it posts is kept, what its cells do is the test's. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setHostProvider } from "../../kernel/host";
import type { JsonObject } from "../../kernel/protocol/message";
import { Kernel } from "../../kernel/session/kernel";
import type { CellOutput, CellResult, Language } from "../../kernel/session/language/types";
import type { Publication, TransportLine } from "../../kernel/transport/line";
import type { InputAnswer, TransportMessage } from "../../kernel/transport/shared";

type Of<Kind extends TransportMessage["kind"]> = Extract<TransportMessage, { kind: Kind }>;
/** What a cell does. */
export type Run = (code: string, output: CellOutput) => CellResult | Promise<CellResult>;

/** A cell that went well and has no value. */
export const ok: CellResult = { status: "ok" };
const folders: string[] = [];

/** Removes what sessions left behind. Called after each test. */
export function forgetSessions(): void {
  folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  setHostProvider(() => ({}));
}

/** A session; `run` is what its language does with a cell, `more` replaces other parts of the language. */
export function session(run: Run = () => ok, more: Partial<Language> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "session-"));
  folders.push(folder);
  const posted: TransportMessage[] = [];
  const printed: [number, string, string][] = [];
  const phases: number[] = [];
  const exits: boolean[] = [];
  const executed: { executionCount: number; silent: boolean }[] = [];
  const asked: [number, string, boolean][] = [];
  const answer: { next: InputAnswer } = { next: { value: "an answer" } };
  const interrupts: Error[] = [];
  let closed = 0;
  const line = {
    post: (message: TransportMessage) => posted.push(message),
    publish: (message: Publication) =>
      posted.push({ kind: "publish", metadata: "{}", size: 0, ...message, buffers: [...(message.buffers ?? [])] }),
    takeInterrupt: () => false,
    print: (request: number, name: string, text: string) => printed.push([request, name, text]),
    ask: (...all: [number, string, boolean]) => (asked.push(all), answer.next),
    setPhase: (phase: number) => (phases.push(phase), 0),
  } as unknown as TransportLine;
  const language: Language = {
    execute: async (code, { output, ...cell }) => (executed.push(cell), run(code, output)),
    evaluateExpression: async (expression) => ({
      status: "ok",
      data: { "text/plain": `<${expression}>` },
      metadata: {},
    }),
    complete: async (_, cursor) => ({ matches: ["found"], cursor_start: cursor - 1, cursor_end: cursor, metadata: {} }),
    inspect: async (code, cursor, detail) => ({ found: true, data: { code, cursor, detail } }),
    isComplete: () => ({ status: "complete" }),
    interrupt: (reason) => interrupts.push(reason),
    variables: () => ({ variables: [], all: 0 }),
    close: () => closed++,
    ...more,
  };
  const kernel = new Kernel(line, Promise.resolve(language), {
    historyFolder: folder,
    exit: (restart) => exits.push(restart),
  });
  let count = 0;
  const start = (type: string, content: JsonObject, extra: { metadata?: JsonObject; buffers?: Uint8Array[] } = {}) => {
    const id = ++count;
    kernel.receive({ kind: "request", request: { id, type, content, metadata: {}, buffers: [], ...extra } });
    return id;
  };
  /** Waits until `count` cells have started. */
  const started = async (count: number): Promise<void> => {
    while (executed.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const finished = async (id: number): Promise<Of<"finish">> => {
    for (let i = 0; i < 500; i++) {
      const found = posted.find(
        (message): message is Of<"finish"> => message.kind === "finish" && message.request === id,
      );
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    throw new Error(`request ${id} was not finished`);
  };
  const ask = async (type: string, content: JsonObject, extra = {}) => {
    const end = await finished(start(type, content, extra));
    return { ...end, content: end.reply && (JSON.parse(end.reply.content) as JsonObject) };
  };
  const published = (type?: string) =>
    posted
      .filter(
        (message): message is Of<"publish"> =>
          message.kind === "publish" && (type === undefined || message.type === type),
      )
      .map(({ content, ...message }) => ({ ...message, content: JSON.parse(content) as JsonObject }));
  const run_ = (code: string, content: JsonObject = {}) => ask("execute_request", { code, ...content });
  return {
    kernel,
    start,
    started,
    finished,
    ask,
    run: run_,
    posted,
    published,
    printed,
    phases,
    exits,
    executed,
    asked,
    answer,
    interrupts,
    closed: () => closed,
  };
}
