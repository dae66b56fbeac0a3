/** A file of the user's → the JavaScript that runs. A file is an ES module when it is written as one: then its imports are variables that are
 *  set anew whenever the other module changes what it exports, its exports live, and it may await at its top level. TypeScript's emit for
 *  SystemJS does all of that but the imports, of which the engine's messages would say `m_1.f is not a function`; so they are taken out before,
 *  and made variables of the function around. Any other file is CommonJS. */
import type TS from "typescript";
import path from "node:path";
import { hasLegacyDecorators } from "./compiler-options";
import { cellTypeScript } from "./tslab";

/** A name that a file takes from another, under its own name; "*" is the namespace. */
type Binding = readonly [exported: string, own: string];

/** What a file takes from another. */
export interface Taken {
  readonly specifier: string;
  readonly bindings: Binding[];
  /** Names that it hands on as its own exports. */
  readonly handedOn: Binding[];
}

/** A file that can run. */
export interface CompiledFile {
  readonly kind: "es" | "commonjs";
  /** The text of a function of the surroundings (modules.ts names its parameters). */
  readonly script: string;
  /** Source map of what follows the first line of `script`. */
  readonly map: string;
  /** The modules that it imports, in order; of CommonJS none, for it requires them as it runs. */
  readonly order: readonly string[];
  readonly taken: readonly Taken[];
}

/** The parameters of a script of each kind. */
export const parameters = {
  es: ["System", "$imports", "require", "module", "__filename", "__dirname"],
  commonjs: ["exports", "require", "module", "__filename", "__dirname"],
} as const;

/** How a file is written. */
interface Form {
  isModule: boolean;
  isCommonJs: boolean;
  hasJsx: boolean;
  awaits: boolean;
  /** Names in places where they mean values. */
  readonly values: Set<string>;
}

function formOf(ts: typeof TS, file: TS.SourceFile): Form {
  const form: Form = { isModule: false, isCommonJs: false, hasJsx: false, awaits: false, values: new Set() };
  const visit = (node: TS.Node, inFunction: boolean): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
      // `extends Base` of a class stands under the types, and is a value.
      if (!ts.isExpressionWithTypeArguments(node)) return;
    }
    if (ts.isImportDeclaration(node)) form.isModule = true;
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
      form.isCommonJs = true;
    else if (ts.isExportAssignment(node) && node.isExportEquals === true) form.isCommonJs = true;
    else if (ts.isExportDeclaration(node) || ts.isExportAssignment(node)) form.isModule = true;
    else if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) form.isModule = true;
    else if (ts.isJsxOpeningLikeElement(node) || ts.isJsxFragment(node)) form.hasJsx = true;
    else if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined)) {
      if (!inFunction) form.awaits = form.isModule = true;
    } else if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      const { text } = node.expression;
      if (text === "exports" || (text === "module" && node.name.text === "exports")) form.isCommonJs = true;
    } else if (ts.isIdentifier(node)) form.values.add(node.text);
    else if (
      ts.canHaveModifiers(node) &&
      ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    )
      form.isModule = true;
    if (ts.isImportDeclaration(node)) return;
    const crosses = ts.isFunctionLike(node) || ts.isPropertyDeclaration(node) || ts.isClassStaticBlockDeclaration(node);
    ts.forEachChild(node, (child) => visit(child, inFunction || crosses));
  };
  visit(file, false);
  return form;
}

/** Compiles a file of the user's. Throws a SyntaxError that says where `label` cannot be parsed. */
export function compileFile(file: string, label: string, text: string): CompiledFile {
  const ts = cellTypeScript();
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  refuseBroken(ts, source, label);
  const form = formOf(ts, source);
  const isModule = /\.m[jt]s$/.test(file) || (form.isModule && !form.isCommonJs && !/\.c[jt]s$/.test(file));
  return isModule && !form.hasJsx ? asModule(ts, file, text, form) : asCommonJs(ts, file, text);
}

function refuseBroken(ts: typeof TS, source: TS.SourceFile, label: string): void {
  const { parseDiagnostics = [] } = source as TS.SourceFile & { parseDiagnostics?: readonly TS.Diagnostic[] };
  const [first] = parseDiagnostics;
  if (first === undefined) return;
  const { line, character } = source.getLineAndCharacterOfPosition(first.start ?? 0);
  const message = ts.flattenDiagnosticMessageText(first.messageText, " ");
  throw new SyntaxError(`${label}, line ${line + 1}:${character + 1} - ${message}`);
}

const sharedOptions = (ts: typeof TS, file: string, text: string): TS.CompilerOptions => ({
  target: ts.ScriptTarget.ES2022,
  esModuleInterop: true,
  experimentalDecorators: text.includes("@") && hasLegacyDecorators(ts, path.posix.dirname(file.replaceAll("\\", "/"))),
  jsx: ts.JsxEmit.React,
  sourceMap: true,
});

const withoutMapComment = (javascript: string) => javascript.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "\n");

function asCommonJs(ts: typeof TS, file: string, text: string): CompiledFile {
  const { outputText, sourceMapText = "" } = ts.transpileModule(text, {
    fileName: file,
    compilerOptions: { ...sharedOptions(ts, file, text), module: ts.ModuleKind.CommonJS },
  });
  const script = `(function (${parameters.commonjs.join(", ")}) {\n${withoutMapComment(outputText)}\n})`;
  return { kind: "commonjs", script, map: sourceMapText, order: [], taken: [] };
}

