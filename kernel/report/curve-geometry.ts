/** Curves over common axes: what the live figure and the static picture share. Pure. */
import { niceTicks } from "./numbers";
import type { Curve, CurveAxis, CurvePoint, CurvesView } from "./curves";

/** Where a value stands on its axis: itself, or its decade. NaN where a logarithmic axis has no place for it. */
export function axisPlace(axis: CurveAxis, value: number): number {
  return axis.scale === "log" ? Math.log10(value) : value;
}

/** A stretch of an axis, in places. */
export interface Stretch {
  /** Place of its lower end. */
  readonly low: number;
  /** Place of its upper end. */
  readonly high: number;
  /** Values, not places. */
  readonly ticks: readonly number[];
}

/** The part of the plane that a figure shows. */
export interface Frame {
  readonly x: Stretch;
  readonly y: Stretch;
  /** Place on y of points that lost nothing, above (or below) all others; null where there are none. */
  readonly lossless: number | null;
}

/** The part of the plane to show: all measured points of these curves, and of the bounds what runs through it. Where there are bounds
 *  only, all of them. */
export function frameOf({ x, y, curves }: CurvesView, shown: readonly number[]): Frame {
  const chosen = shown.map((at) => curves[at]);
  const measured = chosen.filter(({ kind, points }) => kind === "measured" && points.length > 0);
  const points = (measured.length > 0 ? measured : chosen).flatMap((curve) => curve.points);
  const xs = points.map((point) => axisPlace(x, point.x)).filter(Number.isFinite);
  const ys = points.flatMap((point) => (point.y === null ? [] : [axisPlace(y, point.y)])).filter(Number.isFinite);
  const across = stretchOf(x, xs, 0.04);
  const up = stretchOf(y, ys, 0.08);
  if (!points.some((point) => point.y === null)) return { x: across, y: up, lossless: null };
  const room = 0.12 * (up.high - up.low);
  const isTop = y.better !== "lower";
  return {
    x: across,
    y: isTop ? { ...up, high: up.high + room } : { ...up, low: up.low - room },
    lossless: isTop ? up.high + room / 2 : up.low - room / 2,
  };
}

function stretchOf(axis: CurveAxis, places: readonly number[], padding: number): Stretch {
  let low = Math.min(...places);
  let high = Math.max(...places);
  if (places.length === 0) [low, high] = [0, 1];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const pad = padding * (high - low);
  // A count of bits or a share does not go below zero, unless the data do.
  const floor = axis.scale === "linear" && low >= 0 ? Math.max(0, low - pad) : low - pad;
  const stretch = { low: floor, high: high + pad };
  if (axis.scale === "linear") return { ...stretch, ticks: niceTicks(stretch.low, stretch.high, 7) };
  const decades = high - low < 1.2 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = Math.floor(stretch.low); power <= stretch.high; power++)
    for (const digit of decades) {
      const tick = Number(`${digit}e${power}`);
      if (Math.log10(tick) >= stretch.low - 1e-9 && Math.log10(tick) <= stretch.high + 1e-9) ticks.push(tick);
    }
  return { ...stretch, ticks };
}

/** A point in places of both axes. */
export type Place = readonly [x: number, y: number];

/** The line through a curve's points inside the frame, in places, as pieces: what lies outside is cut off at the frame's edge. */
export function linesInside(view: CurvesView, curve: Curve, frame: Frame): readonly (readonly Place[])[] {
  const places = curve.points.map((point): Place | null => {
    if (point.y === null) return null;
    const place: Place = [axisPlace(view.x, point.x), axisPlace(view.y, point.y)];
    return place.every(Number.isFinite) ? place : null;
  });
  const pieces: Place[][] = [];
  let current: Place[] = [];
  const end = (): void => {
    if (current.length > 1) pieces.push(current);
    current = [];
  };
  for (let i = 1; i < places.length; i++) {
    const [from, to] = [places[i - 1], places[i]];
    const cut = from && to && cutTo(frame, from, to);
    if (!cut) {
      end();
      continue;
    }
    const last = current[current.length - 1];
    if (!last || last[0] !== cut[0][0] || last[1] !== cut[0][1]) {
      end();
      current.push(cut[0]);
    }
    current.push(cut[1]);
  }
  end();
  return pieces;
}

/** The part of a segment that lies in the frame (Liang and Barsky 1984). */
function cutTo({ x, y }: Frame, from: Place, to: Place): readonly [Place, Place] | null {
  let start = 0;
  let end = 1;
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const edges: readonly (readonly [change: number, room: number])[] = [
    [-dx, from[0] - x.low],
    [dx, x.high - from[0]],
    [-dy, from[1] - y.low],
    [dy, y.high - from[1]],
  ];
  for (const [change, room] of edges) {
    if (change === 0 && room < 0) return null;
    if (change < 0) start = Math.max(start, room / change);
    else if (change > 0) end = Math.min(end, room / change);
  }
  if (start > end) return null;
  const at = (t: number): Place => (t === 0 ? from : t === 1 ? to : [from[0] + t * dx, from[1] + t * dy]);
  return [at(start), at(end)];
}

/** A curve's y at x, on the straight line between its neighbours; null outside its points and beside an infinite one. */
export function valueAt(curve: Curve, x: number): number | null {
  const { points } = curve;
  for (let i = 0; i < points.length; i++) {
    const point = points[i];
    if (point.x === x) return point.y;
    const before = points[i - 1];
    if (point.x < x || !before || before.x > x) continue;
    if (point.y === null || before.y === null) return null;
    return before.y + ((x - before.x) / (point.x - before.x)) * (point.y - before.y);
  }
  return null;
}

/** The view with every y less that of one of its curves: how far each point lies above it. Points where that curve has no value are left
 *  out; the axis is linear then. */
export function relativeTo(view: CurvesView, baseline: number): CurvesView {
  const base = view.curves[baseline];
  const difference = ({ x, y, ...rest }: CurvePoint): CurvePoint[] => {
    const at = valueAt(base, x);
    return y === null || at === null ? [] : [{ ...rest, x, y: y - at }];
  };
  return {
    ...view,
    y: { ...view.y, scale: "linear", label: `${view.y.label} above ${base.name}` },
    curves: view.curves.map((curve) => ({ ...curve, points: curve.points.flatMap(difference) })),
  };
}

/** The label with its unit: "SQNR (dB)". */
export function axisTitle({ label, unit }: CurveAxis): string {
  return unit ? `${label} (${unit})` : label;
}

/** Which way is better, to stand behind an axis's title; a vertical axis's title is turned, so that its right is the figure's top. */
export function betterWords({ better }: CurveAxis, isVertical = false): string {
  if (better === null) return "";
  if (isVertical) return better === "higher" ? "  better →" : "  better ←";
  return better === "higher" ? "  better →" : "  ← better";
}

/** Indices of the curves that colours go to: what was measured. Bounds are grey. */
export function measuredCurves(view: CurvesView): readonly number[] {
  return view.curves.flatMap(({ kind }, at) => (kind === "measured" ? [at] : []));
}

/** Dashes of the bounds, in their order: solid, dashed, dotted; then again. */
export const boundDashes = ["none", "6 4", "2 3"] as const;

/** Which of the bounds a curve is: 0, 1, 2, …; −1 for what was measured. */
export function boundIndex(view: CurvesView, curve: number): number {
  if (view.curves[curve].kind !== "bound") return -1;
  return view.curves.slice(0, curve).filter(({ kind }) => kind === "bound").length;
}
