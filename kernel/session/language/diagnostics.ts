/** What the checker has against a cell, as far as it matters in a notebook, with what its writer can do. */
import type TS from "typescript";
import { isPage } from "./declarations";
import { isOwn } from "./files";
import { mainGlobal } from "./realm";
import type { CellDiagnostic } from "./tslab";

/** Codes of what is an error in a module and none in a cell. */
const harmless = new Set([
  2695, // The left side of a comma is unused: `a, b` as the last line shows b.
  7028, // An unused label.
  2669, // `declare global` outside a module; a cell is one as soon as it declares a name.
]);

/** What the checker says of `files` of the user's: their grammar, and where that is right, their types. */
export function diagnosticsOf(program: TS.Program, files: readonly TS.SourceFile[]): readonly TS.Diagnostic[] {
  const own = files
    .flatMap(({ fileName }) => program.getSourceFile(fileName) ?? [])
    .filter(({ fileName }) => isOwn(fileName));
  const grammar = own.flatMap((file) => [...program.getSyntacticDiagnostics(file)]);
  const found = grammar.length > 0 ? grammar : own.flatMap((file) => [...program.getSemanticDiagnostics(file)]);
  return found.filter(({ code }) => !harmless.has(code));
}

/** Codes that say that a module is not there, or has no types. */
const unknownModule = new Set([2307, 2732, 2792, 7016]);

/** Codes that say that a name is not there. */
const unknownName = new Set([2304, 2503, 2552, 2580, 2581, 2582, 2583, 2584, 2592, 2593, 2868]);

/** What Node has although the checker does not know it. */
export interface Unknown {
  readonly modules: readonly string[];
  readonly names: readonly string[];
}

/** Which modules and names among `errors` the running process has: Node finds the module, or the name is a property of the global object. */
export function knownToNode(errors: readonly CellDiagnostic[], canLoad: (name: string) => boolean): Unknown {
  const named = (codes: ReadonlySet<number>) =>
    errors.flatMap(({ code, messageText, fileName }) =>
      codes.has(code) && fileName === undefined ? (/'(.+?)'/.exec(messageText)?.[1] ?? []) : [],
    );
  return {
    modules: named(unknownModule).filter(canLoad),
    names: named(unknownName).filter((name) => /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) && name in mainGlobal),
  };
}

/** Declarations of any type for them. */
export function looseDeclarations({ modules, names }: { modules: Iterable<string>; names: Iterable<string> }): string {
  // No declaration names a file beside the cell but by a pattern.
  const pattern = (name: string) => (/^\.{1,2}\//.test(name) ? name.replace(/^(\.{1,2}\/)+/, "*/") : name);
  return [
    ...[...modules].map((name) => `declare module ${JSON.stringify(pattern(name))};`),
    ...[...names].map((name) => `declare var ${name}: any;`),
  ].join("\n");
}

/** Codes of a property that a type has not, and of a value that does not fit. */
const unfit = new Set([2322, 2339, 2345, 2349, 2551, 18046, 18047, 18048, 18049]);

function tokenAt(ts: typeof TS, file: TS.SourceFile, offset: number): TS.Node {
  let found: TS.Node = file;
  const visit = (node: TS.Node): void => {
    if (node.getStart(file) > offset || node.getEnd() <= offset) return;
    found = node;
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return found;
}

/** The name of an earlier cell whose value an expression at `node` is: `v` in `v.length`, `f(v)` and `const x = v`. */
function spokenOf(ts: typeof TS, node: TS.Node): TS.Identifier | undefined {
  if (ts.isIdentifier(node) && ts.isPropertyAccessExpression(node.parent) && node.parent.name === node)
    return ts.isIdentifier(node.parent.expression) ? node.parent.expression : undefined;
  if (ts.isIdentifier(node) && ts.isVariableDeclaration(node.parent) && node.parent.name === node)
    return node.parent.initializer && ts.isIdentifier(node.parent.initializer) ? node.parent.initializer : undefined;
  return ts.isIdentifier(node) ? node : undefined;
}

/** The errors with what to do about them, where that follows from how cells are read. `head` is the number of characters before the cell's text
 *  in its file. */
export function advised(
  ts: typeof TS,
  errors: readonly CellDiagnostic[],
  program: TS.Program | undefined,
  cell: { readonly name: string; readonly head: number },
): CellDiagnostic[] {
  const file = program?.getSourceFile(cell.name);
  if (program === undefined || file === undefined) return [...errors];
  const checker = program.getTypeChecker();
  return errors.map((error) => {
    if (error.fileName !== undefined) return error;
    const library = / Do you need to change your target library\?.*$/s;
    if (library.test(error.messageText)) {
      const advice = ` Node ${process.versions.node}, which runs this notebook, does not have it.`;
      return { ...error, messageText: error.messageText.replace(library, advice) };
    }
    const node = tokenAt(ts, file, error.start.offset + cell.head);
    const isInFunction = ts.findAncestor(node, ts.isFunctionLike) !== undefined;
    if (
      unknownName.has(error.code) &&
      ts.isIdentifier(node) &&
      isInFunction &&
      !error.messageText.includes("Did you mean")
    ) {
      const announced =
        ts.isCallExpression(node.parent) && node.parent.expression === node
          ? `declare function ${node.text}(...): ...;`
          : `declare let ${node.text}: ...;`;
      const advice = ` When a later cell declares it, announce it first: \`${announced}\`, with its types.`;
      return { ...error, messageText: error.messageText + advice };
    }
    const name = unfit.has(error.code) ? spokenOf(ts, node) : undefined;
    const declaration = name && checker.getSymbolAtLocation(name)?.valueDeclaration;
    if (name === undefined || declaration === undefined || !isPage(declaration.getSourceFile())) return error;
    const type = checker.getTypeAtLocation(declaration);
    if (!type.isUnion() || type.flags & ts.TypeFlags.Boolean) return error;
    const advice = ` \`${name.text}\` is declared in an earlier cell as ${checker.typeToString(type)}; what that cell found out about it holds there only, so test it here again.`;
    return { ...error, messageText: error.messageText + advice };
  });
}
