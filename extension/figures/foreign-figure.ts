import type { Theme } from "./theme";

/** A figure of plotly's own, ready to be drawn. */
export interface ForeignFigure {
  readonly data: readonly object[];
  readonly layout: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly frames: readonly object[];
}

/** The kinds of traces in the cartesian build of plotly; it would draw any other as points. */
export const drawnTraces: ReadonlySet<string> = new Set([
  ...["scatter", "bar", "box", "heatmap", "histogram", "histogram2d", "histogram2dcontour", "image", "pie", "contour"],
  ...["scatterternary", "violin"],
]);

type Checked =
  { readonly ok: true; readonly figure: ForeignFigure } | { readonly ok: false; readonly sentence: string };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const cannot = (reason: string): Checked => ({ ok: false, sentence: `This plotly figure cannot be drawn: ${reason}.` });

/** Saved JSON → a figure in the page's theme, or the sentence that says why not. What the figure says of its colours and type stays. */
export function foreignFigure(saved: unknown, theme: Theme): Checked {
  if (!isRecord(saved) || !Array.isArray(saved.data) || !saved.data.every(isRecord))
    return cannot("it is not { data: [ … ], layout: { … } }");
  const data = saved.data as readonly Record<string, unknown>[];
  const kinds = data.map(({ type }) => (typeof type === "string" ? type : "scatter"));
  // WebGL's twin of scatter is drawn as scatter: the same picture, more slowly.
  const missing = [...new Set(kinds)].filter((kind) => !drawnTraces.has(kind) && kind !== "scattergl");
  if (missing.length > 0)
    return cannot(
      `${missing.slice(0, 5).join(", ")} ${missing.length > 1 ? "are" : "is"} not in this build of plotly, which draws ${[...drawnTraces].join(", ")}`,
    );
  const layout = isRecord(saved.layout) ? saved.layout : {};
  const axes = Object.fromEntries(
    ["xaxis", "yaxis"].map((axis) => [
      axis,
      { gridcolor: theme.grid, zerolinecolor: theme.grid, ...record(layout[axis]) },
    ]),
  );
  return {
    ok: true,
    figure: {
      data: data.map((trace) => (trace.type === "scattergl" ? { ...trace, type: "scatter" } : trace)),
      layout: {
        autosize: true,
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        ...layout,
        ...axes,
        font: { family: theme.fontFamily, size: theme.fontSize, color: theme.text, ...record(layout.font) },
      },
      config: {
        displaylogo: false,
        typesetMath: false,
        responsive: true,
        ...record(saved.config),
        plotlyServerURL: "",
      },
      frames: Array.isArray(saved.frames) ? saved.frames.filter(isRecord) : [],
    },
  };
}

const record = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});
