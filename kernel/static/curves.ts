/** Curves of a cell's own numbers, as a value that shows itself. */
import { OptionError } from "../errors";
import { checkChoice, checkOptionNames } from "../options";
import type { Curve, CurveAxis, CurvePoint, CurvesView } from "../report/curves";
import { curvesToHtml, curvesToText } from "./curves-forms";
import { bundleOf, displayed, type Displayed, type MimeBundle } from "./display";

/** An axis, as `curves` takes it. */
export interface CurveAxisOptions {
  /** What it counts: "bits per weight". */
  readonly label: string;
  /** "dB", "%"; none unless told. */
  readonly unit?: string;
  /** "linear" unless told. */
  readonly scale?: "linear" | "log";
  /** Which end is the good one, for the arrow beside the label and for where an infinite y stands. */
  readonly better?: "higher" | "lower";
}

/** A point as a pair, or with the text that its hover shows. */
export type CurvePointInput = readonly [x: number, y: number | null] | CurvePoint;

/** What `curves` takes. */
export interface CurvesOptions {
  /** What is studied, such as a model's name. */
  readonly name: string;
  /** A quiet line beside the name. */
  readonly facts?: string;
  /** The label of the horizontal axis, or more of it. */
  readonly x: string | CurveAxisOptions;
  /** The label of the vertical axis, or more of it. */
  readonly y: string | CurveAxisOptions;
  /** What was measured, by name; a y of `null` is infinite ("lossless"). */
  readonly curves: Readonly<Record<string, readonly CurvePointInput[]>>;
  /** What theory allows, drawn as grey lines; the reader may look at the curves as they lie above one of them. */
  readonly bounds?: Readonly<Record<string, readonly CurvePointInput[]>>;
}

const axisNames = ["label", "unit", "scale", "better"];

/** Curves that a cell shows as a figure, as a picture and table without the extension, and as text:
 *
 *      curves({ name: "MiniLM", x: "zeros (%)", y: { label: "SQNR", unit: "dB", better: "higher" },
 *               curves: { global: [[10, 33.1], [50, 12.7]], "per layer": [[10, 32.0], [50, 12.2]] } })
 *
 *  Points are put in order of x. `OptionError` for a number that is not finite, or a wrong word. Frozen plain JSON. */
export function curves(options: CurvesOptions): CurvesView & Displayed {
  checkOptionNames("curves", options, ["name", "facts", "x", "y", "curves", "bounds"]);
  const { name, facts = "", x, y, curves: measured, bounds = {} } = options;
  if (typeof name !== "string") throw new OptionError("curves(): name is the text that stands over the figure");
  const group = (kind: Curve["kind"], lines: CurvesOptions["curves"]): Curve[] =>
    Object.entries(lines).map(([title, points]) => ({ name: title, kind, points: pointsOf(title, points) }));
  const view: CurvesView = {
    version: 1,
    kind: "curves",
    name,
    facts,
    x: axisOf("x", x),
    y: axisOf("y", y),
    curves: [...group("measured", measured), ...group("bound", bounds)],
  };
  return displayCurves(view);
}

/** The forms of curves. */
export const curvesBundle = (view: CurvesView): MimeBundle => bundleOf(view, curvesToHtml, curvesToText);

/** The same for a view that is made already. */
export function displayCurves(view: CurvesView): CurvesView & Displayed {
  return displayed(view, curvesBundle);
}

function axisOf(which: string, axis: string | CurveAxisOptions): CurveAxis {
  if (typeof axis === "string") return { label: axis, unit: "", scale: "linear", better: null };
  checkOptionNames("curves", axis, axisNames);
  const { label, unit = "", scale = "linear", better } = axis;
  if (typeof label !== "string") throw new OptionError(`curves(): ${which} has no label`);
  return {
    label,
    unit,
    scale: checkChoice("curves", `${which}.scale`, scale, ["linear", "log"]),
    better:
      better === undefined ? null : checkChoice("curves", `${which}.better`, better, ["higher", "lower"] as const),
  };
}

function pointsOf(title: string, points: readonly CurvePointInput[]): CurvePoint[] {
  if (!Array.isArray(points)) throw new OptionError(`curves(): "${title}" is no list of points such as [[4, 19.1]]`);
  return points
    .map((point: CurvePointInput, at): CurvePoint => {
      const read: CurvePoint = isPair(point) ? { x: point[0], y: point[1] } : point;
      if (!Number.isFinite(read.x) || (read.y !== null && !Number.isFinite(read.y)))
        throw new OptionError(`curves(): point ${at} of "${title}" is (${read.x}, ${read.y}); it takes finite numbers`);
      return { x: read.x, y: read.y, ...(read.label === undefined ? {} : { label: String(read.label) }) };
    })
    .sort((a, b) => a.x - b.x);
}

function isPair(point: CurvePointInput): point is readonly [number, number | null] {
  return Array.isArray(point);
}
