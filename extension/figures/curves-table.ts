import { curveCells, curveHeadings, curveRows } from "../../kernel/report/curve-rows";
import type { CurvesView } from "../../kernel/report/curves";
import { plainColumn, type Table } from "./table";

/** Every measured point of the curves that are on. */
export function curvesTable(view: CurvesView, hidden: readonly number[]): Table {
  const all = curveRows(view);
  const rows = all.flatMap(({ curve }, at) => (hidden.includes(curve) ? [] : [at]));
  const sorts = all.map(({ name, label, x, y, above }) => [
    name,
    label,
    x,
    y ?? Infinity,
    ...above.map((a) => a ?? -Infinity),
  ]);
  const texts = all.map(curveCells);
  return {
    rows,
    columns: curveHeadings(view).map((head, column) =>
      plainColumn(head, column > 1, (row) => ({ text: texts[row][column], sort: sorts[row][column] })),
    ),
  };
}
