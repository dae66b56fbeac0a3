/** Hover: the signature of what is under the cursor, and its documentation. */
import path from "node:path";
import type TS from "typescript";
import type { Compiler } from "./compiler";
import { kernelRoot } from "./packages";

const join = (parts: readonly TS.SymbolDisplayPart[] | undefined) => (parts ?? []).map((part) => part.text).join("");

/** `@param name text`, `@returns text`, … as Markdown. */
function tagLine(tag: TS.JSDocTagInfo): string {
  const text = join(tag.text).trim();
  if (tag.name === "param") {
    const [, name = "", rest = ""] = /^(\S+)\s*-?\s*([\s\S]*)$/.exec(text) ?? [];
    return `- \`${name}\`${rest === "" ? "" : `: ${rest}`}`;
  }
  if (tag.name === "example") return `**Example**\n\n\`\`\`ts\n${text}\n\`\`\``;
  const title = tag.name.charAt(0).toUpperCase() + tag.name.slice(1);
  return text === "" ? `**${title}**` : `**${title}** ${text}`;
}

function tagText(tag: TS.JSDocTagInfo): string {
  return `@${tag.name} ${join(tag.text).trim()}`.trimEnd();
}

/** Where the symbol at `position` is declared: "quantize/linear.d.ts, line 12". */
function declaredAt(compiler: Compiler, position: number): string | undefined {
  const { ts } = compiler;
  const program = compiler.currentProgram();
  const file = program?.getSourceFiles().find(({ fileName }) => fileName.endsWith("/__tslab__.ts"));
  if (program === undefined || file === undefined) return undefined;
  const hidden = file.text.indexOf("\n") + 1;
  let found: TS.Identifier | undefined;
  const visit = (node: TS.Node): void => {
    if (position + hidden < node.getFullStart() || position + hidden > node.getEnd()) return;
    if (ts.isIdentifier(node) && position + hidden >= node.getStart(file)) found = node;
    ts.forEachChild(node, visit);
  };
  visit(file);
  if (found === undefined) return undefined;
  const checker = program.getTypeChecker();
  let symbol = checker.getSymbolAtLocation(found);
  if (symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
  const declaration = symbol?.declarations?.[0];
  const home = declaration?.getSourceFile();
  if (declaration === undefined || home === undefined) return undefined;
  if (home === file || home.fileName.endsWith("/__prev__.d.ts")) return "a cell of this notebook";
  const line = home.getLineAndCharacterOfPosition(declaration.getStart(home)).line + 1;
  const modules = home.fileName.lastIndexOf("/node_modules/");
  const library = path.join(kernelRoot, "lib", "kernel").replaceAll("\\", "/") + "/";
  if (home.fileName.startsWith(library)) return `codebook/${home.fileName.slice(library.length)}, line ${line}`;
  const name = modules < 0 ? path.basename(home.fileName) : home.fileName.slice(modules + "/node_modules/".length);
  return `${name}, line ${line}`;
}

/** The signature and documentation of the name at `cursor`, a UTF-16 offset into `code`. */
export function hover(
  compiler: Compiler,
  declarations: string,
  source: string,
  cursor: number,
  detail: 0 | 1,
): { found: boolean; data: Record<string, unknown> } {
  // Front ends put the cursor inside a word, behind it, or behind the bracket of a call.
  const positions = [cursor, cursor - 1].concat(/[([,\s]/.test(source.charAt(cursor - 1)) ? [cursor - 2] : []);
  let info: TS.QuickInfo | undefined;
  let at = cursor;
  for (const position of positions) {
    if (position < 0) continue;
    info = compiler.inspect(declarations, source, position);
    at = position;
    if (info?.displayParts !== undefined && info.displayParts.length > 0) break;
  }
  if (info?.displayParts === undefined || info.displayParts.length === 0) return { found: false, data: {} };
  const signature = join(info.displayParts);
  const documentation = join(info.documentation).trim();
  const tags = info.tags ?? [];
  const where = detail === 1 ? declaredAt(compiler, at) : undefined;
  const plain = [
    signature,
    documentation,
    tags.map(tagText).join("\n"),
    where === undefined ? "" : `Declared in ${where}`,
  ];
  const markdown = [
    `\`\`\`ts\n${signature}\n\`\`\``,
    documentation,
    tags.map(tagLine).join("\n"),
    where === undefined ? "" : `Declared in \`${where}\``,
  ];
  const text = (parts: string[]) => parts.filter((part) => part !== "").join("\n\n");
  return { found: true, data: { "text/plain": text(plain), "text/markdown": text(markdown) } };
}