function asModule(ts: typeof TS, file: string, text: string, form: Form): CompiledFile {
  const imports = new Imports(ts, /\.[cm]?tsx?$/.test(file) ? form.values : undefined, form.awaits);
  const { outputText, sourceMapText = "" } = ts.transpileModule(text, {
    fileName: file,
    compilerOptions: {
      ...sharedOptions(ts, file, text),
      module: ts.ModuleKind.System,
      moduleDetection: ts.ModuleDetectionKind.Force,
    },
    transformers: { before: [(context) => (source) => imports.takenOut(context, source)] },
  });
  const body = withoutMapComment(outputText);
  const names = imports.taken.flatMap(({ bindings }) => bindings.map(([, own]) => own));
  const setters = imports.taken.map(({ bindings }) => {
    const assignments = bindings.map(([exported, own]) => `${own} = ${read(exported)};`);
    return `($module) => { ${assignments.join(" ")} }`;
  });
  const declared = names.length === 0 ? "" : `let ${names.join(", ")}; `;
  const script =
    `(function (${parameters.es.join(", ")}) { ${declared}$imports([${setters.join(", ")}]);\n` + `${body}\n})`;
  return { kind: "es", script, map: sourceMapText, order: imports.order, taken: imports.taken };
}

const read = (exported: string) => (exported === "*" ? "$module" : `$module[${JSON.stringify(exported)}]`);

/** The imports of an ES module while it is compiled. */
class Imports {
  readonly order: string[] = [];
  readonly taken: Taken[] = [];
  private readonly names = new Map<string, { readonly from: Taken; readonly exported: string }>();

  /** `values`: the names that the file uses as values, of which an import of types alone has none; undefined where each import counts. */
  constructor(
    private readonly ts: typeof TS,
    private readonly values: ReadonlySet<string> | undefined,
    private readonly awaits: boolean,
  ) {}

  /** The file without its imports; what is left speaks of plain variables of their names. */
  takenOut(context: TS.TransformationContext, source: TS.SourceFile): TS.SourceFile {
    const { ts } = this;
    const { factory } = context;
    for (const node of source.statements) if (ts.isImportDeclaration(node)) this.take(node);
    const visit = (node: TS.Node): TS.Node | undefined => {
      if (ts.isImportDeclaration(node)) return undefined;
      if (ts.isExportDeclaration(node)) return this.handOn(node, factory);
      // A new identifier is no reference to the import, which is gone.
      if (ts.isIdentifier(node) && this.names.has(node.text))
        return ts.setTextRange(factory.createIdentifier(node.text), node);
      return ts.visitEachChild(node, visit, context);
    };
    this.noteOrder(source);
    const rest = ts.visitEachChild(source, visit, context);
    if (!this.awaits) return rest;
    // Of a `for await` alone TypeScript makes a function that may not await.
    const first = factory.createExpressionStatement(factory.createAwaitExpression(factory.createVoidZero()));
    return factory.updateSourceFile(rest, [first, ...rest.statements]);
  }

  private noteOrder(source: TS.SourceFile): void {
    const { ts } = this;
    const taken = new Set(this.taken.map(({ specifier }) => specifier));
    for (const node of source.statements) {
      const { moduleSpecifier } = node as { moduleSpecifier?: TS.Expression };
      if (moduleSpecifier === undefined || !ts.isStringLiteral(moduleSpecifier)) continue;
      const { text } = moduleSpecifier;
      const counts = ts.isExportDeclaration(node) ? !node.isTypeOnly : taken.has(text);
      if (counts && !this.order.includes(text)) this.order.push(text);
    }
  }

  private take(node: TS.ImportDeclaration): void {
    const { ts } = this;
    const { importClause: clause, moduleSpecifier } = node;
    if (!ts.isStringLiteral(moduleSpecifier) || clause?.isTypeOnly === true) return;
    const bindings: Binding[] = [];
    if (clause?.name !== undefined) bindings.push(["default", clause.name.text]);
    const named = clause?.namedBindings;
    if (named !== undefined && ts.isNamespaceImport(named)) bindings.push(["*", named.name.text]);
    else
      for (const element of named?.elements ?? [])
        if (!element.isTypeOnly) bindings.push([(element.propertyName ?? element.name).text, element.name.text]);
    const used = bindings.filter(([, own]) => this.values?.has(own) ?? true);
    if (clause !== undefined && used.length === 0 && this.values !== undefined) return;
    const from: Taken = { specifier: moduleSpecifier.text, bindings: used, handedOn: [] };
    this.taken.push(from);
    for (const [exported, own] of used) this.names.set(own, { from, exported });
  }

  /** `export { a }` of a name that is imported: left to the setter of its import. */
  private handOn(node: TS.ExportDeclaration, factory: TS.NodeFactory): TS.Node | undefined {
    const { ts } = this;
    const clause = node.exportClause;
    if (node.moduleSpecifier !== undefined || clause === undefined || !ts.isNamedExports(clause)) return node;
    const own = clause.elements.filter((element) => {
      const known = this.names.get((element.propertyName ?? element.name).text);
      if (known !== undefined && !element.isTypeOnly) known.from.handedOn.push([known.exported, element.name.text]);
      return known === undefined;
    });
    if (own.length === clause.elements.length) return node;
    if (own.length === 0) return undefined;
    return factory.updateExportDeclaration(
      node,
      node.modifiers,
      node.isTypeOnly,
      factory.updateNamedExports(clause, own),
      undefined,
      undefined,
    );
  }
}
