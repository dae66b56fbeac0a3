/** `error.stack` in the lines that were written: the frames of cells and of the user's files in TypeScript, none of the kernel and of Node's
 *  internals. What reads the stack of an error, be it the console, `util.inspect`, a logger or a traceback, reads this one. */
import path from "node:path";
import { kernelRoot } from "./packages";
import { mainGlobal } from "./realm";
import { originalPosition, sourceOf, type SourcePosition } from "./sources";

/** A call on the way to an error. */
export interface Frame {
  /** "at name (Cell [3], line 2)". */
  readonly text: string;
  /** Where it stands in what the user wrote. */
  readonly position?: SourcePosition;
}

/** This room, as it runs and (where Node maps positions of its own code back) as it was written. */
const sessionFolders = ["lib", "."].map((part) => path.join(kernelRoot, part, "kernel", "session") + path.sep);
const libraryFolder = path.join(kernelRoot, "lib", "kernel") + path.sep;
const compilerFolder = `${path.sep}tslab${path.sep}`;

/** "    at name (script:line:column)" → its parts. */
const framePattern = /^\s*at (?:(.*?) \()?((?:file:\/\/)?.*?):(\d+):(\d+)\)?$/;
/** "    at eval (eval at name (script:line:column), <anonymous>:1:7)" → the part of the call of eval. */
const evalPattern = /^(\s*at .*?)\(eval at .*?\(?([^()]*?:\d+:\d+)\)+, [^,]*:\d+:\d+\)$/;
/** What the functions that hold a cell or a file are called. */
const holder = /^(async )?(?:Object\.)?(?:<anonymous>|execute)$/;

/** The frames in the text of a stack that a reader wants to see; `keepLibrary` is false for errors whose message says all. */
export function readFrames(stack: string, keepLibrary: boolean): Frame[] {
  const frames: Frame[] = [];
  for (const written of stack.split("\n")) {
    if (!/^\s*at /.test(written)) continue;
    const line = written.replace(evalPattern, "$1($2)");
    const match = framePattern.exec(line);
    if (match === null) {
      if (!/\(<anonymous>\)$|\(native\)$|\(index \d+\)$/.test(line)) continue;
      frames.push({ text: line.trim() });
      continue;
    }
    const [, name = "", script = "", row = "0", column = "0"] = match;
    const isAsync = script.startsWith("async ");
    const file = isAsync ? script.slice("async ".length) : script;
    if (sourceOf(file) !== undefined) {
      const position = originalPosition(file, Number(row), Number(column));
      if (position === undefined) continue;
      const where = `${position.source.label}, line ${position.line}`;
      const from = ((isAsync ? "async " : "") + name.replace(holder, "$1")).trim();
      const isNamed = from !== "" && from !== "async";
      frames.push({
        text: isNamed ? `at ${from} (${where})` : ["at", from, where].filter(Boolean).join(" "),
        position,
      });
      continue;
    }
    if (isInternal(file)) continue;
    if (!keepLibrary && file.startsWith(libraryFolder)) continue;
    frames.push({ text: line.trim() });
  }
  // Built-in frames at the outer end belong to the kernel's call, not to the cell.
  while (frames.length > 0 && /\(<anonymous>\)$/.test(frames.at(-1)?.text ?? "")) frames.pop();
  return frames;
}

const isInternal = (file: string) =>
  file.startsWith("node:") || sessionFolders.some((folder) => file.startsWith(folder)) || file.includes(compilerFolder);

/** True for errors that the library raises on purpose: their message says all, so the library's own frames are left out. */
export function isDeliberate(error: unknown): boolean {
  try {
    const { code } = error as { code?: unknown };
    return typeof code === "string" && ["OPTION", "FORMAT", "SOURCE", "NON_FINITE", "CANCELLED"].includes(code);
  } catch {
    return false;
  }
}

interface Prepared {
  readonly stack: string;
  readonly frames: readonly Frame[];
}

const prepared = new WeakMap<object, Prepared>();

/** The frames of an error: those that were noted when its stack was first read, as long as that is still its stack. */
export function framesOf(error: object, stack: string): Frame[] {
  const known = prepared.get(error);
  return known?.stack === stack ? [...known.frames] : readFrames(stack, !isDeliberate(error));
}

/** What the JavaScript of a cell calls things → what the user called them: only what emit.ts cannot word rightly is left to this. */
export function inUsersWords(message: string): string {
  return message
    .replace(/\(0 ?, ?\$prev_([\p{ID_Continue}$]+)\.value\)/gu, "$1")
    .replace(/\$prev_([\p{ID_Continue}$]+)\.value/gu, "$1")
    .replaceAll("$cell.meta", "import.meta")
    .replaceAll("$cell.load(...)", "import(...)")
    .replaceAll("$cell.resume(...)", "(intermediate value)");
}

/** The first line of a stack: name and message. */
function headOf(error: object): string {
  try {
    return String(Error.prototype.toString.call(error));
  } catch {
    return "Error";
  }
}

/** The text of a stack, from the error and the calls that V8 recorded (`Error.prepareStackTrace`). */
function prepare(error: object, sites: readonly unknown[]): string {
  const head = inUsersWords(headOf(error));
  const recorded = sites.map((site) => `    at ${String(site)}`).join("\n");
  const frames = readFrames(recorded, !isDeliberate(error));
  // An error of the kernel itself, which no cell has a part in, is told as Node tells it.
  if (frames.length === 0) return sites.length === 0 ? head : `${head}\n${recorded}`;
  const stack = [head, ...frames.map(({ text }) => `    ${text}`)].join("\n");
  prepared.set(error, { stack, frames });
  return stack;
}

/** Calls that V8 records of an error: more than Node's ten, for the line of the cell lies beyond the calls inside a library. */
const recordedCalls = 50;

type Preparation = typeof prepare | undefined;
type ErrorClass = Record<"prepareStackTrace" | "stackTraceLimit", unknown>;

/** Makes every stack of the process one in the user's lines. What a cell or a package assigns to `Error.prepareStackTrace` comes before, until
 *  it is taken away again. The result restores what was. */
export function installStacks(): () => void {
  const errors = mainGlobal.Error as unknown as ErrorClass;
  const before = Object.getOwnPropertyDescriptor(errors, "prepareStackTrace");
  const limit = errors.stackTraceLimit;
  let theirs: Preparation;
  Object.defineProperty(errors, "prepareStackTrace", {
    configurable: true,
    enumerable: false,
    get: () => theirs ?? prepare,
    set: (next: unknown) => {
      theirs = typeof next === "function" && next !== prepare ? (next as Preparation) : undefined;
    },
  });
  errors.stackTraceLimit = recordedCalls;
  return () => {
    Reflect.deleteProperty(errors, "prepareStackTrace");
    if (before !== undefined) Object.defineProperty(errors, "prepareStackTrace", before);
    errors.stackTraceLimit = limit;
  };
}
