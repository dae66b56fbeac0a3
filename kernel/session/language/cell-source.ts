/** What a cell may say that a module may not, written so that a module says it. Every position stays. */
import type TS from "typescript";

/** A cell's text as the checker reads it. */
export interface CellSource {
  readonly text: string;
  /** Whether it holds JSX. */
  readonly isJsx: boolean;
  /** `declare module "name"` of a name that is no module: a script of its own, with everything at its place; empty without one. */
  readonly ambient: string;
}

type Parsed = TS.SourceFile & { parseDiagnostics: readonly TS.Diagnostic[] };

const parse = (ts: typeof TS, text: string, kind: TS.ScriptKind): Parsed =>
  ts.createSourceFile(
    kind === ts.ScriptKind.TSX ? "cell.tsx" : "cell.ts",
    text,
    ts.ScriptTarget.ESNext,
    true,
    kind,
  ) as Parsed;

/** Whether `text` is to be read as TypeScript with JSX: angle brackets mean a cast without it, an element with it. */
export function holdsJsx(ts: typeof TS, text: string): boolean {
  if (!/<[\p{L}_$>]/u.test(text)) return false;
  const errors = parse(ts, text, ts.ScriptKind.TS).parseDiagnostics.length;
  return errors > 0 && parse(ts, text, ts.ScriptKind.TSX).parseDiagnostics.length < errors;
}

const blanks = (text: string) => text.replace(/[^\n\r]/g, " ");

/** The cell `source`, whose `export` words are gone already. `isModule` says whether a name is that of a module. */
export function cellSource(ts: typeof TS, source: string, isModule: (name: string) => boolean): CellSource {
  const isJsx = holdsJsx(ts, source);
  let text = source;
  let ambient = "";
  if (/\bdeclare\s+module\b/.test(source)) {
    const file = parse(ts, source, isJsx ? ts.ScriptKind.TSX : ts.ScriptKind.TS);
    let at = 0;
    for (const node of file.statements) {
      if (!ts.isModuleDeclaration(node) || !ts.isStringLiteral(node.name) || isModule(node.name.text)) continue;
      const [start, end] = [node.getStart(file), node.getEnd()];
      ambient += blanks(source.slice(at, start)) + source.slice(start, end);
      text = text.slice(0, start) + blanks(source.slice(start, end)) + text.slice(end);
      at = end;
    }
  }
  return { text, isJsx, ambient };
}

/** Where the last statement is an object that TypeScript reads as a block, `{ a: 1, b: 2 }`: its place in `source`. */
export function objectAtEnd(ts: typeof TS, source: string): { start: number; end: number } | undefined {
  if (!/\}\s*$/.test(source)) return undefined;
  const last = parse(ts, source, ts.ScriptKind.TS).statements.at(-1);
  if (last === undefined || !ts.isBlock(last)) return undefined;
  const start = last.getStart();
  const end = source.trimEnd().length;
  const inner = source.slice(start, end);
  const wrapped = parse(ts, `(${inner})`, ts.ScriptKind.TS);
  const [only] = wrapped.statements;
  if (wrapped.parseDiagnostics.length > 0 || only === undefined || !ts.isExpressionStatement(only)) return undefined;
  const object = ts.isParenthesizedExpression(only.expression) ? only.expression.expression : only.expression;
  // `{ f(); }` is a block, though the parser takes it for an object with a method.
  if (!ts.isObjectLiteralExpression(object)) return undefined;
  if (object.properties.some((property) => ts.isMethodDeclaration(property) && property.body === undefined))
    return undefined;
  return /^\{\s*\}$/.test(inner) ? undefined : { start, end };
}
