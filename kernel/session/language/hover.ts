/** Hover: the signature of what is under the cursor, and its documentation. */
import path from "node:path";
import type TS from "typescript";
import type { Look } from "./compiler";
import { isPage } from "./declarations";
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

/** The name at `position`, an offset into the cell's file. */
function nameAt({ ts, file }: Look, position: number): TS.Node | undefined {
  let found: TS.Node | undefined;
  const visit = (node: TS.Node): void => {
    if (position < node.getFullStart() || position > node.getEnd()) return;
    if ((ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) && position >= node.getStart(file)) found = node;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** What the name means, behind imports. */
function symbolAt({ ts, program }: Look, name: TS.Node | undefined): TS.Symbol | undefined {
  const checker = program.getTypeChecker();
  const symbol = name && checker.getSymbolAtLocation(name);
  return symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** Where a symbol is declared: "quantize/linear.d.ts, line 12". */
function declaredAt({ file }: Look, symbol: TS.Symbol | undefined): string | undefined {
  const declaration = symbol?.declarations?.[0];
  const home = declaration?.getSourceFile();
  if (declaration === undefined || home === undefined) return undefined;
  if (home === file || isPage(home)) return "a cell of this notebook";
  const line = home.getLineAndCharacterOfPosition(declaration.getStart(home)).line + 1;
  const modules = home.fileName.lastIndexOf("/node_modules/");
  const library = path.join(kernelRoot, "lib", "kernel").replaceAll("\\", "/") + "/";
  if (home.fileName.startsWith(library)) return `codebook/${home.fileName.slice(library.length)}, line ${line}`;
  const name = modules < 0 ? path.basename(home.fileName) : home.fileName.slice(modules + "/node_modules/".length);
  return `${name}, line ${line}`;
}

/** What is to be shown of a name or a call. */
interface Explained {
  readonly signature: string;
  readonly documentation: string;
  readonly tags: readonly TS.JSDocTagInfo[];
  readonly where: string | undefined;
}

/** The name at `cursor`, an offset into the cell. */
function explainName(look: Look, cursor: number, detail: 0 | 1): Explained | undefined {
  const { language, file, head } = look;
  const symbol = symbolAt(look, nameAt(look, cursor + head));
  language.readComments(symbol);
  const info = language.service.getQuickInfoAtPosition(file.fileName, cursor + head);
  const signature = join(info?.displayParts);
  // Of a name that is not there TypeScript says that it is of any type.
  if (info === undefined || signature === "" || (symbol === undefined && signature === "any")) return undefined;
  return {
    signature,
    documentation: join(info.documentation).trim(),
    tags: info.tags ?? [],
    where: detail === 1 ? declaredAt(look, symbol) : undefined,
  };
}

/** The call whose brackets the cursor is in: its signature, with the parameter that is written. */
function explainCall(look: Look, cursor: number): Explained | undefined {
  const { ts, language, file, head } = look;
  const position = cursor + head;
  let call: TS.CallExpression | TS.NewExpression | undefined;
  const visit = (node: TS.Node): void => {
    if (position <= node.getStart(file) || position > node.getEnd()) return;
    const isCall = ts.isCallExpression(node) || ts.isNewExpression(node);
    if (isCall && position > node.expression.getEnd()) call = node;
    ts.forEachChild(node, visit);
  };
  visit(file);
  const name = call && (ts.isPropertyAccessExpression(call.expression) ? call.expression.name : call.expression);
  language.readComments(symbolAt(look, name));
  const help = language.service.getSignatureHelpItems(file.fileName, position, undefined);
  const item = help?.items[help.selectedItemIndex];
  if (help === undefined || item === undefined) return undefined;
  const parameters = item.parameters
    .map((parameter) => join(parameter.displayParts))
    .join(join(item.separatorDisplayParts));
  const now = item.parameters[help.argumentIndex];
  const aboutNow = now && join(now.documentation).trim();
  const others = help.items.length > 1 ? ` (+${help.items.length - 1} more)` : "";
  return {
    signature: join(item.prefixDisplayParts) + parameters + join(item.suffixDisplayParts) + others,
    documentation: [
      now === undefined ? "" : `\`${join(now.displayParts)}\`${aboutNow ? `: ${aboutNow}` : ""}`,
      join(item.documentation).trim(),
    ]
      .filter((part) => part !== "")
      .join("\n\n"),
    tags: item.tags.filter(({ name: tag }) => tag !== "param"),
    where: undefined,
  };
}

/** The signature and documentation of the name at `cursor`, a UTF-16 offset into the cell, or of the call whose arguments the cursor is among. */
export function hover(
  look: Look,
  source: string,
  cursor: number,
  detail: 0 | 1,
): { found: boolean; data: Record<string, unknown> } {
  // Front ends put the cursor inside a word, behind it, or behind the bracket of a call.
  const behindBracket = /[([,\s]/.test(source.charAt(cursor - 1));
  const positions = [cursor, cursor - 1].filter((position) => position >= 0);
  let found: Explained | undefined;
  for (const position of positions) found ??= explainName(look, position, detail);
  if (behindBracket && source.charAt(cursor - 2) !== "")
    found ??= explainCall(look, cursor) ?? explainName(look, cursor - 2, detail);
  found ??= explainCall(look, cursor);
  if (found === undefined) return { found: false, data: {} };
  const { signature, documentation, tags, where } = found;
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
