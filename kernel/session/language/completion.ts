/** Completion: names and members from the type checker, and the paths of imports. */
import fs from "node:fs";
import path from "node:path";
import type TS from "typescript";
import type { Look } from "./compiler";
import { namesInText } from "./text-names";
import { importablePackages } from "./packages";
import { NodeModule } from "./realm";

interface Match {
  readonly text: string;
  /** TypeScript's word for its kind: "function", "property", "module", … */
  readonly type: string;
}

/** What a cursor may be completed to. */
export interface Completion {
  matches: string[];
  cursor_start: number;
  cursor_end: number;
  metadata: object;
}

function answer(matches: readonly Match[], start: number, end: number): Completion {
  const types = matches.map(({ text, type }) => ({ text, type, start, end }));
  return {
    matches: matches.map(({ text }) => text),
    cursor_start: start,
    cursor_end: end,
    metadata: { _jupyter_types_experimental: types },
  };
}

/** The string literal that the cursor is in. */
function literalAt(ts: typeof TS, source: string, cursor: number): TS.StringLiteralLike | undefined {
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS);
  let found: TS.StringLiteralLike | undefined;
  const visit = (node: TS.Node): void => {
    if (cursor <= node.getStart(file) || cursor > node.getEnd()) return;
    const closed = /^(['"`]).*\1$/s.test(node.getText(file)) && node.getText(file).length > 1;
    if (ts.isStringLiteralLike(node) && (cursor < node.getEnd() || !closed)) found = node;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** True for a literal that names a module: `from "…"`, `import "…"`, `import("…")`, `require("…")`. */
function namesModule(ts: typeof TS, literal: TS.StringLiteralLike): boolean {
  const { parent } = literal;
  if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent)) return true;
  if (!ts.isCallExpression(parent) || parent.arguments[0] !== literal) return false;
  const { expression } = parent;
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === "require")
  );
}

const list = (folder: string): fs.Dirent[] => {
  try {
    return fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => !entry.name.startsWith("."));
  } catch {
    return [];
  }
};

const importable = /(?<!\.d)\.(ts|tsx|mts|cts|js|jsx|mjs|cjs|json)$/;

function localPaths(typed: string, cwd: string): Match[] {
  const folder = typed.slice(0, typed.lastIndexOf("/") + 1);
  const matches: Match[] = [];
  for (const entry of list(path.resolve(cwd, folder))) {
    if (entry.isDirectory()) {
      if (entry.name !== "node_modules") matches.push({ text: `${folder}${entry.name}/`, type: "directory" });
    } else if (importable.test(entry.name)) {
      matches.push({ text: folder + entry.name.replace(/(?<!\.d)\.tsx?$/, ""), type: "module" });
    }
  }
  return matches;
}

function packageNames(cwd: string): Match[] {
  const names = new Set(importablePackages());
  for (let folder = cwd; ; folder = path.dirname(folder)) {
    const modules = path.join(folder, "node_modules");
    for (const { name } of list(modules)) {
      if (name === "@types") continue;
      if (!name.startsWith("@")) names.add(name);
      else for (const inner of list(path.join(modules, name))) names.add(`${name}/${inner.name}`);
    }
    if (path.dirname(folder) === folder) break;
  }
  const builtin = NodeModule.builtinModules.filter((name) => !name.startsWith("_") && !name.includes("/"));
  for (const name of builtin) names.add(`node:${name}`);
  return [...names].map((text) => ({ text, type: "module" }));
}

const byRelevance = (typed: string) => {
  const lower = typed.toLowerCase();
  return (match: Match): number => {
    if (match.text.startsWith(typed)) return 0;
    if (match.text.toLowerCase().startsWith(lower)) return 1;
    return match.text.toLowerCase().includes(lower) ? 2 : 3;
  };
};

/** The matches that contain the typed text; those that begin with it come first. */
function relevant(matches: readonly Match[], typed: string): Match[] {
  const rank = byRelevance(typed);
  return matches
    .map((match, index) => ({ match, index, rank: rank(match) }))
    .filter((item) => item.rank < 3)
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map((item) => item.match);
}

/** The word that the cursor is in or behind, as far as it is typed, and its place in the file. */
function wordAt(file: TS.SourceFile, position: number): { typed: string; start: number; end: number } {
  const letter = /[\p{L}\p{N}\p{M}_$]/u;
  let [start, end] = [position, position];
  while (start > 0 && letter.test(file.text.charAt(start - 1))) start--;
  while (end < file.text.length && letter.test(file.text.charAt(end))) end++;
  if (file.text.charAt(start - 1) === "#") start--;
  return { typed: file.text.slice(start, position), start, end };
}

/** A cell at whose text the editor asks, with what answers. */
export interface Question {
  readonly source: string;
  /** A UTF-16 offset into `source`. */
  readonly cursor: number;
  readonly cwd: string;
  /** The cell in the checker's program, made when it is needed. */
  readonly look: () => Look;
  /** The value of a name of an earlier cell; undefined where there is none. */
  readonly valueOf: (name: string) => unknown;
  /** The names of earlier cells. */
  readonly names: () => readonly string[];
}

/** The completions at a cursor. */
export function completeCode(ts: typeof TS, question: Question): Completion {
  const { source, cursor, cwd } = question;
  const literal = literalAt(ts, source, cursor);
  const start = literal === undefined ? 0 : literal.getStart() + 1;
  const typed = source.slice(start, cursor);
  if (literal !== undefined && namesModule(ts, literal)) {
    const paths =
      /^\.{0,2}\/|^\.\.?$/.test(typed) && typed !== ""
        ? localPaths(typed.replace(/^\.\.?$/, "$&/"), cwd)
        : packageNames(cwd);
    return answer(relevant(paths, typed), start, cursor);
  }
  const { language, file, head } = question.look();
  const found = language.service.getCompletionsAtPosition(file.fileName, cursor + head, {
    includeCompletionsWithInsertText: false,
    includeCompletionsForModuleExports: false,
  });
  const entries = [...(found?.entries ?? [])].sort(
    (a, b) => compare(a.sortText, b.sortText) || compare(a.name, b.name),
  );
  const matches = entries.map(({ name, kind }) => ({ text: name, type: String(kind) }));
  if (literal !== undefined) {
    const names = namesInText(ts, literal, question).map((text) => ({ text, type: "string" }));
    const texts = matches.filter(({ type }) => type === "string");
    return answer(relevant([...texts, ...names], typed), start, cursor);
  }
  const word = wordAt(file, cursor + head);
  return answer(relevant(matches, word.typed), word.start - head, word.end - head);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
