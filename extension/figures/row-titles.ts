import type { Annotation } from "./figure";
import type { Column } from "./row-columns";
import type { Row } from "./row-places";
import { plotlyText, shorten, textWidth } from "./text";
import type { Theme } from "./theme";

/** Room for what stands above a band's columns, in pixels. */
export const headingHeight = 26;

/** Room between columns, in pixels; a title may reach into it. */
export const panelGap = 26;

/** Block names at the far left, one at the first row of each block. */
export function blockNames(
  rows: readonly Row[],
  yref: string,
  left: number,
  blockWidth: number,
  theme: Theme,
): readonly Annotation[] {
  if (blockWidth === 0) return [];
  return rows
    .filter((row) => row.block !== "")
    .map((row) => ({
      text: plotlyText(row.block),
      x: 0,
      y: row.y,
      xref: "paper",
      yref,
      xanchor: "left",
      yanchor: "middle",
      xshift: -left + 2,
      showarrow: false,
      captureevents: false,
      font: { size: theme.fontSize - 1, color: theme.muted },
    }));
}

/** What stands above the columns of a band where these are named after variants. */
export function bandHeading(
  { title, note }: { title: string; note: string },
  y: number,
  left: number,
  upper: number,
  theme: Theme,
): Annotation {
  return {
    text: `<b>${plotlyText(title)}</b><span style="color:${theme.muted}">${plotlyText(`  ${note}`)}</span>`,
    x: 0,
    y,
    xref: "paper",
    yref: "paper",
    xanchor: "left",
    yanchor: "bottom",
    xshift: -left + 2,
    yshift: 8 + headingHeight + upper,
    align: "left",
    showarrow: false,
    captureevents: false,
    font: { size: theme.fontSize + 1, color: theme.text },
  };
}

/** The title of a column, with its note where there is room, and the word over what lost nothing. */
export function columnTitle(
  column: Column,
  x: number,
  y: number,
  size: number,
  theme: Theme,
  { x: xref, upper }: { readonly x: string; readonly upper: number },
): readonly Annotation[] {
  const room = size + panelGap - 8;
  const note = `  ${column.note}`;
  const fits =
    column.note !== "" && textWidth(column.title, theme.fontSize + 1) * 1.06 + textWidth(note, theme.fontSize) < room;
  const title = shorten(fits ? column.title : column.brief, Math.max(8, Math.floor(room / 7.2)));
  const common = { showarrow: false, captureevents: false, yref: "paper", y, yanchor: "bottom" } as const;
  const titles: Annotation[] = [
    {
      ...common,
      text: `<b>${plotlyText(title)}</b>${fits ? `<span style="color:${theme.muted}">${plotlyText(note)}</span>` : ""}`,
      x,
      xref: "paper",
      xanchor: "left",
      yshift: 8 + upper,
      xshift: -1,
      align: "left",
      font: { size: theme.fontSize, color: theme.text },
    },
  ];
  if (column.scale.lossless !== null)
    titles.push({
      ...common,
      text: "lossless",
      // Annotations stand in decades on a logarithmic axis.
      x: column.scale.logarithmic ? Math.log10(column.scale.lossless) : column.scale.lossless,
      xref,
      xanchor: "center",
      yshift: -4 + (upper && upper - 2),
      font: { size: theme.fontSize - 2, color: theme.muted },
    });
  return titles;
}
