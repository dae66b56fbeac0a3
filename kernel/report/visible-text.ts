/** Names are data: they may hold anything, and must stand as text wherever they are shown. Pure; imports nothing. */

/** Characters that would not be seen, or would turn what follows: control characters, line and paragraph separators, bidirectional
 *  marks, zero-width characters, unpaired surrogates. */
const invisible =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The name with its invisible characters written out: a line feed becomes "\u{a}". */
export function visibleText(text: string): string {
  return text.replace(invisible, (c) => `\\u{${c.charCodeAt(0).toString(16)}}`);
}

/** For XML and HTML, in text and in quoted attributes. */
export function escapeMarkup(text: string): string {
  return visibleText(text)
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#39;");
}

/** Width of the text at font size 1, on the wide side (DejaVu Sans, the widest of the usual system fonts), so that what fits here
 *  fits everywhere. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0x1100) width += code === 0x2026 || (code >= 0x2010 && code <= 0x2027) ? 1 : 1.05;
    else if (/[iljI.,:;|!'`]/.test(character)) width += 0.34;
    else if (/[ ftr()[\]/\\"-]/.test(character)) width += 0.41;
    else if (/[mwMW@%&]/.test(character)) width += 0.98;
    else if (/[A-Z~+=<>^#]/.test(character)) width += 0.78;
    else if (code > 0x24f) width += 0.85;
    else width += 0.64;
  }
  return width;
}

/** Cuts the middle out with an ellipsis, by characters, so that `measure` of the result is at most `limit`. Both ends stay: the
 *  end of a layer's name tells most. */
export function shortenMiddle(
  text: string,
  limit: number,
  measure: (text: string) => number = (t) => [...t].length,
): string {
  if (measure(text) <= limit) return text;
  const characters = [...text];
  for (let keep = characters.length - 1; keep > 0; keep--) {
    const tail = Math.ceil(keep * 0.6);
    const short = characters.slice(0, keep - tail).join("") + "…" + characters.slice(characters.length - tail).join("");
    if (measure(short) <= limit) return short;
  }
  return "…";
}
