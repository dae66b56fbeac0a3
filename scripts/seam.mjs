// The seam between TypeScript and the SIMD modules. A module is a folder of kernel/simd/assembly without "_" before its name; what its files
// export, the module exports, but for files with "_" before their name and those in folders below. From these sources this script
// writes kernel/simd/generated/MODULE.ts: the functions as an interface, and, from the module's _shared.ts, constants, enumerations, and
// blocks of parameters with a function that writes each where the module reads it.
//   node scripts/seam.mjs [--check]      (--check: only says whether the written files are current; exit code 1 when one is not)
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import prettier from "prettier";
import ts from "typescript";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const sources = join(root, "kernel", "simd", "assembly");
const target = join(root, "kernel", "simd", "generated");
const mostParameters = 6;

/** Names of all modules. */
export function modulesOf() {
  return readdirSync(sources, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("_"))
    .map((entry) => entry.name);
}

/** Files whose exports are those of the module, relative to the repository. */
export function entriesOf(module) {
  const folder = join(sources, module);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".ts") && !name.startsWith("_"))
    .sort()
    .map((name) => relative(root, join(folder, name)));
}

/** Of AssemblyScript's types: bytes in memory, its name in the methods of a DataView, and its type in TypeScript. */
const types = {
  bool: { bytes: 1, view: "Uint8", type: "boolean" },
  i32: { bytes: 4, view: "Int32", type: "number" },
  u32: { bytes: 4, view: "Uint32", type: "number" },
  usize: { bytes: 4, view: "Uint32", type: "number" },
  f32: { bytes: 4, view: "Float32", type: "number" },
  f64: { bytes: 8, view: "Float64", type: "number" },
};

const parsed = new Map();
function parse(path) {
  if (!parsed.has(path))
    parsed.set(path, ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true));
  return parsed.get(path);
}

function fail(node, message) {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart());
  throw new Error(`${relative(root, file.fileName)}:${line + 1}: ${message}`);
}

const isExported = (node) => node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;

/** Calls `visit` for every declaration that a file exports, those that it passes on from other files included. */
function forEachExport(path, visit) {
  const file = parse(path);
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement)) {
      const names = new Set(statement.exportClause.elements.map(({ name }) => name.text));
      forEachExport(join(dirname(path), `${statement.moduleSpecifier.text}.ts`), (name, node, statement) => {
        if (names.delete(name)) visit(name, node, statement);
      });
      if (names.size > 0) fail(statement, `there is no ${[...names].join(", ")}`);
    } else if (!isExported(statement)) continue;
    else if (ts.isVariableStatement(statement))
      for (const node of statement.declarationList.declarations) visit(node.name.text, node, statement);
    else visit(statement.name.text, statement, statement);
  }
}

/** The comment before a declaration, as it stands there. */
function docOf(node) {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return comments.length > 0 ? `${comments[comments.length - 1].getText()}\n` : "";
}

/** The number that an expression of constants stands for; names are looked up in the file. */
function valueOf(node) {
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isParenthesizedExpression(node)) return valueOf(node.expression);
  if (ts.isTypeAssertionExpression(node)) return valueOf(node.expression);
  if (ts.isIdentifier(node)) {
    for (const statement of node.getSourceFile().statements)
      if (ts.isVariableStatement(statement))
        for (const { name, initializer } of statement.declarationList.declarations)
          if (name.text === node.text) return valueOf(initializer);
  }
  if (ts.isBinaryExpression(node)) {
    const [left, right] = [valueOf(node.left), valueOf(node.right)];
    switch (node.operatorToken.kind) {
      case ts.SyntaxKind.PlusToken:
        return left + right;
      case ts.SyntaxKind.MinusToken:
        return left - right;
      case ts.SyntaxKind.AsteriskToken:
        return left * right;
      case ts.SyntaxKind.LessThanLessThanToken:
        return left << right;
    }
  }
  return fail(node, `${node.getText()} is no constant that can be told here`);
}

const typeText = (node) => node?.getText() ?? "void";

function functionOf(name, node) {
  if (node.parameters.length > mostParameters)
    fail(
      node,
      `${name} takes ${node.parameters.length} arguments; at most ${mostParameters}, others in a block of parameters`,
    );
  const parameters = node.parameters.map((parameter) => {
    const type =
      types[typeText(parameter.type)] ?? fail(parameter, `JavaScript cannot give a ${typeText(parameter.type)}`);
    return `${parameter.name.text}: ${type.type}`;
  });
  const result = typeText(node.type);
  if (result !== "void" && !types[result]) fail(node, `JavaScript cannot take a ${result}`);
  // A bool comes back as 0 or 1.
  return `${docOf(node)}${name}(${parameters.join(", ")}): ${result === "void" ? "void" : "number"};`;
}

