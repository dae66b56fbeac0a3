/** Jupyter counts cursor positions in Unicode code points, JavaScript in UTF-16 code units: `𝒳` is 1 there and 2 here. */

/** UTF-16 offset of the `position`-th code point of `text`; positions outside the text are moved to its ends. */
export function utf16Offset(text: string, position: number): number {
  let offset = 0;
  for (let i = 0; i < position && offset < text.length; i++) offset += codeUnits(text, offset);
  return offset;
}

/** Number of code points before the UTF-16 `offset`; an offset inside a pair counts as after it. */
export function codePointPosition(text: string, offset: number): number {
  let position = 0;
  for (let at = 0; at < offset && at < text.length; position++) at += codeUnits(text, at);
  return position;
}

function codeUnits(text: string, offset: number): 1 | 2 {
  return (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
}
