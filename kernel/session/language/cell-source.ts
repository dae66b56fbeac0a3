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
