/** Curves as numbers: every measured point, and how far it lies above each bound. Pure. */
import { csvLines } from "./csv";
import { valueAt } from "./curve-geometry";
import { formatNumber } from "./numbers";
import type { Curve, CurveAxis, CurvesView } from "./curves";

/** A measured point and its height above each bound. */
export interface CurveRow {
  /** Index of the curve. */
  readonly curve: number;
  /** Name of the curve. */
  readonly name: string;
  /** What was run at this point; the curve's name where the point has no label of its own. */
  readonly label: string;
  readonly x: number;
  /** null: infinite. */
  readonly y: number | null;
  /** y less each bound's, in their order; null where one of the two is infinite or not known. */
  readonly above: readonly (number | null)[];
}

const boundsOf = (view: CurvesView): readonly Curve[] => view.curves.filter(({ kind }) => kind === "bound");

/** Every measured point, curve by curve, ascending in x. */
export function curveRows(view: CurvesView): readonly CurveRow[] {
  const bounds = boundsOf(view);
  return view.curves.flatMap(({ name, kind, points }, curve) =>
    kind === "bound"
      ? []
      : points.map(({ x, y, label }) => ({
          ...{ curve, name, label: label ?? name, x, y },
          above: bounds.map((bound) => {
            const at = valueAt(bound, x);
            return y === null || at === null ? null : y - at;
          }),
        })),
  );
}

const head = ({ label, unit }: CurveAxis): string => (unit ? `${label}, ${unit}` : label);

/** What stands over the columns of `curveCells`. */
export function curveHeadings(view: CurvesView): string[] {
  const unit = view.y.unit ? `, ${view.y.unit}` : "";
  return ["curve", "point", head(view.x), head(view.y), ...boundsOf(view).map(({ name }) => `above ${name}${unit}`)];
}

/** A row as text: numbers with three significant digits, an infinite y as "lossless", an unknown height as "–". */
export function curveCells({ name, label, x, y, above }: CurveRow): string[] {
  const value = (number: number | null): string => (number === null ? "–" : formatNumber(number));
  // A point without a label of its own is called by its curve, which stands beside it already.
  return [
    name,
    label === name ? "" : label,
    formatNumber(x),
    y === null ? "lossless" : formatNumber(y),
    ...above.map(value),
  ];
}

/** One line for each measured point, at full precision (RFC 4180). An infinite y is "inf". */
export function curvesToCsv(view: CurvesView): string {
  const rows = curveRows(view).map(({ name, label, x, y, above }) => [name, label, x, y ?? "inf", ...above]);
  return csvLines([curveHeadings(view), ...rows]);
}
