// The files that declare what "codebook" and "codebook/methods" export: re-exports are followed from kernel/index.ts and kernel/methods.ts, name
// by name. The lint wants a docstring for everything that those files export.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

/** Paths relative to `root`, sorted, with "/" between folders. */
export function publicFiles(root) {
  const parsed = new Map();
  const read = (file) => {
    if (!parsed.has(file)) parsed.set(file, exportsOf(file));
    return parsed.get(file);
  };
  const found = new Set();
  const follow = (file, name) => {
    const [from, original] = read(file).get(name) ?? [];
    if (from === undefined) throw new Error(`${relative(root, file)} exports no ${name}`);
    if (from === file) found.add(relative(root, file).replaceAll("\\", "/"));
    else follow(from, original);
  };
  for (const module of ["index.ts", "methods.ts"]) {
    const file = join(root, "kernel", module);
    for (const name of read(file).keys()) follow(file, name);
  }
  return [...found].sort();
}

/** What a file exports: name → the file that it comes from, which may be this one, and its name there. */
function exportsOf(file) {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022);
  const [exported, imported] = [new Map(), new Map()];
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) {
      const { namedBindings } = statement.importClause ?? {};
      if (namedBindings === undefined || !ts.isNamedImports(namedBindings) || !isOwn(statement)) continue;
      const from = pathOf(file, statement.moduleSpecifier.text);
      for (const { name, propertyName } of namedBindings.elements)
        imported.set(name.text, [from, (propertyName ?? name).text]);
    } else if (ts.isExportDeclaration(statement)) {
      if (statement.exportClause === undefined) {
        const from = pathOf(file, statement.moduleSpecifier.text);
        for (const name of exportsOf(from).keys()) exported.set(name, [from, name]);
        continue;
      }
      if (!ts.isNamedExports(statement.exportClause)) continue;
      const from = statement.moduleSpecifier && pathOf(file, statement.moduleSpecifier.text);
      for (const { name, propertyName } of statement.exportClause.elements) {
        const original = (propertyName ?? name).text;
        exported.set(name.text, from ? [from, original] : (imported.get(original) ?? [file, original]));
      }
    } else if (statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) {
      const names = ts.isVariableStatement(statement)
        ? statement.declarationList.declarations.map(({ name }) => name.text)
        : [statement.name.text];
      for (const name of names) exported.set(name, [file, name]);
    }
  }
  return exported;
}

const isOwn = ({ moduleSpecifier }) => moduleSpecifier.text.startsWith(".");

function pathOf(file, specifier) {
  const path = join(dirname(file), specifier);
  return existsSync(`${path}.ts`) ? `${path}.ts` : join(path, "index.ts");
}
