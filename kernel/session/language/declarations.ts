/** What the cells before a cell have declared, as TypeScript declarations on pages: virtual files of which each sees those before it, as a block
 *  sees the block around it. A name that is declared again goes onto a later page and hides the earlier one, whose declaration stays while others
 *  speak of it: a value of an earlier cell keeps its type when the type's name gets a new meaning. A page that is full is never read again, so that
 *  neither the two-thousandth cell nor a large literal makes the next cells slow. */
import type TS from "typescript";

/** A statement of declarations. */
interface Entry {
  readonly text: string;
  /** What it declares; empty for `declare global`, which no later declaration hides. */
  readonly names: readonly string[];
  /** Whether its names are values, types or both; an import says neither. */
  readonly meaning: number;
  /** Identifiers that it speaks of. */
  readonly words: ReadonlySet<string>;
}

/** A virtual file of declarations. */
export interface Page {
  /** The number in the file's name. */
  readonly number: number;
  /** Differs whenever the text does. */
  readonly version: number;
  readonly text: string;
  readonly entries: readonly Entry[];
}

/** A page beyond these is full. */
const fullAt = { entries: 64, characters: 16_384 };

let versions = 0;

function pageOf(number: number, entries: readonly Entry[]): Page {
  const names = [...new Set(entries.flatMap((entry) => entry.names))];
  const text = [...entries.map((entry) => entry.text), `export { ${names.join(", ")} };`, ""].join("\n");
  return { number, version: ++versions, text, entries };
}

const wordsOf = (text: string): Set<string> => new Set(text.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? []);

function namesOf(ts: typeof TS, statement: TS.Statement): string[] {
  const names: string[] = [];
  const bind = (name: TS.BindingName): void => {
    if (ts.isIdentifier(name)) names.push(name.text);
    else for (const element of name.elements) if (ts.isBindingElement(element)) bind(element.name);
  };
  if (ts.isVariableStatement(statement)) statement.declarationList.declarations.forEach(({ name }) => bind(name));
  else if (ts.isImportDeclaration(statement)) {
    const { name, namedBindings } = statement.importClause ?? {};
    if (name !== undefined) names.push(name.text);
    if (namedBindings !== undefined && ts.isNamespaceImport(namedBindings)) names.push(namedBindings.name.text);
    else namedBindings?.elements.forEach((element) => names.push(element.name.text));
  } else {
    const { name } = statement as { name?: TS.Node };
    const isGlobal = (statement.flags & ts.NodeFlags.GlobalAugmentation) !== 0;
    if (name !== undefined && ts.isIdentifier(name) && !isGlobal) names.push(name.text);
  }
  return names;
}

const meanings = { value: 1, type: 2 };

function meaningOf(ts: typeof TS, statement: TS.Statement): number {
  if (ts.isVariableStatement(statement) || ts.isFunctionDeclaration(statement)) return meanings.value;
  if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return meanings.type;
  return ts.isImportDeclaration(statement) ? 0 : meanings.value | meanings.type;
}

/** The declarations that a cell sees. It never changes: `with` gives those that the next cell sees. */
export class Declarations {
  static readonly none = new Declarations([], []);

  /** `ambient` are texts with `declare module "name"`. */
  private constructor(
    readonly pages: readonly Page[],
    readonly ambient: readonly string[],
  ) {}

  /** These and a text of `declare module "name"`. */
  withAmbient(text: string): Declarations {
    const own = text.trim();
    return own === "" || this.ambient.includes(own) ? this : new Declarations(this.pages, [...this.ambient, own]);
  }

  /** These and the declarations of one more cell, as the compiler emits them. */
  with(ts: typeof TS, text: string): Declarations {
    const file = ts.createSourceFile("cell.d.ts", text, ts.ScriptTarget.ESNext, true);
    const known = new Set(this.pages.flatMap(({ entries }) => entries.map((entry) => entry.text)));
    const added: Entry[] = [];
    for (const statement of file.statements) {
      if (ts.isExportDeclaration(statement) || ts.isEmptyStatement(statement)) continue;
      const own = statement.getFullText(file).trim();
      const names = namesOf(ts, statement);
      if (names.length > 0 || !known.has(own))
        added.push({ text: own, names, meaning: meaningOf(ts, statement), words: wordsOf(own) });
    }
    if (added.length === 0) return this;
    const names = new Set(added.flatMap((entry) => entry.names));
    const declares = ({ entries }: Page) => entries.some((entry) => entry.names.some((name) => names.has(name)));
    const kept = this.pages.some(declares) ? withoutHidden(this.pages, added) : this.pages;
    const last = kept.at(-1);
    if (last === undefined || declares(last) || isFull(last))
      return new Declarations([...kept, pageOf((this.pages.at(-1)?.number ?? 0) + 1, added)], this.ambient);
    return new Declarations([...kept.slice(0, -1), pageOf(last.number, [...last.entries, ...added])], this.ambient);
  }
}

/** The pages without what later declarations hide and nothing speaks of. */
function withoutHidden(pages: readonly Page[], added: readonly Entry[]): readonly Page[] {
  const rows = [...pages.map(({ entries }) => entries), added];
  /** The row from which on `entry` of row `row` cannot be seen by `name`. */
  const hiddenFrom = (entry: Entry, row: number, name: string) =>
    rows.findIndex((others, later) => later > row && others.some((other) => hides(other, entry, name)));
  const isFree = (entry: Entry, row: number, number: number): boolean => {
    if (entry.names.length === 0) return false;
    const file = pageFile(number);
    if (rows.some((others) => others.some((other) => other.words.has(file)))) return false;
    return entry.names.every((name) => {
      const end = hiddenFrom(entry, row, name);
      const isSpoken = (other: Entry) => other.words.has(name) && !other.names.includes(name);
      return end > 0 && !rows.slice(row, end).some((others) => others.some(isSpoken));
    });
  };
  let isChanged = false;
  const kept = pages.flatMap((page, row) => {
    const entries = page.entries.filter((entry) => !isFree(entry, row, page.number));
    if (entries.length === page.entries.length) return [page];
    isChanged = true;
    return entries.length === 0 ? [] : [pageOf(page.number, entries)];
  });
  return isChanged ? withoutHidden(kept, added) : kept;
}

/** Whether nothing of what `entry` means by `name` can be seen behind `other`. */
function hides(other: Entry, entry: Entry, name: string): boolean {
  if (!other.names.includes(name)) return false;
  return other.text === entry.text || (entry.meaning !== 0 && (entry.meaning & ~other.meaning) === 0);
}

/** The word by which declarations of other pages speak of a page: `import("./__cells_3__").Name`. */
export const pageFile = (number: number): string => `__cells_${number}__`;

/** True for the file of a page. */
export const isPage = (file: TS.SourceFile): boolean => /\/__cells_\d+__\.d\.ts$/.test(file.fileName);

function isFull({ entries, text }: Page): boolean {
  return entries.length >= fullAt.entries || text.length >= fullAt.characters;
}
