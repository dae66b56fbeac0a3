/** What tslab's converter leaves out between a cell and the next: namespaces, and which of the user's files a file depends on. */
import type TS from "typescript";
import type { PublishedName } from "./emit";

/** `file` and the files of the user's that it imports, directly or through others. */
export function ownDependencies(ts: typeof TS, program: TS.Program, file: TS.SourceFile): string[] {
  const checker = program.getTypeChecker();
  const found = new Set<TS.SourceFile>();
  const add = (source: TS.SourceFile): void => {
    if (found.has(source)) return;
    found.add(source);
    const { imports = [] } = source as TS.SourceFile & { imports?: readonly TS.StringLiteralLike[] };
    for (const literal of imports) {
      const target = checker.getSymbolAtLocation(literal)?.declarations?.find(ts.isSourceFile);
      if (target !== undefined && !target.isDeclarationFile && !target.fileName.includes("/node_modules/")) add(target);
    }
  };
  add(file);
  return [...found].map(({ fileName }) => fileName);
}

/** tslab forgets the namespaces of earlier cells: they are carried over here, unless the cell declares the name anew. */
export function withNamespaces(
  ts: typeof TS,
  earlier: string,
  next: string,
  published: readonly PublishedName[],
): string {
  if (!/\bnamespace\b/.test(earlier)) return next;
  const redeclared = new Set(published.map(({ name }) => name));
  const file = ts.createSourceFile("earlier.d.ts", earlier, ts.ScriptTarget.ES2022, true);
  const kept = file.statements.filter(
    (node) => ts.isModuleDeclaration(node) && ts.isIdentifier(node.name) && !redeclared.has(node.name.text),
  );
  return next + kept.map((node) => node.getText(file) + "\n").join("");
}
