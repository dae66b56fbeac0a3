import type { Report } from "../../kernel/report/types";
import { paints } from "./colours";
import type { Annotation, Figure } from "./figure";
import { mapFigure } from "./map";
import { bits, bytes, count } from "./numbers";
import { rowsFigure } from "./rows";
import { visibleVariants, type ViewState } from "./state";
import { plotlyText, shorten, textWidth } from "./text";
import { lightTheme, type Theme } from "./theme";

const headHeight = 30;
const lineHeight = 20;

/** The figure as it is downloaded: on white whatever the screen's theme, with the model's name and the legend that the page shows
 *  beside the figure. */
export function paperFigure(report: Report, state: ViewState, width: number, theme: Theme = lightTheme): Figure {
  const { figure } =
    state.layout === "map" ? mapFigure(report, state, theme, width) : rowsFigure(report, state, theme, width);
  const { layout } = figure;
  const entries = legend(report, state, width - 16);
  const lines = entries.length === 0 ? 0 : entries[entries.length - 1].line + 1;
  const extra = headHeight + lines * lineHeight;
  const pixelX = (x: number): number => (x - layout.margin.l) / (width - layout.margin.l - layout.margin.r);
  const paint = paints(report.variants.length, visibleVariants(report, state));
  const base = {
    xref: "paper",
    yref: "paper",
    yanchor: "middle",
    xanchor: "left",
    showarrow: false,
    captureevents: false,
  } as const;
  const head: Annotation[] = [
    {
      ...base,
      text: `<b>${plotlyText(shorten(report.model.name, 60))}</b>  <span style="color:${theme.muted}">${plotlyText(`${count(report.model.parameters)} parameters · ${bytes(report.model.bytes)}`)}</span>`,
      x: pixelX(2),
      y: 1,
      yshift: layout.margin.t + extra - 14,
      font: { size: theme.fontSize + 2, color: theme.text },
    },
    ...entries.map((entry) => ({
      ...base,
      text: `<span style="color:${paint[entry.variant].colour}">${glyphs[paint[entry.variant].symbol]}</span>  ${plotlyText(entry.text)}`,
      x: pixelX(entry.x),
      y: 1,
      yshift: layout.margin.t + extra - headHeight - lineHeight * (entry.line + 0.5),
      font: { size: theme.fontSize, color: theme.text },
    })),
  ];
  const height = layout.height + extra;
  return {
    data: figure.data,
    layout: {
      ...layout,
      height,
      margin: { ...layout.margin, t: layout.margin.t + extra },
      annotations: [...layout.annotations, ...head],
    },
  };
}

/** Plotly's marks as characters. */
const glyphs: Readonly<Record<string, string>> = {
  circle: "●",
  square: "■",
  diamond: "◆",
  "triangle-up": "▲",
  "triangle-down": "▼",
  pentagon: "⬟",
  hexagon: "⬢",
  star: "★",
};

interface Entry {
  readonly variant: number;
  readonly text: string;
  readonly x: number;
  readonly line: number;
}

/** The variants with their sizes, set in lines. The map names its variants itself. */
function legend(report: Report, state: ViewState, width: number): readonly Entry[] {
  if (state.layout === "map" && visibleVariants(report, state).length > 1) return [];
  const entries: Entry[] = [];
  let x = 4;
  let line = 0;
  for (const variant of visibleVariants(report, state)) {
    const { name, bytes: size, bitsPerWeight } = report.variants[variant];
    const text = `${shorten(name, 48)} · ${bytes(size)} · ${bits(bitsPerWeight)} bits/weight`;
    const room = textWidth(text, 12) + 36;
    if (x > 4 && x + room > width) {
      x = 4;
      line++;
    }
    entries.push({ variant, text, x, line });
    x += room;
  }
  return entries;
}
