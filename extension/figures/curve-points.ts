import { curveCells, curveHeadings, curveRows } from "../../kernel/report/curve-rows";
import type { CurvesView } from "../../kernel/report/curves";
import type { CurveMark } from "./curves";
import { significant } from "./numbers";
import type { Quantity } from "./quantities";

/** What a point says, for hover, screen reader and table. */
export function pointSentence(view: CurvesView, curve: number, point: number): string {
  const { name, points } = view.curves[curve];
  const { x, y, label } = points[point];
  const value = y === null ? "lossless" : `${significant(y)}${view.y.unit ? ` ${view.y.unit}` : ""}`;
  return `${label ?? name}: ${significant(x)}${view.x.unit ? ` ${view.x.unit}` : ""} ${view.x.label}, ${view.y.label} ${value}`;
}

/** A point's numbers with their names: both axes, and its height above each bound. */
export function pointQuantities(view: CurvesView, curve: number, point: number): readonly Quantity[] {
  const { x } = view.curves[curve].points[point];
  const heads = curveHeadings(view).slice(2);
  const row = curveRows(view).filter((one) => one.curve === curve)[point];
  const values = row ? curveCells(row).slice(2) : [significant(x)];
  return heads.map((label, at) => ({ label, value: values[at] }));
}

/** The next point in a direction: along the curve with left and right, to the nearest of the next curve with up and down. */
export function nextMark(marks: readonly CurveMark[], now: CurveMark | null, key: string): CurveMark | null {
  if (marks.length === 0) return null;
  if (!now || key === "Home") return marks[0];
  if (key === "End") return marks[marks.length - 1];
  const at = marks.findIndex((mark) => mark.curve === now.curve && mark.point === now.point);
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const next = marks[at + (key === "ArrowRight" ? 1 : -1)];
    return next?.curve === now.curve ? next : now;
  }
  const curves = [...new Set(marks.map((mark) => mark.curve))];
  const curve = curves[curves.indexOf(now.curve) + (key === "ArrowDown" ? 1 : -1)];
  if (curve === undefined) return now;
  return marks
    .filter((mark) => mark.curve === curve)
    .reduce((best, mark) => (Math.abs(mark.x - now.x) < Math.abs(best.x - now.x) ? mark : best));
}
