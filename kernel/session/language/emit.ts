/** From a checked cell to the JavaScript that runs. The cell becomes the body of an async function, so its variables are
 *  real local variables and run at full speed. What leaves the cell goes through handles (scope.ts):
 *
 *    let s = 0;                  →  let s = 0;                     published by the header as [() => s, (v) => { s = v }]
 *    s += 1       (a later cell) →  $prev_s.value += 1;
 *    s.f()        (a later cell) →  let s; (s = $prev_s.value).f();          the engine's messages speak of `s`: see shadows.ts
 *    import d, { a } from "m"    →  const { default: d, a: a } = await $cell.import("m", 1);
 *    await x                     →  $cell.resume(await $cell.pause(x))            see interrupt in context.ts
 *    x            (at the end)   →  return { value: x };            boxed: an async function would call its `then`
 */
import type TS from "typescript";
import { Shadows } from "./shadows";

/** A name that the cell declares: the header publishes it for the cells to come. */
export interface PublishedName {
  readonly name: string;
  readonly constant: boolean;
}

/** What is known of a cell that is emitted. */
export interface EmitPlan {
  readonly published: PublishedName[];
  /** Names of earlier cells that this one uses. */
  readonly used: Set<string>;
  hasValue: boolean;
}

type Locals = ReadonlyMap<string, TS.Symbol> | undefined;
const localsOf = (file: TS.SourceFile) => (file as TS.SourceFile & { locals?: Locals }).locals;

/** The names of `file` that exist at run time, and whether they can be assigned. */
export function publishedNames(ts: typeof TS, checker: TS.TypeChecker, file: TS.SourceFile): PublishedName[] {
  const names: PublishedName[] = [];
  localsOf(file)?.forEach((symbol, escapedName) => {
    const name = ts.unescapeLeadingUnderscores(escapedName as TS.__String);
    if (symbol.flags & ts.SymbolFlags.Alias) {
      const isType = symbol.declarations?.some((node) => ts.isTypeOnlyImportOrExportDeclaration(node)) ?? false;
      if (!isType && checker.getAliasedSymbol(symbol).flags & ts.SymbolFlags.Value)
        names.push({ name, constant: true });
      return;
    }
    const kinds = ts.SymbolFlags;
    const value = kinds.Variable | kinds.Function | kinds.Class | kinds.RegularEnum | kinds.ValueModule;
    if ((symbol.flags & value) === 0) return;
    const declarations = symbol.declarations ?? [];
    if (declarations.every((node) => isAmbient(ts, node))) return;
    const constant = declarations.some((node) => (ts.getCombinedNodeFlags(node) & ts.NodeFlags.Const) !== 0);
    names.push({ name, constant });
  });
  return names;
}

function isAmbient(ts: typeof TS, node: TS.Declaration): boolean {
  return (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Ambient) !== 0;
}

/** Declarations of the `var`s inside blocks: names of the cell that its declaration file leaves out. */
export function nestedVariables(ts: typeof TS, checker: TS.TypeChecker, file: TS.SourceFile): string {
  let text = "";
  localsOf(file)?.forEach((symbol) => {
    const { name } = symbol;
    const declaration = symbol.valueDeclaration;
    if ((symbol.flags & ts.SymbolFlags.FunctionScopedVariable) === 0 || declaration === undefined) return;
    let node: TS.Node = declaration;
    while (!ts.isStatement(node) && !ts.isSourceFile(node)) node = node.parent;
    if (ts.isVariableStatement(node) && node.parent === file) return;
    const type = checker.typeToString(
      checker.getTypeOfSymbolAtLocation(symbol, file),
      file,
      ts.TypeFormatFlags.NoTruncation,
    );
    text += `declare let ${name}: ${type};\n`;
  });
  return text;
}

/** Whether `symbol` is declared at the top of one of the files. */
export function isOnPage(symbol: TS.Symbol, pages: readonly TS.SourceFile[]): boolean {
  return pages.some((page) => localsOf(page)?.get(symbol.escapedName as string) === symbol);
}

/** Whether the cell `file` only announces `symbol`, by `declare`, for a later cell to give it its value. */
export function isAnnounced(ts: typeof TS, symbol: TS.Symbol, file: TS.SourceFile): boolean {
  if (localsOf(file)?.get(symbol.escapedName as string) !== symbol) return false;
  const declarations = symbol.declarations ?? [];
  return (symbol.flags & ts.SymbolFlags.Alias) === 0 && declarations.every((node) => isAmbient(ts, node));
}

/** The names that JSX in `file` calls without writing them: `React`, or what `@jsx` and `@jsxFrag` say. */
function jsxNames(ts: typeof TS, file: TS.SourceFile, options: TS.CompilerOptions): string[] {
  if (file.languageVariant !== ts.LanguageVariant.JSX) return [];
  const written = [...file.text.matchAll(/@jsx(?:Frag)?\s+([\p{L}_$][\p{L}\p{N}_$]*)/gu)].map(([, name = ""]) => name);
  const stated = [options.jsxFactory, options.jsxFragmentFactory].flatMap((name) => name?.split(".")[0] ?? []);
  return [...new Set([...written, ...stated, "React"])];
}

