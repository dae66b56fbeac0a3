/** What people of IPython type: `%time expression`, `%%time`, `%who`, `!command`. Each line becomes TypeScript that does the same, on the same
 *  line and with every column of the reader's own code where it was. A line that is TypeScript already stays what it is: `!ready` is a
 *  negation where `ready` is a name, and a line may begin with the remainder operator.
 *
 *    %time f(x)         →  $time(f(x))             the clock starts when the name $time is read
 *    %time const y = 1  →  $time;const y = 1;$timed()
 *    %who               →  $who()
 *    !npm install d3    →  await $shell("npm install d3")
 */
import type TS from "typescript";

/** A cell whose magics are TypeScript. */
export interface Translated {
  readonly source: string;
  /** Whether the cell as a whole is timed (`%%time`). */
  readonly timed: boolean;
}

/** A magic that this kernel has not, in one sentence. */
export class UnknownMagic extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UnknownMagic";
  }
}

const hints: Readonly<Record<string, string>> = {
  whos: "%who lists the names, and the variables panel shows type, shape and size",
  timeit: "%time f() measures one run",
  pip: "!npm install NAME gets a package of npm, !pip install NAME one of Python",
  conda: "!conda install NAME asks a shell",
  cd: 'process.chdir("FOLDER") changes the folder',
  pwd: "process.cwd() is the folder",
  ls: "!ls lists the folder",
  env: "process.env holds the environment",
  run: 'await import("./file.ts") runs a file',
  load: 'await import("./file.ts") runs a file',
  bash: "a line that begins with ! goes to the shell",
  sh: "a line that begins with ! goes to the shell",
  html: "html`…` shows HTML",
  markdown: "markdown`…` shows Markdown",
  reset: "a restart of the kernel forgets all names",
};

function unknown(sign: string, word: string): UnknownMagic {
  const hint = hints[word] ?? "it has %time, %%time, %who and !command";
  return new UnknownMagic(`${sign}${word} is a magic of IPython that this kernel does not have: ${hint}`);
}

type Parsed = TS.SourceFile & { readonly parseDiagnostics: readonly TS.DiagnosticWithLocation[] };
const parse = (ts: typeof TS, text: string): Parsed =>
  ts.createSourceFile("cell.ts", text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS) as Parsed;

const timesTheCell = /^\s*%%time[ \t]*(?:\r?\n|$)/;

