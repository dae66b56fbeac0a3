import {
  axisPlace,
  axisTitle,
  betterWords,
  boundDashes,
  boundIndex,
  frameOf,
  linesInside,
  measuredCurves,
  relativeTo,
  type Frame,
  type Stretch,
} from "../../kernel/report/curve-geometry";
import type { CurveAxis, CurvesView } from "../../kernel/report/curves";
import { paints, type Paint } from "./colours";
import { lookOf, type Axis, type Figure, type Trace } from "./figure";
import { glyphs, withHead } from "./legend";
import { formatTick } from "./numbers";
import { plotlyText, shorten } from "./text";
import { lightTheme, type Theme } from "./theme";

/** What the reader chose. */
export interface CurvesState {
  /** The plane, or its points as a table. */
  readonly form: "figure" | "table";
  /** Indices of curves that are switched off. */
  readonly hidden: readonly number[];
  /** The curve that the others are drawn above, or null for the values as they are. */
  readonly baseline: number | null;
}

/** All curves, as they are. */
export const initialCurvesState: CurvesState = { form: "figure", hidden: [], baseline: null };

/** A measured point and where it stands, in the data coordinates of the axes. */
export interface CurveMark {
  readonly curve: number;
  readonly point: number;
  readonly x: number;
  readonly y: number;
}

/** A figure of curves, and where its points stand. */
export interface CurvesFigure {
  readonly figure: Figure;
  /** Curve by curve, ascending in x. */
  readonly marks: readonly CurveMark[];
  /** The plot's rectangle in pixels. */
  readonly plot: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

/** Colour and shape of each curve; what was measured takes the palette, bounds are grey. */
export function curvePaints(view: CurvesView, hidden: readonly number[]): readonly (Paint | null)[] {
  const measured = measuredCurves(view);
  const visible = measured.flatMap((at, index) => (hidden.includes(at) ? [] : [index]));
  const own = paints(measured.length, visible);
  return view.curves.map((_, at) => {
    const index = measured.indexOf(at);
    return index < 0 ? null : own[index];
  });
}

/** Plotly's words for the dashes of the static picture. */
const dashes = ["solid", "dash", "dot"];

const height = 420;
const margin = { l: 66, r: 16, t: 14, b: 48, pad: 0 } as const;

/** The curves that are on, over common axes, `width` pixels wide. */
export function curvesFigure(view: CurvesView, state: CurvesState, theme: Theme, width: number): CurvesFigure {
  const drawn = state.baseline === null ? view : relativeTo(view, state.baseline);
  const shown = view.curves.map((_, at) => at).filter((at) => !state.hidden.includes(at));
  const frame = frameOf(drawn, shown);
  const paint = curvePaints(view, state.hidden);
  const common = { xaxis: "x", yaxis: "y", hoverinfo: "skip", showlegend: false, type: "scatter" } as const;
  const lines: Trace[] = [];
  const dots: Trace[] = [];
  const marks: CurveMark[] = [];
  for (const at of shown) {
    const curve = drawn.curves[at];
    const own = paint[at];
    const dash = dashes[Math.max(0, boundIndex(view, at)) % boundDashes.length];
    const pieces = linesInside(drawn, curve, frame);
    if (pieces.length > 0)
      lines.push({
        ...common,
        mode: "lines",
        name: plotlyText(curve.name),
        x: pieces.flatMap((piece) => [...piece.map(([x]) => unplace(drawn.x, x)), null]),
        y: pieces.flatMap((piece) => [...piece.map(([, y]) => unplace(drawn.y, y)), null]),
        line: { color: own?.colour ?? theme.muted, width: 1.6, dash: own ? "solid" : dash },
      });
    if (!own) continue;
    const places = curve.points.flatMap((point, index) => {
      const x = axisPlace(drawn.x, point.x);
      const y = point.y === null ? frame.lossless : axisPlace(drawn.y, point.y);
      return y !== null && Number.isFinite(x) && Number.isFinite(y) ? [{ curve: at, point: index, x, y }] : [];
    });
    marks.push(...places);
    dots.push({
      ...common,
      mode: "markers",
      name: plotlyText(curve.name),
      x: places.map(({ x }) => unplace(drawn.x, x)),
      y: places.map(({ y }) => unplace(drawn.y, y)),
      marker: { color: own.colour, symbol: own.symbol, size: 9, line: { color: theme.background, width: 1 } },
      cliponaxis: false,
    });
  }
  return {
    marks,
    plot: { left: margin.l, top: margin.t, width: width - margin.l - margin.r, height: height - margin.t - margin.b },
    figure: {
      data: [...lines, ...dots],
      layout: {
        width,
        height,
        margin,
        ...lookOf(theme),
        annotations: [],
        axes: curveAxes(drawn, frame, theme),
        colorAxes: {},
      },
    },
  };
}

/** What stands at a place: on a logarithmic axis the place is a decade. Lines cut at the frame's edge so stay straight. */
const unplace = (axis: CurveAxis, place: number): number => (axis.scale === "log" ? 10 ** place : place);

function curveAxes(drawn: CurvesView, frame: Frame, theme: Theme): Record<string, Axis> {
  const axis = (own: CurveAxis, stretch: Stretch): Axis => ({
    type: own.scale,
    range: [stretch.low, stretch.high],
    tickmode: "array",
    tickvals: stretch.ticks,
    ticktext: stretch.ticks.map(formatTick),
    zeroline: false,
    fixedrange: false,
    automargin: false,
    tickfont: { size: theme.fontSize - 1, color: theme.muted },
    title: {
      text: plotlyText(axisTitle(own)) + betterWords(own, stretch === frame.y),
      font: { size: theme.fontSize, color: theme.text },
      standoff: 8,
    },
  });
  const up = axis(drawn.y, frame.y);
  return {
    xaxis: {
      ...axis(drawn.x, frame.x),
      showgrid: false,
      showline: true,
      linecolor: theme.faint,
      ticks: "outside",
      ticklen: 4,
      tickcolor: theme.faint,
    },
    yaxis: {
      ...up,
      showgrid: true,
      gridcolor: theme.grid,
      ticks: "",
      // Where nothing was lost the number is infinite: it has a line of its own beyond the axis.
      ...(frame.lossless === null
        ? {}
        : {
            tickvals: [...frame.y.ticks, unplace(drawn.y, frame.lossless)],
            ticktext: [...frame.y.ticks.map(formatTick), "lossless"],
          }),
    },
  };
}

/** The figure as it is downloaded: on white, with the name and the legend that the page shows beside it. */
export function curvesPaper(view: CurvesView, state: CurvesState, width: number): Figure {
  const { figure } = curvesFigure(view, state, lightTheme, width);
  const paint = curvePaints(view, state.hidden);
  const entries = view.curves.flatMap(({ name }, at) => {
    if (state.hidden.includes(at)) return [];
    const own = paint[at];
    const mark = own ? glyphs[own.symbol] : boundGlyphs[boundIndex(view, at) % boundGlyphs.length];
    return [{ mark, colour: own?.colour ?? lightTheme.muted, text: shorten(name, 48) }];
  });
  return withHead(figure, view, entries, lightTheme);
}

/** The dashes of bounds as characters. */
const boundGlyphs = ["──", "╌╌", "┈┈"];