/** Rewrites a cell; `isEarlier` says of a symbol that an earlier cell gives it its value. Fills `plan`. */
export function cellTransformers(
  ts: typeof TS,
  checker: TS.TypeChecker,
  isEarlierSymbol: (symbol: TS.Symbol) => boolean,
  plan: EmitPlan,
): { before: TS.TransformerFactory<TS.SourceFile>; after: TS.TransformerFactory<TS.SourceFile> } {
  const before: TS.TransformerFactory<TS.SourceFile> = (context) => {
    const { factory } = context;
    const runtime = (method: string, argumentList: TS.Expression[]) =>
      factory.createCallExpression(
        factory.createPropertyAccessExpression(factory.createIdentifier("$cell"), method),
        undefined,
        argumentList,
      );
    const isEarlier = (symbol: TS.Symbol | undefined, name: string) =>
      symbol !== undefined && symbol.name === name && isEarlierSymbol(symbol);
    const handle = (name: string) => {
      plan.used.add(name);
      return factory.createPropertyAccessExpression(factory.createIdentifier("$prev_" + name), "value");
    };
    const shadows = new Shadows(ts, factory);
    /** The value of an earlier cell's name, where the engine's message may speak of it. */
    const spoken = (name: string) => shadows.assign(name, handle(name));
    const isHandle = (node: TS.Node): node is TS.Identifier =>
      ts.isIdentifier(node) && isEarlier(checker.getSymbolAtLocation(node), node.text);

    // The checker's text has one line more at the beginning, so its lines counted from 0 are the cell's lines counted from 1.
    const lineOf = (node: TS.Node) => {
      const file = node.getSourceFile();
      return factory.createNumericLiteral(file.getLineAndCharacterOfPosition(node.getStart(file)).line);
    };

    const visitor = (inFunction: boolean) => {
      const inner = (node: TS.Node): TS.Node => (inFunction ? visit(node) : visitor(true)(node));
      const visit = (node: TS.Node): TS.Node => shadows.around(node, visitSpoken);
      const visitSpoken = (node: TS.Node, isSpoken: boolean): TS.Node => {
        if (ts.isExpressionWithTypeArguments(node) && ts.isHeritageClause(node.parent)) {
          if (node.parent.token !== ts.SyntaxKind.ExtendsKeyword || ts.isInterfaceDeclaration(node.parent.parent))
            return node;
          return factory.updateExpressionWithTypeArguments(node, expression(node.expression), node.typeArguments);
        }
        if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return node;
        if (isHandle(node)) return ts.setTextRange(isSpoken ? spoken(node.text) : handle(node.text), node);
        if (ts.isShorthandPropertyAssignment(node)) return shorthand(node);
        if (ts.isCallExpression(node)) {
          if (node.expression.kind === ts.SyntaxKind.ImportKeyword)
            return ts.setTextRange(runtime("load", node.arguments.map(expression)), node);
        }
        if (ts.isAwaitExpression(node)) {
          const operand = expression(node.expression);
          const waited = inFunction ? runtime("pause", [operand]) : runtime("pauseCell", [operand, lineOf(node)]);
          const resumed = ts.setTextRange(runtime("resume", [factory.updateAwaitExpression(node, waited)]), node);
          // Of an awaited value the engine says "(intermediate value)"; of ours it would name `$cell`.
          return isSpoken ? factory.createParenthesizedExpression(factory.createAwaitExpression(resumed)) : resumed;
        }
        if (ts.isForOfStatement(node) && node.awaitModifier !== undefined) {
          const body = visit(node.statement) as TS.Statement;
          return factory.updateForOfStatement(
            node,
            node.awaitModifier,
            visit(node.initializer) as TS.ForInitializer,
            inFunction ? expression(node.expression) : runtime("iterate", [expression(node.expression)]),
            factory.createBlock([factory.createExpressionStatement(runtime("resume", [])), body]),
          );
        }
        if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword)
          return ts.setTextRange(
            factory.createPropertyAccessExpression(factory.createIdentifier("$cell"), "meta"),
            node,
          );
        const crosses =
          ts.isFunctionLike(node) || ts.isPropertyDeclaration(node) || ts.isClassStaticBlockDeclaration(node);
        if (!crosses) return ts.visitEachChild(node, visit, context);
        const { body } = node as { body?: TS.Node };
        return ts.visitEachChild(
          node,
          (child) => (child === body ? shadows.body(child, inner) : inner(child)),
          context,
        );
      };
      const expression = (node: TS.Expression) => visit(node) as TS.Expression;
      const shorthand = (node: TS.ShorthandPropertyAssignment): TS.Node => {
        const name = node.name.text;
        const initial = node.objectAssignmentInitializer && expression(node.objectAssignmentInitializer);
        if (!isEarlier(checker.getShorthandAssignmentValueSymbol(node), name))
          return factory.updateShorthandPropertyAssignment(node, node.name, initial);
        const target = ts.setTextRange(handle(name), node);
        return factory.createPropertyAssignment(name, initial ? factory.createAssignment(target, initial) : target);
      };
      return visit;
    };

    const importStatement = (node: TS.ImportDeclaration): TS.Statement | undefined => {
      const clause = node.importClause;
      const loaded = factory.createAwaitExpression(runtime("import", [node.moduleSpecifier, lineOf(node)]));
      if (clause === undefined) return ts.setTextRange(factory.createExpressionStatement(loaded), node);
      if (clause.isTypeOnly) return undefined;
      const isValue = (name: TS.Identifier) => {
        const symbol = checker.getSymbolAtLocation(name);
        if (symbol === undefined) return true;
        const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
        return (target.flags & ts.SymbolFlags.Value) !== 0;
      };
      const elements: TS.BindingElement[] = [];
      const bind = (exported: string, local: TS.Identifier) => {
        if (isValue(local))
          elements.push(factory.createBindingElement(undefined, factory.createIdentifier(exported), local.text));
      };
      if (clause.name !== undefined) bind("default", clause.name);
      const bindings = clause.namedBindings;
      const names: TS.VariableDeclaration[] = [];
      if (bindings !== undefined && ts.isNamespaceImport(bindings)) {
        names.push(factory.createVariableDeclaration(bindings.name.text, undefined, undefined, loaded));
      } else {
        for (const element of bindings?.elements ?? [])
          if (!element.isTypeOnly) bind((element.propertyName ?? element.name).text, element.name);
      }
      if (elements.length > 0) {
        const source = names.length > 0 ? factory.createIdentifier((bindings as TS.NamespaceImport).name.text) : loaded;
        names.push(
          factory.createVariableDeclaration(factory.createObjectBindingPattern(elements), undefined, undefined, source),
        );
      }
      if (names.length === 0) return undefined;
      const list = factory.createVariableDeclarationList(names, ts.NodeFlags.Const);
      return ts.setTextRange(factory.createVariableStatement(undefined, list), node);
    };

    return (file) => {
      const imports: TS.Statement[] = [];
      for (const name of jsxNames(ts, file, context.getCompilerOptions())) {
        const resolver = checker as TS.TypeChecker & Resolver;
        const symbol = resolver.resolveName(name, file, ts.SymbolFlags.Value, false);
        if (!isEarlier(symbol, name)) continue;
        const value = factory.createVariableDeclaration(name, undefined, undefined, handle(name));
        const list = factory.createVariableDeclarationList([value], ts.NodeFlags.Const);
        imports.push(factory.createVariableStatement(undefined, list));
      }
      const body: TS.Statement[] = [];
      const visit = visitor(false);
      const own = file.statements.filter((node) => !ts.isExportDeclaration(node));
      own.forEach((node, index) => {
        if (ts.isImportDeclaration(node)) {
          const statement = importStatement(node);
          if (statement !== undefined) imports.push(statement);
        } else if (index === own.length - 1 && ts.isExpressionStatement(node)) {
          plan.hasValue = true;
          const value = visit(node.expression) as TS.Expression;
          const box = factory.createObjectLiteralExpression([factory.createPropertyAssignment("value", value)]);
          body.push(ts.setTextRange(factory.createReturnStatement(box), node));
        } else {
          body.push(visit(node) as TS.Statement);
        }
      });
      return factory.updateSourceFile(file, [...imports, ...shadows.declared(), ...body]);
    };
  };
  const after: TS.TransformerFactory<TS.SourceFile> = (context) => (file) =>
    context.factory.updateSourceFile(
      file,
      file.statements.flatMap((node) => {
        if (ts.isImportDeclaration(node)) return importedByJsx(ts, context.factory, node);
        return ts.isExportDeclaration(node) ? [] : [node];
      }),
    );
  return { before, after };
}

/** The import that JSX with an import source brings, `import { jsx as _jsx } from "preact/jsx-runtime"`, as a cell imports. */
function importedByJsx(ts: typeof TS, factory: TS.NodeFactory, node: TS.ImportDeclaration): TS.Statement[] {
  const bindings = node.importClause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return [];
  const elements = bindings.elements.map(({ propertyName, name }) =>
    factory.createBindingElement(
      undefined,
      propertyName && ts.isIdentifier(propertyName) ? propertyName : undefined,
      name,
    ),
  );
  const method = factory.createPropertyAccessExpression(factory.createIdentifier("$cell"), "import");
  const loaded = factory.createAwaitExpression(factory.createCallExpression(method, undefined, [node.moduleSpecifier]));
  const pattern = factory.createObjectBindingPattern(elements);
  const declaration = factory.createVariableDeclaration(pattern, undefined, undefined, loaded);
  const list = factory.createVariableDeclarationList([declaration], ts.NodeFlags.Const);
  return [factory.createVariableStatement(undefined, list)];
}

/** A part of the checker that its declarations leave out. */
interface Resolver {
  resolveName(name: string, from: TS.Node, meaning: TS.SymbolFlags, excludeGlobals: boolean): TS.Symbol | undefined;
}
