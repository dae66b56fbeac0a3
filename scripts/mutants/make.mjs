// The mutants of one file: those of StrykerJS's instrumenter, and two of our own, for what Stryker has no word for and what durability hangs
// on: a statement that is left out, and two awaited statements that change places.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Instrumenter } from "@stryker-mutator/instrumenter";
import ts from "typescript";

const here = dirname(fileURLToPath(import.meta.url));
const silent = new Proxy({}, { get: () => () => false });
const instrumenter = new Instrumenter(silent, undefined, () => ""); // the third prints the instrumented file, which nobody reads
const equivalent = JSON.parse(readFileSync(join(here, "equivalent.json"), "utf8"));

/** What is wrong with the list of equivalent mutants: an entry without a reason, or for text that its file does not hold any more. */
export function staleEquivalents(root) {
  return equivalent.flatMap(({ file, original, line = "", reason }) => {
    const text = existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : "";
    if (!text.includes(original) || !text.includes(line)) return [`${file} does not hold ${original}`];
    return reason.length < 20 ? [`${file}: "${reason}" is no reason`] : [];
  });
}

/** Names of functions whose arguments are the text of an error. */
const tellers = /^(fail|refuse|wrong|attempt|throwIfStopped|reject)$/;

/** True inside what an error says: a thrown or constructed error, or the arguments of a function that throws one. */
function isSaid(node) {
  for (let at = node; at && !ts.isBlock(at); at = at.parent) {
    if (ts.isThrowStatement(at)) return true;
    if (ts.isNewExpression(at) && /Error$/.test(at.expression.getText())) return true;
    if (ts.isCallExpression(at) && at !== node && tellers.test(at.expression.getText().replace(/^.*\./, "")))
      return true;
  }
  return false;
}

/** True of text for people: two words or more. What static/ and extension/ draw is compared with goldens and stays. */
const isProse = (text) => /[\p{L}\d)}”"',;:–] [\p{L}(${“"–]/u.test(text);

function isSkipped(mutant, node) {
  if (mutant.kind !== "StringLiteral") return mutant.kind === "ObjectLiteral" && isSaid(node);
  return isSaid(node) || (!/^(extension|kernel\/static)\//.test(mutant.file) && isProse(mutant.original));
}

const isCall = (node) =>
  ts.isCallExpression(node) || ((ts.isAwaitExpression(node) || ts.isVoidExpression(node)) && isCall(node.expression));

const assigns = (node) =>
  ts.isBinaryExpression(node) &&
  node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
  node.operatorToken.kind <= ts.SyntaxKind.LastAssignment;

const isSuper = (node) => ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword;

function* ofStatements(source) {
  const isOne = (node) => ts.isExpressionStatement(node) && !isSuper(node.expression);
  function* visit(node) {
    const statements = node.statements ?? [];
    for (const [index, statement] of [...statements].entries()) {
      if (!isOne(statement)) continue;
      const { expression } = statement;
      if (isCall(expression) || assigns(expression))
        yield { kind: "StatementRemoval", from: statement.getStart(), to: statement.end, replacement: ";" };
      const next = statements[index + 1];
      if (next && isOne(next) && ts.isAwaitExpression(expression) && ts.isAwaitExpression(next.expression))
        yield {
          kind: "StatementSwap",
          from: statement.getStart(),
          to: next.end,
          replacement: `${next.getText()} ${statement.getText()}`,
        };
    }
    const children = [];
    node.forEachChild((child) => void children.push(child));
    for (const child of children) yield* visit(child);
  }
  yield* visit(source);
}

/** The node that holds the text from `from` to `to`. */
function nodeAt(source, from, to) {
  let found = source;
  const visit = (node) => {
    if (node.getStart() > from || node.end < to) return;
    found = node;
    node.forEachChild(visit);
  };
  source.forEachChild(visit);
  return found;
}

const isEquivalent = ({ file, line, original, replacement }) =>
  equivalent.some(
    (one) =>
      one.file === file &&
      one.original === original &&
      one.replacement === replacement &&
      (one.line === undefined || line.includes(one.line)),
  );

/** All mutants of `file`, whose text is `text`: { file, kind, from, to, original, replacement, at, key }, in the order of their places.
 *  `at` is the line from 1; `key` is equal as long as the line is, and so is the mutant's place in a sample. */
export async function mutantsOf(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const { mutants } = await instrumenter.instrument([{ name: file, mutate: true, content: text }], {
    plugins: null,
    excludedMutations: [],
    ignorers: [],
  });
  const offset = ({ line, column }) => source.getPositionOfLineAndCharacter(line, column);
  const all = [
    ...mutants.map(({ mutatorName: kind, location, replacement }) => ({
      kind,
      from: offset(location.start),
      to: offset(location.end),
      replacement,
    })),
    ...ofStatements(source),
  ];
  const seen = new Map();
  return all
    .map((mutant) => {
      const original = text.slice(mutant.from, mutant.to);
      const { line: row } = source.getLineAndCharacterOfPosition(mutant.from);
      const line = text.split("\n", row + 1)[row].trim();
      const name = [file, mutant.kind, line, original, mutant.replacement].join("\0");
      seen.set(name, (seen.get(name) ?? 0) + 1);
      return { ...mutant, file, original, line, at: row + 1, key: `${name}\0${seen.get(name)}` };
    })
    .filter((mutant) => mutant.original !== mutant.replacement)
    .filter((mutant) => !isSkipped(mutant, nodeAt(source, mutant.from, mutant.to)) && !isEquivalent(mutant))
    .sort((a, b) => a.from - b.from || a.to - b.to);
}
