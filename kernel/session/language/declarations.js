"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.isPage = exports.pageFile = exports.Declarations = void 0;
/** A page beyond these is full. */
const fullAt = { entries: 64, characters: 16_384 };
let versions = 0;
function pageOf(number, entries) {
    const names = [...new Set(entries.flatMap((entry) => entry.names))];
    const text = [...entries.map((entry) => entry.text), `export { ${names.join(", ")} };`, ""].join("\n");
    return { number, version: ++versions, text, entries };
}
const wordsOf = (text) => new Set(text.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu) ?? []);
function namesOf(ts, statement) {
    const names = [];
    const bind = (name) => {
        if (ts.isIdentifier(name))
            names.push(name.text);
        else
            for (const element of name.elements)
                if (ts.isBindingElement(element))
                    bind(element.name);
    };
    if (ts.isVariableStatement(statement))
        statement.declarationList.declarations.forEach(({ name }) => bind(name));
    else if (ts.isImportDeclaration(statement)) {
        const { name, namedBindings } = statement.importClause ?? {};
        if (name !== undefined)
            names.push(name.text);
        if (namedBindings !== undefined && ts.isNamespaceImport(namedBindings))
            names.push(namedBindings.name.text);
        else
            namedBindings?.elements.forEach((element) => names.push(element.name.text));
    }
    else {
        const { name } = statement;
        const isGlobal = (statement.flags & ts.NodeFlags.GlobalAugmentation) !== 0;
        if (name !== undefined && ts.isIdentifier(name) && !isGlobal)
            names.push(name.text);
    }
    return names;
}
const meanings = { value: 1, type: 2 };
function meaningOf(ts, statement) {
    if (ts.isVariableStatement(statement) || ts.isFunctionDeclaration(statement))
        return meanings.value;
    if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
        return meanings.type;
    return ts.isImportDeclaration(statement) ? 0 : meanings.value | meanings.type;
}
/** The declarations that a cell sees. It never changes: `with` gives those that the next cell sees. */
class Declarations {
    pages;
    ambient;
    static none = new Declarations([], []);
    /** `ambient` are texts with `declare module "name"`. */
    constructor(pages, ambient) {
        this.pages = pages;
        this.ambient = ambient;
    }
    /** These and a text of `declare module "name"`. */
    withAmbient(text) {
        const own = text.trim();
        return own === "" || this.ambient.includes(own) ? this : new Declarations(this.pages, [...this.ambient, own]);
    }
    /** These and the declarations of one more cell, as the compiler emits them. */
    with(ts, text) {
        const file = ts.createSourceFile("cell.d.ts", text, ts.ScriptTarget.ESNext, true);
        const known = new Set(this.pages.flatMap(({ entries }) => entries.map((entry) => entry.text)));
        const added = [];
        for (const statement of file.statements) {
            if (ts.isExportDeclaration(statement) || ts.isEmptyStatement(statement))
                continue;
            const own = statement.getFullText(file).trim();
            const names = namesOf(ts, statement);
            if (names.length > 0 || !known.has(own))
                added.push({ text: own, names, meaning: meaningOf(ts, statement), words: wordsOf(own) });
        }
        if (added.length === 0)
            return this;
        const names = new Set(added.flatMap((entry) => entry.names));
        const declares = ({ entries }) => entries.some((entry) => entry.names.some((name) => names.has(name)));
        const kept = this.pages.some(declares) ? withoutHidden(this.pages, added) : this.pages;
        const last = kept.at(-1);
        if (last === undefined || declares(last) || isFull(last))
            return new Declarations([...kept, pageOf((this.pages.at(-1)?.number ?? 0) + 1, added)], this.ambient);
        return new Declarations([...kept.slice(0, -1), pageOf(last.number, [...last.entries, ...added])], this.ambient);
    }
}
exports.Declarations = Declarations;
/** The pages without what later declarations hide and nothing speaks of. */
function withoutHidden(pages, added) {
    const rows = [...pages.map(({ entries }) => entries), added];
    /** The row from which on `entry` of row `row` cannot be seen by `name`. */
    const hiddenFrom = (entry, row, name) => rows.findIndex((others, later) => later > row && others.some((other) => hides(other, entry, name)));
    const isFree = (entry, row, number) => {
        if (entry.names.length === 0)
            return false;
        const file = (0, exports.pageFile)(number);
        if (rows.some((others) => others.some((other) => other.words.has(file))))
            return false;
        return entry.names.every((name) => {
            const end = hiddenFrom(entry, row, name);
            const isSpoken = (other) => other.words.has(name) && !other.names.includes(name);
            return end > 0 && !rows.slice(row, end).some((others) => others.some(isSpoken));
        });
    };
    let isChanged = false;
    const kept = pages.flatMap((page, row) => {
        const entries = page.entries.filter((entry) => !isFree(entry, row, page.number));
        if (entries.length === page.entries.length)
            return [page];
        isChanged = true;
        return entries.length === 0 ? [] : [pageOf(page.number, entries)];
    });
    return isChanged ? withoutHidden(kept, added) : kept;
}
/** Whether nothing of what `entry` means by `name` can be seen behind `other`. */
function hides(other, entry, name) {
    if (!other.names.includes(name))
        return false;
    return other.text === entry.text || (entry.meaning !== 0 && (entry.meaning & ~other.meaning) === 0);
}
/** The word by which declarations of other pages speak of a page: `import("./__cells_3__").Name`. */
const pageFile = (number) => `__cells_${number}__`;
exports.pageFile = pageFile;
/** True for the file of a page. */
const isPage = (file) => /\/__cells_\d+__\.d\.ts$/.test(file.fileName);
exports.isPage = isPage;
function isFull({ entries, text }) {
    return entries.length >= fullAt.entries || text.length >= fullAt.characters;
}
//# sourceMappingURL=declarations.js.map