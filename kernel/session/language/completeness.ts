/** Whether a console should run what was typed, or let the writer go on. */
import type TS from "typescript";

const indentUnit = "  ";

/** Codes that say "the text ended too early": something expected, an unterminated comment, template, or regular expression. */
const unterminated = new Set([1010, 1160]);

/** An unterminated string: its line has ended, so no further line helps. */
const openString = 1002;

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
  // The parser goes on after an error: what it met first decides.
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