/** True for a cell in which a line begins as a magic does. */
export const mayHaveMagics = (code: string): boolean => /^[ \t]*(?:%%?[a-zA-Z]|![^\s=!(])/m.test(code);

/** The first place of a line at the outer level of the code that begins as a magic does, from `from` on. */
function nextMagic(ts: typeof TS, code: string, from: number): number | undefined {
  const pattern = /^[ \t]*(%{1,2}[a-zA-Z]|![^\s=!(])/gm;
  pattern.lastIndex = from;
  for (let match = pattern.exec(code); match !== null; match = pattern.exec(code)) {
    const at = match.index + match[0].length - match[1].length;
    if (isOuter(ts, code.slice(from, at))) return at;
  }
  return undefined;
}

/** Whether the place after `before` stands in no bracket, no template and no comment. */
function isOuter(ts: typeof TS, before: string): boolean {
  const probe = parse(ts, `${before}\n;"$here$";`);
  const last = probe.statements.at(-1);
  return (
    last !== undefined &&
    ts.isExpressionStatement(last) &&
    ts.isStringLiteral(last.expression) &&
    last.expression.text === "$here$"
  );
}

/** The first statement of `text`: where it ends, whether it is an expression, which names it uses, and whether it and the rest of its last
 *  line parse. */
function firstStatement(ts: typeof TS, text: string) {
  const file = parse(ts, text);
  const [statement] = file.statements;
  if (statement === undefined) return { end: text.length, isExpression: false, parses: false, names: [] };
  const isExpression = ts.isExpressionStatement(statement);
  const end = isExpression ? statement.expression.getEnd() : statement.getEnd();
  const lineEnd = end + (/^.*/.exec(text.slice(end))?.[0].length ?? 0);
  const parses = !file.parseDiagnostics.some(({ start }) => start <= lineEnd);
  const names = new Set<string>();
  const visit = (node: TS.Node): void => {
    const isProperty = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
    if (ts.isIdentifier(node) && !isProperty) names.add(node.text);
    node.forEachChild(visit);
  };
  // A line without a semicolon may hold a second statement, which the names of the first do not tell of.
  for (const node of file.statements) if (node.getStart(file) <= lineEnd) visit(node);
  return { end, isExpression, parses, names: [...names] };
}

/** Whether the cell declares the name at its outer level, or anywhere that comes near it. */
const declares = (source: string, name: string): boolean =>
  new RegExp(
    `\\b(?:const|let|var|function|class|enum|import)\\b[^=;\\n]*(?<![\\w$])${name.replace(/\$/g, "\\$")}(?![\\w$])`,
  ).test(source);

/** The cell with its magics as TypeScript. `isName` tells whether a name means something in the cell, for `!name`. Throws `UnknownMagic`. */
export function translateMagics(ts: typeof TS, code: string, isName: (name: string) => boolean): Translated {
  if (!mayHaveMagics(code)) return { source: code, timed: false };
  const whole = timesTheCell.exec(code);
  let source = whole === null ? code : whole[0].replace(/[^\r\n]/g, " ") + code.slice(whole[0].length);
  let from = 0;
  for (let at = nextMagic(ts, source, from); at !== undefined; at = nextMagic(ts, source, from)) {
    const line = /^.*/.exec(source.slice(at))?.[0] ?? "";
    const rest = source.slice(at);
    const text = source;
    const known = (name: string) => isName(name) || declares(text, name);
    const replacement = rest.startsWith("!")
      ? shellLine(ts, line, rest, known)
      : percentLine(ts, line, rest, source, known);
    if (replacement === undefined) from = at + line.length;
    else {
      source = source.slice(0, at) + replacement.text + source.slice(at + replacement.length);
      from = at + replacement.text.length;
    }
  }
  return { source, timed: whole !== null };
}

interface Replacement {
  readonly text: string;
  /** Characters of the source that it stands for. */
  readonly length: number;
}

/** `!command`; undefined for a negation. */
function shellLine(
  ts: typeof TS,
  line: string,
  rest: string,
  isName: (name: string) => boolean,
): Replacement | undefined {
  const { parses, names } = firstStatement(ts, rest);
  if (parses && (names.length === 0 || names.some(isName))) return undefined;
  return { text: `await $shell(${JSON.stringify(line.slice(1).trim())});`, length: line.length };
}

/** `%time …`, `%who`; undefined for a remainder; throws for any other. */
function percentLine(
  ts: typeof TS,
  line: string,
  rest: string,
  source: string,
  isName: (name: string) => boolean,
): Replacement | undefined {
  const [, sign = "", word = ""] = /^(%%?)([a-zA-Z_]\w*)/.exec(line) ?? [];
  // A line that goes on a calculation from the line before it is TypeScript as a whole.
  if (sign === "%" && isName(word) && parse(ts, source).parseDiagnostics.length === 0) return undefined;
  if (sign === "%%") {
    if (word !== "time") throw unknown(sign, word);
    throw new UnknownMagic(
      "%%time times a whole cell and stands alone on the cell's first line; %time times one statement",
    );
  }
  if (word === "who") {
    if (line.slice(4).trim() !== "") throw new UnknownMagic("%who lists all names and takes nothing more");
    return { text: "$who()", length: line.length };
  }
  if (word !== "time") throw unknown(sign, word);
  if (line.slice(5).trim() === "") throw new UnknownMagic("%time needs something to time, such as %time f()");
  const body = rest.slice("%time ".length);
  const { end, isExpression } = firstStatement(ts, body);
  const text = body.slice(0, end);
  return {
    text: isExpression ? `$time(${text})` : `$time;${text.replace(/;$/, "")};$timed()`,
    length: "%time ".length + end,
  };
}

/** The cell for the editor's questions: magics blanked, so that what stands after `%time` is code at its own place. */
export function blankMagics(code: string): string {
  if (!mayHaveMagics(code)) return code;
  return code.replace(
    /^([ \t]*)(%%?[a-zA-Z]+)/gm,
    (_, indent: string, magic: string) => indent + " ".repeat(magic.length),
  );
}
