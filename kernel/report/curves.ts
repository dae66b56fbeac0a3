/** Curves over common axes, as plain data, and how saved ones are checked. */
import { viewLimits } from "./checks";
import type { Reader } from "./reader";

/** An axis of a figure of curves. */
export interface CurveAxis {
  /** "bits per weight". */
  readonly label: string;
  /** "dB"; "" for a number without a unit. */
  readonly unit: string;
  /** How numbers are laid out along it. */
  readonly scale: "linear" | "log";
  /** Which end the reader wants; null where neither. */
  readonly better: "higher" | "lower" | null;
}

/** A point of a curve, in the units of the axes. */
export interface CurvePoint {
  /** Its place along the horizontal axis. */
  readonly x: number;
  /** null: infinite, such as the SQNR where nothing was lost. */
  readonly y: number | null;
  /** What was run at this point: "linear 4-bit g128". */
  readonly label?: string;
}

/** What was measured at some points, or what theory allows, as a line. */
export interface Curve {
  /** What the legend calls it. */
  readonly name: string;
  /** Drawn with marks, or as a quiet line. */
  readonly kind: "measured" | "bound";
  /** Ascending in x. */
  readonly points: readonly CurvePoint[];
}

/** Curves over common axes: error against bits, error against sparsity. */
export interface CurvesView {
  /** Version of the contract. */
  readonly version: 1;
  /** Tells it from other views. */
  readonly kind: "curves";
  /** What is studied: a model's name. */
  readonly name: string;
  /** One quiet line beside it. */
  readonly facts: string;
  /** The horizontal axis. */
  readonly x: CurveAxis;
  /** The vertical axis. */
  readonly y: CurveAxis;
  /** In the order of the legend. */
  readonly curves: readonly Curve[];
}

/** Saved JSON → whole curves, their fields copied; throws `Malformed` with the place of the first wrong one. */
export function checkCurves(view: Reader): CurvesView {
  return {
    version: 1,
    kind: "curves",
    name: view.text("name"),
    facts: view.text("facts"),
    x: view.child("x", axis),
    y: view.child("y", axis),
    curves: view.list("curves", viewLimits.variants, curve),
  };
}

const axis = (reader: Reader): CurveAxis => ({
  label: reader.text("label"),
  unit: reader.text("unit"),
  scale: reader.word("scale", ["linear", "log"]),
  better: reader.isNull("better") ? null : reader.word("better", ["higher", "lower"] as const),
});

const curve = (reader: Reader): Curve => ({
  name: reader.text("name"),
  kind: reader.word("kind", ["measured", "bound"]),
  points: reader.list("points", viewLimits.points, curvePoint),
});

const curvePoint = (reader: Reader): CurvePoint => ({
  x: reader.number("x"),
  y: reader.numberOrNull("y"),
  ...(reader.has("label") ? { label: reader.text("label") } : {}),
});
