/** Whether a console should run what was typed, or let the writer go on. */
import type TS from "typescript";

const indentUnit = "  ";

/** The codes of errors by which the text ended too early: an unterminated comment, template or regular expression. */
const unterminated = new Set([1010, 1160]);

/** The code of an unterminated string, which no further line can end. */
const openString = 1002;

/** Whether `code` is a whole cell, one that is to be continued, and with which indent, or one that no further line mends. */
export function completeness(
  ts: typeof TS,
  code: string,
): { status: "complete" | "incomplete" | "invalid"; indent?: string } {
  const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS) as TS.SourceFile & {
    parseDiagnostics: readonly TS.DiagnosticWithLocation[];
  };
  const end = code.trimEnd().length;
  const [first] = file.parseDiagnostics;
  if (first === undefined) return { status: "complete" };
  // The parser goes on after an error; the first one decides.
  const early = first.code !== openString && (first.start >= end || unterminated.has(first.code));
  if (!early) return { status: "invalid" };
  return { status: "incomplete", indent: indent(ts, code) };
}

/** Two spaces for every bracket that is still open where the text ends. */
function indent(ts: typeof TS, code: string): string {
  const scanner = ts.createScanner(ts.ScriptTarget.ES2022, true, ts.LanguageVariant.Standard, code);
  const kinds = ts.SyntaxKind;
  const opening = new Set([kinds.OpenBraceToken, kinds.OpenParenToken, kinds.OpenBracketToken]);
  const closing = new Set([kinds.CloseBraceToken, kinds.CloseParenToken, kinds.CloseBracketToken]);
  // Brackets opened on the same line indent once.
  let open: number[] = [];
  const lineOf = (position: number) => code.slice(0, position).split("\n").length;
  for (let kind = scanner.scan(); kind !== kinds.EndOfFileToken; kind = scanner.scan()) {
    if (opening.has(kind)) open.push(lineOf(scanner.getTokenPos()));
    else if (closing.has(kind)) open = open.slice(0, -1);
    else if (kind === kinds.NoSubstitutionTemplateLiteral && scanner.isUnterminated()) return "";
  }
  return indentUnit.repeat(new Set(open).size);
}
