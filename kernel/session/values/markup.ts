/** What the tags `html`, `svg` and `markdown` do with the values of their templates: each stands in the page as the text that it is. */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For HTML and SVG, in text and in quoted attributes. */
export const escapeMarkupText = (text: string): string => text.replace(/[&<>"']/g, (letter) => entities[letter]);

/** For Markdown with mathematics and links: every sign that could mean something gets a backslash, and a line break, which could begin a
 *  heading or a list, becomes a blank. */
export const escapeMarkdown = (text: string): string =>
  text.replace(/\s*[\r\n]\s*/g, " ").replace(/[\\`*_{}[\]()#+\-.!|<>~$&:@^"'=/]/g, "\\$&");

/** SVG as a file of its own needs it: one `<svg>` around it, in the namespace of SVG. */
export function wholePicture(source: string): string {
  const text = source.trim();
  const root = /^(?:<\?xml[^>]*\?>\s*|<!DOCTYPE[^>]*>\s*|<!--[^]*?-->\s*)*<svg\b([^>]*)>/i.exec(text);
  const namespace = 'xmlns="http://www.w3.org/2000/svg"';
  if (root === null) return `<svg ${namespace}>${text}</svg>`;
  if (/\bxmlns\s*=/.test(root[1])) return text;
  return text.replace(/<svg\b/i, (start) => `${start} ${namespace}`);
}
