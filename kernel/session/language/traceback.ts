/** Errors as a notebook shows them: what went wrong, the lines of the cell where it did, and the calls that led there,
 *  in the TypeScript that was written. Frames of the kernel and of Node's internals are left out. */
import { inspect, stripVTControlCharacters, types } from "node:util";
import type { CellDiagnostic } from "./tslab";
import { mainGlobal } from "./realm";
import { sourceOf, type SourcePosition } from "./sources";
import { framesOf, inUsersWords, isDeliberate, type Frame } from "./stack";
import type { CellError } from "./types";

const red = (text: string) => `\u001b[31m${text}\u001b[39m`;
const dim = (text: string) => `\u001b[2m${text}\u001b[22m`;
const bold = (text: string) => `\u001b[1m${text}\u001b[22m`;

const maxFrames = 20;
const maxCauses = 5;

/** The lines around a position, the position's own marked, with a caret under its column. */
function excerpt({ source, line, column }: SourcePosition, length = 1): string[] {
  const rows = source.text.split("\n");
  const first = Math.max(1, line - 2);
  const last = Math.min(rows.length, line + 1);
  const width = String(last).length;
  const out: string[] = [];
  for (let row = first; row <= last; row++) {
    const text = (rows[row - 1] ?? "").replace(/\r$/, "").slice(0, 200);
    const number = String(row).padStart(width);
    out.push(row === line ? `${red(">")} ${number} | ${text}` : dim(`  ${number} | ${text}`));
    if (row === line && column <= text.length + 1) {
      const before = text.slice(0, column - 1).replace(/[^\t]/g, " ");
      const marks = "^".repeat(Math.max(1, Math.min(length, text.length - column + 1)));
      out.push(`  ${" ".repeat(width)} | ${before}${red(marks)}`);
    }
  }
  return out;
}

interface ErrorLike {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly stack?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  readonly code?: unknown;
}

const isError = (value: unknown): value is ErrorLike =>
  types.isNativeError(value) ||
  value instanceof mainGlobal.Error ||
  (typeof value === "object" &&
    value !== null &&
    "stack" in value &&
    typeof value.stack === "string" &&
    "message" in value);

/** `read()`, or `otherwise` when the property throws: a thrown value may be anything. */
function safely<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function describe(value: unknown): { ename: string; evalue: string } {
  if (safely(() => isError(value), false)) {
    const error = value as ErrorLike;
    const name = safely(() => error.name ?? (error as object).constructor.name, "Error");
    return { ename: String(name) || "Error", evalue: inUsersWords(safely(() => String(error.message ?? ""), "")) };
  }
  const kind = value === null ? "null" : typeof value;
  const text = typeof value === "string" ? value : safely(() => inspect(value, { showProxy: true }), kind);
  return { ename: kind === "object" || kind === "function" ? "Thrown value" : `Thrown ${kind}`, evalue: text };
}

/** The await at the top level of a cell that an error came through. Engines lose it from the stack where promises are raced. */
export interface Awaited {
  readonly script: string;
  /** Line of the await, from 1. */
  readonly line: number;
}

function addAwaited(frames: Frame[], { script, line }: Awaited): void {
  const source = sourceOf(script);
  if (source === undefined) return;
  const outermost = [`at ${source.label}, line `, `at async ${source.label}, line `];
  if (frames.some(({ text }) => outermost.some((start) => text.startsWith(start)))) return;
  const text = source.text.split("\n")[line - 1] ?? "";
  frames.push({
    text: `at async ${source.label}, line ${line}`,
    position: { source, line, column: text.search(/\S|$/) + 1 },
  });
}

/** Properties that a traceback tells in words of its own. */
const told = new Set(["name", "message", "stack", "cause", "errors", "error", "suppressed"]);

/** What an error carries besides (`code`, `path`, a status), as Node's console shows it; "" where there is nothing. */
function ownProperties(error: object): string {
  const shown: PropertyDescriptorMap = {};
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(error)))
    if (property.enumerable === true && !told.has(key) && property.value !== error) shown[key] = property;
  if (Object.keys(shown).length === 0) return "";
  return inspect(Object.defineProperties({}, shown), {
    depth: 1,
    maxArrayLength: 10,
    maxStringLength: 1000,
    showProxy: true,
  });
}

