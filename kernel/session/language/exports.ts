/** `export` has no meaning in a cell, yet cells are pasted from modules: it is taken away, with every position kept. */
import type TS from "typescript";

/** The source without its `export` words, each replaced by as many spaces. */
export function withoutExports(ts: typeof TS, source: string): string {
  if (!/\bexport\b/.test(source)) return source;
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  let text = source;
  const blank = (start: number, end: number, replacement = "") => {
    const kept = text.slice(start, end).replace(/[^\n\r]/g, " ");
    text = text.slice(0, start) + replacement + kept.slice(replacement.length) + text.slice(end);
  };
  for (const node of file.statements) {
    const start = node.getStart(file);
    if (ts.isExportDeclaration(node)) {
      const clause = node.exportClause;
      // export { a } from "m" becomes import { a } from "m": both words have six letters.
      if (node.moduleSpecifier !== undefined && clause !== undefined) blank(start, start + 6, "import");
      else blank(start, node.getEnd());
    } else if (ts.isExportAssignment(node)) {
      blank(start, node.expression.getStart(file));
    } else if (ts.canHaveModifiers(node)) {
      for (const modifier of ts.getModifiers(node) ?? []) {
        const isExport =
          modifier.kind === ts.SyntaxKind.ExportKeyword || modifier.kind === ts.SyntaxKind.DefaultKeyword;
        if (isExport) blank(modifier.getStart(file), modifier.getEnd());
      }
    }
  }
  return text;
}
