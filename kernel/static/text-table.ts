/** Columns of plain text that line up in a monospaced font. */

/** Cells that a character takes in a terminal: 2 for East Asian wide and emoji, 0 for combining marks, else 1. */
function cellsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (/\p{Mn}|\p{Me}/u.test(character)) return 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}

/** Cells that a text takes in a terminal. */
export function cellWidth(text: string): number {
  let width = 0;
  for (const character of text) width += cellsOf(character);
  return width;
}

/** To which side of its column a cell keeps. */
export type Alignment = "left" | "right";

function pad(text: string, width: number, alignment: Alignment): string {
  const blank = " ".repeat(Math.max(0, width - cellWidth(text)));
  return alignment === "left" ? text + blank : blank + text;
}

/** Pads every column to its widest cell. A row that is a string is a line of its own and widens nothing. */
export function alignColumns(
  rows: readonly (readonly string[] | string)[],
  alignments: readonly Alignment[],
  gap = "  ",
): string[] {
  const widths = alignments.map((_, column) =>
    rows.reduce(
      (widest, row) => (typeof row === "string" ? widest : Math.max(widest, cellWidth(row[column] ?? ""))),
      0,
    ),
  );
  return rows.map((row) =>
    typeof row === "string"
      ? row
      : row
          .map((cell, column) => pad(cell, widths[column], alignments[column]))
          .join(gap)
          .trimEnd(),
  );
}