/** `seen` holds the errors on the way to this one, for causes may run in a circle. */
function traceLines(value: unknown, seen: readonly unknown[], awaited?: Awaited): string[] {
  const { ename, evalue } = describe(value);
  const lines = [`${bold(red(ename))}: ${evalue}`];
  if (!safely(() => isError(value), false)) return lines;
  const error = value as ErrorLike;
  const stack = safely(() => String(error.stack ?? ""), "");
  const frames = framesOf(error, stack);
  if (awaited !== undefined) addAwaited(frames, awaited);
  const position = frames.find((frame) => frame.position !== undefined)?.position;
  if (position !== undefined) {
    lines.push(`${bold(position.source.label)}, line ${position.line}`);
    lines.push(...excerpt(position));
  }
  lines.push(...frames.slice(0, maxFrames).map((frame) => dim("    " + frame.text)));
  if (frames.length > maxFrames) lines.push(dim(`    … ${frames.length - maxFrames} more`));
  // The message of an error of the library's holds all that its properties hold.
  const own = isDeliberate(error) ? "" : safely(() => ownProperties(error), "");
  if (own !== "") lines.push(own);
  const path = [...seen, value];
  if (path.length > maxCauses) return lines;
  const cause = safely(() => error.cause, undefined);
  if (cause !== undefined) addError(lines, "Caused by ", cause, path);
  const errors = safely(() => error.errors, undefined);
  if (Array.isArray(errors)) {
    for (const [index, one] of errors.slice(0, maxCauses).entries())
      addError(lines, `Error ${index + 1} of ${errors.length}: `, one, path);
    if (errors.length > maxCauses) lines.push(`… and ${errors.length - maxCauses} more errors`);
  }
  return lines;
}

/** Adds the lines of an error that another holds; nothing where it is on the way to that one. */
function addError(lines: string[], lead: string, value: unknown, seen: readonly unknown[]): void {
  if (seen.includes(value)) return;
  const [first = "", ...rest] = traceLines(value, seen);
  lines.push(lead + first, ...rest);
}

/** The answer of a cell that threw `value`. */
export function errorResult(value: unknown, awaited?: Awaited): CellError {
  return { status: "error", ...describe(value), traceback: traceLines(value, [], awaited) };
}

/** The same as text, for errors that no cell is waiting for. */
export function errorText(value: unknown): string {
  return traceLines(value, []).join("\n") + "\n";
}

/** The answer of a cell that was interrupted: it has no traceback, because nothing went wrong. */
export function interruptResult(reason: Error): CellError {
  const { ename, evalue } = describe(reason);
  return { status: "error", ename, evalue, traceback: [`${bold(red(ename))}: ${evalue}`] };
}

const maxDiagnostics = 10;

/** The answer of a cell that did not pass the type checker; `advise` says what can be done about a diagnostic. */
export function diagnosticResult(
  label: string,
  text: string,
  all: readonly CellDiagnostic[],
  advise: (item: CellDiagnostic) => string | undefined = () => undefined,
): CellError {
  // Where the text cannot be parsed, complaints about types follow from that mistake and are left out.
  const isSyntax = (item: CellDiagnostic) => item.code < 2000 && item.fileName === undefined;
  const diagnostics = all.some(isSyntax) ? all.filter(isSyntax) : all;
  // The checker explains in steps, each a diagnostic of its own at the same position: one entry for each.
  const entries: { head: CellDiagnostic; steps: string[] }[] = [];
  for (const item of diagnostics) {
    const last = entries.at(-1);
    const same = last?.head.start.offset === item.start.offset && last.head.end.offset === item.end.offset;
    if (last !== undefined && same && last.head.messageText !== item.messageText) last.steps.push(item.messageText);
    else entries.push({ head: item, steps: [] });
  }
  const lines: string[] = [];
  for (const { head, steps } of entries.slice(0, maxDiagnostics)) {
    const { line, character } = head.start;
    const where = `${head.fileName ?? label}, line ${line + 1}:${character + 1}`;
    lines.push(`${bold(where)} - ${red(`error TS${head.code}`)}: ${head.messageText}`);
    lines.push(...steps.map((step, depth) => "  ".repeat(depth + 1) + step));
    const advice = advise(head);
    if (advice !== undefined) lines.push(advice);
    if (head.fileName !== undefined) continue;
    const source = { label, text, map: "", linesBefore: 0, hiddenLines: 0 };
    const length = head.end.line === line ? head.end.character - character : 1000;
    lines.push(...excerpt({ source, line: line + 1, column: character + 1 }, length));
  }
  const more = entries.length - maxDiagnostics;
  if (more > 0) lines.push(`… and ${more} more`);
  const first = entries[0]?.head;
  const ename = first !== undefined && first.code < 2000 ? "SyntaxError" : "TypeScriptError";
  const position =
    first === undefined
      ? ""
      : `${first.fileName ?? label}, line ${first.start.line + 1}:${first.start.character + 1} - `;
  const advice = first && advise(first);
  const said = [first?.messageText ?? "the cell cannot be compiled", ...(advice === undefined ? [] : [advice])];
  const evalue = stripVTControlCharacters(position + said.join(" "));
  const count = entries.length > 1 ? `: ${entries.length} errors` : "";
  return { status: "error", ename, evalue, traceback: [bold(red(ename)) + count, ...lines] };
}
