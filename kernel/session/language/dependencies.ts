/** Which of the user's own files a file depends on: they are checked with it. */
import type TS from "typescript";

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
