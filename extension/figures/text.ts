import { shortenMiddle, visibleText, widthOf } from "../../kernel/report/visible-text";

/** Names that come from a file are data: these functions let them stand in a figure as nothing but text. */

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", $: "&#36;" };

/** Text that plotly draws as it is: plotly reads `<…>` as markup, `&…;` as an entity and `$…$` as TeX, so these characters become
 *  entities, which plotly turns back after it has looked for markup. */
export function plotlyText(text: string): string {
  return visibleText(text).replace(/[&<>$]/g, (character) => entities[character]);
}

/** A name with its invisible characters written out. */
export const visible = visibleText;

/** At most `length` characters, the middle left out: the ends of a layer's name tell it from its neighbours. Only the ends of a very
 *  long name are looked at. */
export function shorten(text: string, length: number): string {
  const ends = text.length > 8 * length ? text.slice(0, 4 * length) + text.slice(-4 * length) : text;
  return shortenMiddle(ends, length);
}

/** Width in pixels that `text` takes at a font size, on the wide side. */
export const textWidth = (text: string, fontSize: number): number => Math.ceil(widthOf(visibleText(text)) * fontSize);