function enumOf(name, node, statement) {
  const members = node.members.map(
    (member, i) => `${member.name.text}: ${member.initializer ? valueOf(member.initializer) : i},`,
  );
  return `${docOf(statement)}export const ${name} = {\n${members.join("\n")}\n} as const;`;
}

const constantName = (name) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase();

/** An interface of the fields of a class, and the function that writes them to the constant of its name: Grid to GRID. */
function blockOf(name, node, statement, constants) {
  const address = constantName(name);
  const start = constants.get(address) ?? fail(node, `there is no address ${address}`);
  let offset = 0;
  const [fields, names, writes, reads] = [[], [], [], []];
  for (const member of node.members) {
    const type = types[typeText(member.type)] ?? fail(member, `it has no size: ${typeText(member.type)}`);
    offset = Math.ceil(offset / type.bytes) * type.bytes;
    const field = member.name.text;
    fields.push(`${docOf(member)}readonly ${field}: ${type.type};`);
    names.push(field);
    const isFlag = type.type === "boolean";
    const at = `${address}${offset > 0 ? ` + ${offset}` : ""}`;
    const order = type.bytes > 1 ? ", true" : "";
    writes.push(`memory.set${type.view}(${at}, ${isFlag ? `Number(${field})` : field}${order});`);
    reads.push(`${field}: memory.get${type.view}(${at}${order})${isFlag ? " !== 0" : ""},`);
    offset += type.bytes;
  }
  return {
    start: start.value,
    end: start.value + offset,
    text: `${docOf(statement)}export interface ${name} {\n${fields.join("\n")}\n}

/** Writes them to ${address}, where the module's functions read them. \`memory\` is a view of all of its memory. */
export function set${name}(memory: DataView, { ${names.join(", ")} }: ${name}): void {\n${writes.join("\n")}\n}

/** The inverse: what stands there. */
export function get${name}(memory: DataView): ${name} {\n  return {\n${reads.join("\n")}\n  };\n}`,
  };
}

/** No two blocks of parameters lie in the same place. */
function checkPlaces(module, blocks) {
  const inOrder = [...blocks].sort((a, b) => a.start - b.start);
  inOrder.forEach(({ start }, i) => {
    if (i > 0 && start < inOrder[i - 1].end) throw new Error(`${module}: two blocks of parameters lie at ${start}`);
  });
}

function textOf(module) {
  const functions = [];
  for (const path of entriesOf(module))
    forEachExport(join(root, path), (name, node) => {
      if (!ts.isFunctionDeclaration(node))
        fail(node, "a file of a module exports functions; put others into _shared.ts");
      functions.push(functionOf(name, node));
    });
  const constants = new Map();
  const [enums, classes] = [[], []];
  const shared = join(sources, module, "_shared.ts");
  if (existsSync(shared))
    forEachExport(shared, (name, node, statement) => {
      if (ts.isEnumDeclaration(node)) enums.push(enumOf(name, node, statement));
      else if (ts.isClassDeclaration(node)) classes.push([name, node, statement]);
      else constants.set(name, { value: valueOf(node.initializer), doc: docOf(statement) });
    });
  const blocks = classes.map(([name, node, statement]) => blockOf(name, node, statement, constants));
  checkPlaces(module, blocks);
  const numbers = [...constants].map(([name, { value, doc }]) => `${doc}export const ${name} = ${value};`);
  const type = `${module[0].toUpperCase()}${module.slice(1)}Module`;
  return [
    `// Written by scripts/seam.mjs from kernel/simd/assembly/${module}: change that, and run npm run build -- simd.`,
    [...numbers].join("\n"),
    ...enums,
    ...blocks.map(({ text }) => text),
    `/** What the module exports. Arguments are addresses of its memory, counts and flags; a bool comes back as 0 or 1. */
export interface ${type} {\n${functions.join("\n")}\n}`,
  ].join("\n\n");
}

/** The generated files by their paths. */
async function seamFiles() {
  const options = await prettier.resolveConfig(join(root, "package.json"));
  const files = new Map();
  for (const module of modulesOf())
    files.set(
      join(target, `${module}.ts`),
      await prettier.format(textOf(module), { ...options, parser: "typescript" }),
    );
  return files;
}

const current = (path) => (existsSync(path) ? readFileSync(path, "utf8") : undefined);

/** Writes what has changed. */
export async function writeSeam() {
  for (const [path, text] of await seamFiles()) if (current(path) !== text) writeFileSync(path, text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes("--check")) await writeSeam();
  else
    for (const [path, text] of await seamFiles())
      if (current(path) !== text) {
        console.error(`${relative(root, path)} is not what its sources say: npm run build -- simd`);
        process.exitCode = 1;
      }
}
