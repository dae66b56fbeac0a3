/** `{ a: 1, b: 2 }` as the last line of a cell is an object that is to be shown, although JavaScript reads a block there. */
import type TS from "typescript";
import type { CellDiagnostic } from "./tslab";

/** A place in a text, from 0. */
interface Place {
  readonly line: number;
  readonly character: number;
}

/** The source with its last object in parentheses; `opened` is where the first of them stands. The source as it is where it ends otherwise. */
export function withLastObject(ts: typeof TS, source: string): { source: string; opened?: Place } {
  if (!/^[^\S\n]*\{/m.test(source)) return { source };
  const parse = (text: string) =>
    ts.createSourceFile("cell.ts", text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS) as TS.SourceFile & {
      parseDiagnostics: readonly TS.Diagnostic[];
    };
  const file = parse(source);
  for (const node of file.statements) {
    if (!ts.isBlock(node)) continue;
    const start = node.getStart(file);
    const rest = parse("0?0:" + source.slice(start));
    const [only, other] = rest.statements;
    if (rest.parseDiagnostics.length > 0 || other !== undefined || only === undefined) continue;
    if (!ts.isExpressionStatement(only) || !ts.isConditionalExpression(only.expression)) continue;
    const { whenFalse } = only.expression;
    if (!ts.isObjectLiteralExpression(whenFalse)) continue;
    const end = start + whenFalse.getEnd() - "0?0:".length;
    return {
      source: `${source.slice(0, start)}(${source.slice(start, end)})${source.slice(end)}`,
      opened: file.getLineAndCharacterOfPosition(start),
    };
  }
  return { source };
}

/** A diagnostic of the changed source as one of the source that was written. */
export function asWritten(item: CellDiagnostic, opened: Place | undefined): CellDiagnostic {
  if (opened === undefined || item.fileName !== undefined) return item;
  const back = (place: CellDiagnostic["start"]) => {
    const isBehind = place.line > opened.line || (place.line === opened.line && place.character > opened.character);
    if (!isBehind) return place;
    return {
      offset: place.offset - 1,
      line: place.line,
      character: place.character - (place.line === opened.line ? 1 : 0),
    };
  };
  return { ...item, start: back(item.start), end: back(item.end) };
}
