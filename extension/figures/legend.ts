import type { Annotation, Figure, Layout } from "./figure";
import { plotlyText, shorten, textWidth } from "./text";
import type { Theme } from "./theme";

const headHeight = 30;
const lineHeight = 20;

/** Plotly's marks as characters. */
export const glyphs: Readonly<Record<string, string>> = {
  circle: "●",
  square: "■",
  diamond: "◆",
  "triangle-up": "▲",
  "triangle-down": "▼",
  pentagon: "⬟",
  hexagon: "⬢",
  star: "★",
};

/** A line of the legend: a mark in its colour, and what it stands for. */
export interface LegendEntry {
  /** A character. */
  readonly mark: string;
  readonly colour: string;
  readonly text: string;
}

/** A figure with a head above it: a name, a quiet line, and the legend set in lines, as the page shows them beside the figure. */
export function withHead(
  { data, layout }: Figure,
  title: { readonly name: string; readonly facts: string },
  entries: readonly LegendEntry[],
  theme: Theme,
): Figure {
  const placed = setInLines(entries, layout.width - 16);
  const lines = placed.reduce((most, { line }) => Math.max(most, line + 1), 0);
  const extra = headHeight + lines * lineHeight;
  const top = layout.margin.t + extra;
  const head = (pixel: number, up: number, text: string, size: number): Annotation => ({
    ...{ xref: "paper", yref: "paper", xanchor: "left", yanchor: "middle", showarrow: false, captureevents: false },
    text,
    x: paperX(layout, pixel),
    y: 1,
    yshift: up,
    font: { size, color: theme.text },
  });
  const quiet = `<span style="color:${theme.muted}">${plotlyText(title.facts)}</span>`;
  return {
    data,
    layout: {
      ...layout,
      height: layout.height + extra,
      margin: { ...layout.margin, t: top },
      annotations: [
        ...layout.annotations,
        head(2, top - 14, `<b>${plotlyText(shorten(title.name, 60))}</b>  ${quiet}`, theme.fontSize + 2),
        ...placed.map(({ mark, colour, text, x, line }) => {
          const label = `<span style="color:${colour}">${mark}</span>  ${plotlyText(text)}`;
          return head(x, top - headHeight - lineHeight * (line + 0.5), label, theme.fontSize);
        }),
      ],
    },
  };
}

const paperX = ({ width, margin }: Layout, pixel: number): number => (pixel - margin.l) / (width - margin.l - margin.r);

function setInLines(entries: readonly LegendEntry[], width: number): (LegendEntry & { x: number; line: number })[] {
  let x = 4;
  let line = 0;
  return entries.map((entry) => {
    const room = textWidth(entry.text, 12) + 36;
    if (x > 4 && x + room > width) {
      x = 4;
      line++;
    }
    const placed = { ...entry, x, line };
    x += room;
    return placed;
  });
}
