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
/** The declarations that a cell sees. It never changes: `with` gives those that the next cell sees. */
export declare class Declarations {
    readonly pages: readonly Page[];
    readonly ambient: readonly string[];
    static readonly none: Declarations;
    /** `ambient` are texts with `declare module "name"`. */
    private constructor();
    /** These and a text of `declare module "name"`. */
    withAmbient(text: string): Declarations;
    /** These and the declarations of one more cell, as the compiler emits them. */
    with(ts: typeof TS, text: string): Declarations;
}
/** The word by which declarations of other pages speak of a page: `import("./__cells_3__").Name`. */
export declare const pageFile: (number: number) => string;
/** True for the file of a page. */
export declare const isPage: (file: TS.SourceFile) => boolean;
export {};
